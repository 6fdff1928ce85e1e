// SPDX-License-Identifier: Apache-2.0
// What keeps a second storage out of a data folder while programs that only read, such as a backup,
// get in. A value on one thread.
#pragma once

#include <kith/result.hpp>

#include <string>
#include <utility>

namespace kith::storage {

/// An exclusive flock() on a file that is there for nothing else: the system drops it however the
/// process ends. The file stays; without its lock it means nothing.
class FolderLock {
 public:
  FolderLock() = default;
  ~FolderLock() { release(); }
  FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FolderLock& operator=(FolderLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  /// Takes the lock of the database at `file`, an absolute path. InvalidArgument with one clear
  /// line when it is held by another storage, of this process or another, or cannot be had.
  static Result<FolderLock> take(const std::string& file);
  void release();

 private:
  int fd_{-1};
};

}  // namespace kith::storage
