// SPDX-License-Identifier: Apache-2.0
#include "server/storage/folder_lock.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kith::storage {
namespace {

Error refuse(const std::string& what, const std::string& why) {
  return {Errc::InvalidArgument, 0, "storage: " + what + ' ' + why, false};
}

}  // namespace

Result<FolderLock> FolderLock::take(const std::string& file) {
  const std::string name = file + "-lock";
  FolderLock lock;
  // NONBLOCK: a pipe in its place would wait for a writer.
  lock.fd_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  if (lock.fd_ >= 0 && lock.fd_ <= STDERR_FILENO) {
    // A host may have closed its standard streams; what it prints is not for this file.
    const int low = std::exchange(lock.fd_, ::fcntl(lock.fd_, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    ::close(low);
  }
  struct stat there {};
  if (lock.fd_ < 0 || ::fstat(lock.fd_, &there) != 0) {
    const std::string why = errno == EROFS ? "it is read-only" : std::strerror(errno);
    return refuse(name, "cannot be used: " + why);
  }
  if (!S_ISREG(there.st_mode)) return refuse(name, "cannot be used: it is no file; move it away");
  while (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno == EWOULDBLOCK) return refuse(file, "is in use by another process");
    return refuse(name, std::string("cannot be locked: ") + std::strerror(errno));
  }
  return lock;
}

// A forked child has the same lock and may live longer: closing alone would leave it there.
void FolderLock::release() {
  const int fd = std::exchange(fd_, -1);
  if (fd < 0) return;
  ::flock(fd, LOCK_UN);
  ::close(fd);
}

}  // namespace kith::storage
