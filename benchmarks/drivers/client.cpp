// SPDX-License-Identifier: Apache-2.0
#include "benchmarks/drivers/client.hpp"

#include <cerrno>
#include <cstring>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace kith::bench {

Client::Client(Loop& loop, const sockaddr_in& server, std::size_t index, std::string name,
               Role role, Listener& listener)
    : loop_(loop),
      server_(server),
      index_(index),
      name_(std::move(name)),
      role_(role),
      listener_(listener) {}

Client::~Client() { disconnect(); }

void Client::connect() {
  disconnect();
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return lose(std::strerror(errno));
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* address = reinterpret_cast<const sockaddr*>(&server_);
  if (::connect(fd_, address, sizeof server_) != 0 && errno != EINPROGRESS) {
    return lose(std::strerror(errno));
  }
  connecting_ = true;
  loop_.watch(fd_, EPOLLIN | EPOLLOUT, *this);
}

void Client::disconnect() {
  if (fd_ >= 0) close(fd_);  // which takes it out of the epoll set
  fd_ = -1;
  connecting_ = shaking_ = blocked_ = false;
  rest_.clear();
  out_.clear();
}

void Client::meet(std::string_view) { made(); }
void Client::gather(const std::vector<std::string>&) { lose("no groups in this protocol"); }
void Client::speakIn(std::size_t, std::string_view) { lose("no groups in this protocol"); }
void Client::readPage(std::int64_t, std::size_t) { lose("no history in this protocol"); }

void Client::lose(std::string_view why) {
  disconnect();
  listener_.onLost(*this, why);
}

std::string& Client::out() {
  if (!dirty_) loop_.atTurnEnd(*this);
  dirty_ = true;
  return out_;
}

void Client::ready(std::uint32_t events) {
  if (connecting_) return finishConnecting();
  if (shaking_) return shakeHands();
  if ((events & EPOLLOUT) != 0 && blocked_) {
    blocked_ = false;
    loop_.change(fd_, EPOLLIN, *this);
    flush();
  }
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && fd_ >= 0) read();
}

void Client::finishConnecting() {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return lose(std::strerror(error));
  connecting_ = false;
  shaking_ = true;
  loop_.change(fd_, EPOLLIN, *this);
  stream_.begin(fd_);
  shakeHands();
}

/// A client's handshake is small: it never waits for room to write.
void Client::shakeHands() {
  const int done = stream_.shakeHands();
  if (done == 0) return;
  if (done < 0) return lose("the TLS handshake failed");
  shaking_ = false;
  connected();
}

void Client::read() {
  // One for all clients: nothing of it outlives the call.
  static std::vector<char> buffer(256 * 1024);
  ssize_t count = 0;
  do {
    std::size_t size = 0;
    // A plain socket gives all at once. TLS gives a record at a time, and epoll does not tell of
    // those that it has already taken from the socket.
    do {
      count = stream_.receive(buffer.data() + size, buffer.size() - size);
      if (count > 0) size += static_cast<std::size_t>(count);
    } while (count > 0 && stream_.isTls() && size < buffer.size());
    const int error = errno;
    if (size > 0) feed({buffer.data(), size});
    if (fd_ < 0) return;
    if (count == 0) return lose("the server closed the connection");
    if (count < 0 && error != EAGAIN && error != EINTR) return lose(std::strerror(error));
  } while (count > 0 && stream_.isTls());
  turnOver();
}

void Client::feed(std::string_view bytes) {
  if (rest_.empty()) {
    const std::size_t used = received(bytes);
    if (fd_ >= 0) rest_.assign(bytes.substr(used));
    return;
  }
  std::string all = std::move(rest_);
  all.append(bytes);
  rest_.clear();
  const std::size_t used = received(all);
  if (fd_ >= 0) rest_.assign(all, used);
}

void Client::turnEnded() {
  dirty_ = false;
  if (fd_ >= 0 && !blocked_ && !connecting_ && !shaking_) flush();
}

void Client::flush() {
  if (out_.empty()) return;
  std::size_t sent = 0;
  while (sent < out_.size()) {
    const ssize_t count = stream_.send(std::string_view(out_).substr(sent));
    if (count < 0 && errno != EAGAIN && errno != EINTR) return lose(std::strerror(errno));
    if (count <= 0) break;
    sent += static_cast<std::size_t>(count);
  }
  out_.erase(0, sent);
  if (out_.empty()) return;
  blocked_ = true;
  loop_.change(fd_, EPOLLIN | EPOLLOUT, *this);
}

}  // namespace kith::bench
