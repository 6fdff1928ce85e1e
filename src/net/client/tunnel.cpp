// SPDX-License-Identifier: Apache-2.0
#include "net/client/tunnel.hpp"

#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace kith::net {

bool Tunnel::keep(int fd) {
  close();
  fd_ = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  return ok();
}

bool Tunnel::moveTo(int fd) {
  int moved = -1;
  do {
    moved = ::dup3(fd_, fd, O_CLOEXEC);
  } while (moved < 0 && (errno == EINTR || errno == EBUSY));
  close();
  return moved >= 0;
}

void Tunnel::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

// The kernel names it: a NUL, then five hex digits (unix(7), "autobind"). Another process may
// connect to it, too, and finds nothing behind it.
LocalDoor::LocalDoor() : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  socklen_t size = sizeof(name);
  auto* const address = reinterpret_cast<sockaddr*>(&name);
  if (fd_ < 0 || ::bind(fd_, address, sizeof(sa_family_t)) != 0 || ::listen(fd_, 1) != 0 ||
      ::getsockname(fd_, address, &size) != 0 || size <= offsetof(sockaddr_un, sun_path) + 1) {
    return;
  }
  address_ = "+@";
  address_.append(name.sun_path + 1, size - offsetof(sockaddr_un, sun_path) - 1);
}

LocalDoor::~LocalDoor() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace kith::net
