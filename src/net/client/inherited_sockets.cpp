// SPDX-License-Identifier: Apache-2.0
#include "net/client/inherited_sockets.hpp"

#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/socket.h>

namespace kith::net {
namespace {

bool isInherited(int fd) {
  const int flags = ::fcntl(fd, F_GETFD);
  return flags >= 0 && (flags & FD_CLOEXEC) == 0;
}

bool isOf(int fd, int domain) {
  int its = 0;
  socklen_t size = sizeof its;
  return ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &its, &size) == 0 && its == domain;
}

}  // namespace

std::vector<int> inheritedSockets(int domain) {
  std::vector<int> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> files(::opendir("/proc/self/fd"), &::closedir);
  if (files == nullptr) return found;
  while (const dirent* entry = ::readdir(files.get())) {
    const int fd = std::atoi(entry->d_name);  // 0 for `.` and `..`
    if (fd > 2 && isInherited(fd) && isOf(fd, domain)) found.push_back(fd);
  }
  return found;
}

void closeOnExec(int fd) { ::fcntl(fd, F_SETFD, FD_CLOEXEC); }

}  // namespace kith::net
