// SPDX-License-Identifier: Apache-2.0
// A file as the answer to an HTTP request, whole or the part that was asked for (RFC 9110 §14).
// Any thread.
#pragma once

#include <kith/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace kith::net {

struct HttpCall;
struct HttpReply;

/// A file that is open for reading, as long as it is held.
class HttpFile {
 public:
  /// InvalidArgument when it cannot be opened or is no plain file.
  static Result<std::shared_ptr<const HttpFile>> open(const std::string& path);
  HttpFile(int fd, std::uint64_t size) : fd_(fd), size_(size) {}
  ~HttpFile();
  HttpFile(const HttpFile&) = delete;
  HttpFile& operator=(const HttpFile&) = delete;

  std::uint64_t size() const { return size_; }
  /// Appends up to `room` bytes that begin at `at`; false when the file has become shorter or
  /// cannot be read. Blocks: for the disk.
  bool read(std::uint64_t at, std::size_t room, std::string& out) const;

 private:
  int fd_;
  std::uint64_t size_;
};

/// Bytes of a file: from `begin` to the one before `end`.
struct FileRange {
  std::uint64_t begin{0};
  std::uint64_t end{0};
};
/// What a Range header asks for of `size` bytes: nullopt when it is to be ignored (another unit,
/// several ranges, no range at all), and an empty range when nothing of the file is in it.
std::optional<FileRange> rangeOf(std::string_view header, std::uint64_t size);

/// 200 with all of the file, 206 with the range that the request asks for, or 416. `range` has to
/// be among ListenOptions::headers.
HttpReply fileReply(const HttpCall& call, std::shared_ptr<const HttpFile> file, std::string type);

}  // namespace kith::net
