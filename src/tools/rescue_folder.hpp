// SPDX-License-Identifier: Apache-2.0
// The folder of an export: files that grow line by line, files that are replaced at once, and one
// process at a time. Errors are StoreFailed and name the file. One thread.
#pragma once

#include <kith/result.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kith::tools {

/// A file descriptor that is closed at the end.
class OpenFile {
 public:
  explicit OpenFile(int fd = -1) : fd_(fd) {}
  ~OpenFile();
  OpenFile(OpenFile&& other) noexcept;
  OpenFile& operator=(OpenFile&& other) noexcept;

  int get() const { return fd_; }

 private:
  int fd_;
};

class RescueFolder {
 public:
  /// Opens it, and makes it, for its owner alone, if `make` says so. No other process may have it
  /// open with `make` at the same time.
  static Result<RescueFolder> open(const std::string& path, bool make);

  /// What `name` holds; nullopt when it is not there.
  Result<std::optional<std::string>> read(const std::string& name) const;
  /// Puts `text` in the place of what `name` holds, so that one or the other is there whenever the
  /// process or the machine ends.
  Result<void> replace(const std::string& name, std::string_view text) const;
  Result<void> makeFolder(const std::string& name) const;
  Result<void> rename(const std::string& from, const std::string& to) const;
  Result<void> remove(const std::string& name) const;
  /// The first name in it, in no order, that is not `name`; empty = there is none.
  Result<std::string> firstBut(std::string_view name) const;
  /// What lies in a folder of it, in no order.
  Result<std::vector<std::string>> namesIn(const std::string& name) const;
  /// Bytes of a file; nullopt when it is not there.
  std::optional<std::int64_t> sizeOf(const std::string& name) const;
  Result<OpenFile> openToRead(const std::string& name) const;
  /// Shows `take` a file from its beginning to its end, until that returns false.
  Result<void> readPieces(const std::string& name,
                          const std::function<bool(std::string_view)>& take) const;

  int fd() const { return fd_.get(); }
  Error failed(const std::string& name, const std::string& what) const;

 private:
  Result<void> readPieces(const OpenFile& file, const std::string& name,
                          const std::function<bool(std::string_view)>& take) const;
  std::string path_;
  OpenFile fd_;
};

/// A file that is appended to. What is behind `whole` bytes when it is opened was being written
/// when a run ended, and is cut off.
class GrowingFile {
 public:
  static Result<GrowingFile> open(const RescueFolder& folder, const std::string& name,
                                  std::int64_t whole);

  /// The bytes are on the disk when it returns. When they are not, the file is as it was.
  Result<void> append(std::string_view bytes);
  /// The same, but they may still be on their way until sync().
  Result<void> write(std::string_view bytes);
  Result<void> sync();
  /// Cuts off all that is behind `whole` bytes.
  Result<void> cut(std::int64_t whole);
  std::int64_t size() const { return size_; }

 private:
  GrowingFile(const RescueFolder& folder, std::string name, OpenFile file, std::int64_t size)
      : folder_(&folder), name_(std::move(name)), file_(std::move(file)), size_(size) {}

  const RescueFolder* folder_;
  std::string name_;
  OpenFile file_;
  std::int64_t size_;
};

/// The lines of a file, from any place on. Bytes behind the last line end are no line.
class LineFile {
 public:
  explicit LineFile(OpenFile file, std::int64_t position = 0)
      : file_(std::move(file)), position_(position) {}

  /// The next line without its end, good until the next call.
  std::optional<std::string_view> next();
  /// Where the next line begins.
  std::int64_t position() const { return position_; }
  /// errno of a read that failed; 0 = none did.
  int error() const { return error_; }
  /// Bytes behind the last line end, once next() has found no more.
  std::size_t rest() const { return buffer_.size() - from_; }

 private:
  OpenFile file_;
  std::int64_t position_;
  std::string buffer_;
  std::size_t from_{0};
  int error_{0};
};

}  // namespace kith::tools
