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
  connecting_ = blocked_ = false;
  rest_.clear();
  out_.clear();
}

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
  loop_.change(fd_, EPOLLIN, *this);
  connected();
}

void Client::read() {
  // One for all clients: nothing of it outlives the call.
  static std::vector<char> buffer(256 * 1024);
  const ssize_t count = recv(fd_, buffer.data(), buffer.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count < 0) return lose(std::strerror(errno));
  if (count == 0) return lose("the server closed the connection");
  feed({buffer.data(), static_cast<std::size_t>(count)});
  if (fd_ >= 0) turnOver();
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
  if (fd_ >= 0 && !blocked_ && !connecting_) flush();
}

void Client::flush() {
  if (out_.empty()) return;
  const ssize_t count = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
  if (count < 0 && errno != EAGAIN && errno != EINTR) return lose(std::strerror(errno));
  out_.erase(0, count < 0 ? 0 : static_cast<std::size_t>(count));
  if (out_.empty()) return;
  blocked_ = true;
  loop_.change(fd_, EPOLLIN | EPOLLOUT, *this);
}

}  // namespace kith::bench
