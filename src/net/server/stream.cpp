// SPDX-License-Identifier: Apache-2.0
#include "net/server/stream.hpp"

#include <cerrno>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace kith::net {
namespace {

Io whatErrnoMeans() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Io::Again : Io::Broken;
}

}  // namespace

Stream::Stream(int fd, void* tls_context) : fd_(fd) {
  if (tls_context != nullptr) tls_ = std::make_unique<TlsSession>(tls_context, fd);
}

IoResult Stream::read(char* bytes, std::size_t size) {
  if (tls_) return tls_->read(bytes, size);
  const ssize_t got = ::recv(fd_, bytes, size, 0);
  if (got > 0) return {Io::Done, static_cast<std::size_t>(got)};
  return {got == 0 ? Io::End : whatErrnoMeans(), 0};
}

IoResult Stream::peek(char* bytes, std::size_t size) {
  const ssize_t got = ::recv(fd_, bytes, size, MSG_PEEK);
  if (got > 0) return {Io::Done, static_cast<std::size_t>(got)};
  return {got == 0 ? Io::End : whatErrnoMeans(), 0};
}

void Stream::skip(std::size_t size) {
  // With MSG_TRUNC the kernel drops them without a copy.
  if (size > 0) static_cast<void>(::recv(fd_, nullptr, size, MSG_TRUNC));
}

IoResult Stream::write(const char* bytes, std::size_t size) {
  if (tls_) return tls_->write(bytes, size);
  const ssize_t put = ::send(fd_, bytes, size, MSG_NOSIGNAL);
  if (put < 0) return {whatErrnoMeans(), 0};
  const auto sent = static_cast<std::size_t>(put);
  return {sent == size ? Io::Done : Io::Again, sent};
}

std::size_t Stream::unacknowledged() const {
  int bytes = 0;
  return ::ioctl(fd_, SIOCOUTQ, &bytes) == 0 ? static_cast<std::size_t>(bytes) : 0;
}

void Stream::endSending() {
  if (tls_) tls_->endSending();
  ::shutdown(fd_, SHUT_WR);
}

void Stream::close() {
  tls_.reset();
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace kith::net
