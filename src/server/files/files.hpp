// SPDX-License-Identifier: Apache-2.0
// Where the bytes of files are kept. Any thread may call; every call blocks for the disk, so a loop
// that serves connections hands them to a thread of its own. An Upload and a StoredFile are used by
// one thread at a time.
#pragma once

#include <kith/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/files/descriptor.hpp"

namespace kith::files {

/// Characters of a file's id: lower-case letters and digits, so that it is the same on every disk.
inline constexpr std::size_t kShortestId = 2;
inline constexpr std::size_t kLongestId = 64;
/// Bytes of an app's id, which becomes a folder's name.
inline constexpr std::size_t kAppBytes = 100;
/// Files in one page of a list.
inline constexpr std::size_t kListedFiles = 1000;

// What an Error has as server_code beside its detail: the vendor's numbers for an object that is
// missing, one that is too large, one that exists, damage on the way, and too much in all.
inline constexpr int kNoSuchFile = 101;
inline constexpr int kFileTooLarge = 116;
inline constexpr int kFileExists = 137;
inline constexpr int kFileDamaged = 130;
inline constexpr int kQuotaExceeded = 140;

struct FileLimits {
  std::uint64_t file_bytes{10u * 1024 * 1024};          ///< of one file (avos-v1 §11.7)
  std::uint64_t app_bytes{10ull * 1024 * 1024 * 1024};  ///< of all files of an app
  std::size_t uploads{256};                             ///< at a time; each has a file open
};

struct FileInfo {
  std::string id;
  std::uint64_t bytes{0};
};

/// Files of an app, in the order of the list, which is always the same.
struct FilePage {
  std::vector<FileInfo> files;
  bool complete{true};  ///< there are no more behind these
};

/// What is known of a file before its bytes come.
struct UploadPlan {
  std::uint64_t bytes{0};   ///< announced; 0 = not known
  std::string_view sha256;  ///< 64 lower-case hex digits; empty = not known
};

struct WrittenFile {
  std::uint64_t bytes{0};
  std::string sha256;
};

/// A file on its way in. Without finish(), or when that fails, nothing is kept of it.
class Upload {
 public:
  virtual ~Upload() = default;
  /// After a failure every call fails with the same Error.
  virtual Result<void> write(std::string_view bytes) = 0;
  /// The file is on stable storage, and open() finds it, when this says so. Rejected when it is not
  /// what the plan says, or when the app has a file with this id by now.
  virtual Result<WrittenFile> finish() = 0;
};

/// A file that is open for reading; it stays what it is while it is removed.
class StoredFile {
 public:
  StoredFile(Descriptor file, std::uint64_t bytes) : file_(std::move(file)), bytes_(bytes) {}
  std::uint64_t size() const { return bytes_; }
  /// Appends up to `room` bytes that begin at `at`; false when there are none, or none can be read.
  bool read(std::uint64_t at, std::size_t room, std::string& out) const;
  /// Gives the descriptor away, to a net::HttpFile say.
  int release() { return file_.release(); }

 private:
  Descriptor file_;
  std::uint64_t bytes_;
};

/// InvalidArgument: an id or an app's id is none. ServerBusy: the disk is full, or too much is on
/// its way. Rejected with one of the numbers above: anything else that a caller can do otherwise.
class Files {
 public:
  virtual ~Files() = default;
  /// Refused when the app has a file with this id, or no room for what the plan announces.
  virtual Result<std::unique_ptr<Upload>> begin(std::string_view app, std::string_view id,
                                                const UploadPlan& plan) = 0;
  virtual Result<FileInfo> stat(std::string_view app, std::string_view id) = 0;
  virtual Result<StoredFile> open(std::string_view app, std::string_view id) = 0;
  virtual Result<void> remove(std::string_view app, std::string_view id) = 0;
  /// Up to `limit` files (at most kListedFiles) behind `after`; empty = from the first.
  virtual Result<FilePage> list(std::string_view app, std::string_view after,
                                std::size_t limit) = 0;
  /// Bytes of all files of an app, and of those on their way.
  virtual Result<std::uint64_t> usedBytes(std::string_view app) = 0;
};

/// Files in `folder`, which is made when it is not there (its parent is not). What a crash has left
/// of uploads is taken away. InvalidArgument with one line when it cannot be used, or is in use.
Result<std::unique_ptr<Files>> openFileFolder(const std::string& folder, const FileLimits& limits);

}  // namespace kith::files
