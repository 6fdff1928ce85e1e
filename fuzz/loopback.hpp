// SPDX-License-Identifier: Apache-2.0
// Blocking sockets on the loopback for fuzz targets that talk to a real loop, and a strict reader
// of the frames that come back. A peer that says nothing for a minute stops the fuzzer;
// a busy machine may well stand still for ten seconds.
#pragma once

#include <arpa/inet.h>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "base/utf8.hpp"
#include "protocol/avos/codec.hpp"

namespace kith::fuzzing {

/// Stops the fuzzer, in every build type.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "fuzz: broken: " << what << '\n';
  std::abort();
}

inline constexpr std::chrono::milliseconds kPatience{60000};

class Socket {
 public:
  explicit Socket(int fd = -1) : fd_(fd) {
    const int on = 1;
    if (fd_ >= 0) ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket() {
    // Without waiting in TIME_WAIT: a fuzzer would run out of ports.
    const linger at_once{1, 0};
    if (fd_ < 0) return;
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(fd_);
  }

  /// To a port of 127.0.0.1, each time from another address: ports are few.
  static Socket connectTo(std::uint16_t port) {
    static std::uint32_t turn = 0;
    Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (++turn % 200) * 256);
    const int on = 1;
    ::setsockopt(socket.fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    auto* const general = reinterpret_cast<sockaddr*>(&address);
    require(::bind(socket.fd_, general, sizeof address) == 0, "no address to connect from");
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    require(::connect(socket.fd_, general, sizeof address) == 0, "no connection to the server");
    return socket;
  }

  /// False when the other side is gone.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// In one piece, in two, or byte by byte, by `how`.
  void sendInPieces(std::string_view bytes, unsigned how) {
    constexpr std::size_t kSingleBytes = 256;
    if (how % 4 == 1) {
      for (std::size_t i = 0; i < kSingleBytes && !bytes.empty(); ++i) {
        if (!send(bytes.substr(0, 1))) return;
        bytes.remove_prefix(1);
      }
    } else if (how % 4 == 2) {
      send(bytes.substr(0, bytes.size() / 2));
      bytes.remove_prefix(bytes.size() / 2);
    }
    send(bytes);
  }
  void endSending() { ::shutdown(fd_, SHUT_WR); }
  bool readable(std::chrono::milliseconds patience) const {
    pollfd one{fd_, POLLIN, 0};
    return ::poll(&one, 1, static_cast<int>(patience.count())) > 0;
  }
  /// What has come, at least one byte; empty at the end of the connection.
  std::string receive() {
    require(readable(kPatience), "the other side neither speaks nor closes");
    char bytes[16384];
    const ssize_t got = ::recv(fd_, bytes, sizeof bytes, 0);
    return got > 0 ? std::string(bytes, static_cast<std::size_t>(got)) : std::string();
  }
  std::string receiveAll() {
    std::string all;
    for (std::string more = receive(); !more.empty(); more = receive()) all += more;
    return all;
  }
  /// Up to and with the empty line; what came behind it stays in `rest`.
  std::string receiveHead(std::string& rest) {
    while (rest.find("\r\n\r\n") == std::string::npos) {
      const std::string more = receive();
      if (more.empty()) return {};
      rest += more;
    }
    const std::size_t end = rest.find("\r\n\r\n") + 4;
    std::string head = rest.substr(0, end);
    rest.erase(0, end);
    return head;
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

/// Listens on a free port of 127.0.0.1.
class Acceptor {
 public:
  Acceptor() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const general = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    require(::bind(socket_.fd(), general, size) == 0 && ::listen(socket_.fd(), 16) == 0 &&
                ::getsockname(socket_.fd(), general, &size) == 0,
            "no port to listen on");
    port_ = ntohs(address.sin_port);
  }
  std::uint16_t port() const { return port_; }
  Socket accept() {
    require(waiting(kPatience), "nobody connects");
    return Socket(::accept4(socket_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  bool waiting(std::chrono::milliseconds patience) const { return socket_.readable(patience); }

 private:
  Socket socket_;
  std::uint16_t port_{0};
};

struct Frame {
  unsigned opcode{0};
  bool last{false};
  bool masked{false};
  unsigned reserved{0};
  std::string payload;
};

/// Takes the frame in front. False: it is not whole.
inline bool takeFrame(std::string_view& bytes, Frame& frame) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (bytes.size() < 2) return false;
  std::uint64_t size = at(1) & 0x7Fu;
  std::size_t head = 2;
  if (size >= 126) {
    const std::size_t width = size == 126 ? 2 : 8;
    if (bytes.size() < head + width) return false;
    size = 0;
    for (std::size_t i = 0; i < width; ++i) size = size << 8 | at(head + i);
    head += width;
  }
  frame = {at(0) & 15u, (at(0) & 0x80) != 0, (at(1) & 0x80) != 0, at(0) & 0x70u, {}};
  const std::size_t key = head;
  if (frame.masked) head += 4;
  if (bytes.size() < head || bytes.size() - head < size) return false;
  frame.payload = bytes.substr(head, size);
  for (std::size_t i = 0; frame.masked && i < size; ++i) {
    frame.payload[i] =
        static_cast<char>(static_cast<unsigned char>(frame.payload[i]) ^ at(key + i % 4));
  }
  bytes.remove_prefix(head + size);
  return true;
}

/// What Kith sends must be frames that RFC 6455 allows, and no message behind a close frame;
/// libwebsockets may still answer a ping there, or a broken frame. The last one may be cut: the
/// connection ended.
inline void requireGoodFrames(std::string_view bytes, bool masked) {
  Frame frame;
  bool closed = false;
  while (takeFrame(bytes, frame)) {
    require(!closed || frame.opcode >= 8, "a message after the close frame");
    require(frame.masked == masked && frame.reserved == 0, "a frame with wrong bits");
    require(frame.opcode == 1 || (frame.opcode >= 8 && frame.opcode <= 10), "a wrong opcode");
    require(frame.last, "a fragment");
    require(frame.opcode == 1 || frame.payload.size() <= 125, "a long control frame");
    require(frame.opcode != 1 || kith::base::isUtf8(frame.payload), "a text that is not UTF-8");
    if (frame.opcode != 8) continue;
    closed = true;
    require(frame.payload.size() != 1, "a close frame with half a code");
    require(frame.payload.empty() || kith::base::isUtf8(std::string_view(frame.payload).substr(2)),
            "a reason that is not UTF-8");
  }
}

}  // namespace kith::fuzzing
