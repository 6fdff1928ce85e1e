// SPDX-License-Identifier: Apache-2.0
// A WebSocket and HTTP client made of bytes: blocking sockets with the test's deadline, and frames
// by hand, so that a test can also send what no honest client would. Test thread only.
#pragma once

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "support/catch.hpp"
#include "support/socket_deadline.hpp"
#include "support/waiter.hpp"

namespace kith::testing {

/// Bytes to and from a server. Every wait ends at the deadline, and fails the test if it can: a
/// call that another thread makes just returns false.
class RawSocket {
 public:
  /// `address` is `1.2.3.4:port` or `[v6]:port`. `receive_buffer` > 0 makes a slow reader. `from`
  /// is the IPv4 address to come from; null = the system chooses.
  explicit RawSocket(const std::string& address, int receive_buffer = 0,
                     const char* from = nullptr) {
    const std::size_t colon = address.rfind(':');
    const auto port = static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1)));
    const bool v6 = address.front() == '[';
    fd_ = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(fd_ >= 0);
    waitNoLongerThanTheTest(fd_);
    if (from != nullptr) {
      sockaddr_in own{};
      own.sin_family = AF_INET;
      ::inet_pton(AF_INET, from, &own.sin_addr);
      REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&own), sizeof own) == 0);
    }
    if (receive_buffer > 0) {
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    int connected = -1;
    if (v6) {
      sockaddr_in6 to{};
      to.sin6_family = AF_INET6;
      to.sin6_port = htons(port);
      ::inet_pton(AF_INET6, address.substr(1, colon - 2).c_str(), &to.sin6_addr);
      connected = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to);
    } else {
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_port = htons(port);
      ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
      connected = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to);
    }
    REQUIRE(connected == 0);
  }
  virtual ~RawSocket() {
    if (fd_ >= 0) ::close(fd_);
  }
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  /// Sends it all. False when the other side is gone, or takes nothing until the deadline.
  virtual bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// What has come, at least one byte; empty at the end of the connection.
  virtual std::string receive() {
    await();
    char bytes[65536];
    const ssize_t got = ::recv(fd_, bytes, sizeof bytes, 0);
    return got > 0 ? std::string(bytes, static_cast<std::size_t>(got)) : std::string();
  }
  /// No more bytes will come from us.
  void endSending() { ::shutdown(fd_, SHUT_WR); }
  int fd() const { return fd_; }

 protected:
  void await() {
    const auto left = timeLeft();
    pollfd one{fd_, POLLIN, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(std::max<long long>(left.count(), 0)));
    if (ready == 0) FAIL("the server said nothing until the deadline");
  }
  int fd_{-1};
};

/// An HTTP answer, taken apart.
struct RawHttpAnswer {
  int status{0};
  std::string head;
  std::string body;
};

/// Sends a request and reads one answer with a Content-Length.
inline RawHttpAnswer exchangeHttp(RawSocket& socket, const std::string& request) {
  REQUIRE(socket.send(request));
  std::string bytes;
  while (bytes.find("\r\n\r\n") == std::string::npos) {
    const std::string more = socket.receive();
    if (more.empty()) FAIL("no answer but: " << bytes);
    bytes += more;
  }
  RawHttpAnswer answer;
  const std::size_t end = bytes.find("\r\n\r\n") + 4;
  answer.head = bytes.substr(0, end);
  answer.body = bytes.substr(end);
  answer.status = std::stoi(answer.head.substr(9, 3));
  const std::size_t length = answer.head.find("Content-Length: ");
  REQUIRE(length != std::string::npos);
  const std::size_t size =
      request.substr(0, 4) == "HEAD" ? 0 : std::stoul(answer.head.substr(length + 16));
  while (answer.body.size() < size) {
    const std::string more = socket.receive();
    REQUIRE(!more.empty());
    answer.body += more;
  }
  return answer;
}

/// GET on a connection of its own; `headers` end with CRLF each.
inline RawHttpAnswer getHttp(const std::string& address, const std::string& target,
                             const std::string& headers = {}) {
  RawSocket socket(address);
  return exchangeHttp(
      socket, "GET " + target + " HTTP/1.1\r\nHost: " + address + "\r\n" + headers + "\r\n");
}

/// One WebSocket frame.
struct RawFrame {
  int opcode{0};  ///< -1: the connection ended; -2: broken
  bool last{true};
  std::string payload;
  int closeCode() const {
    if (opcode != 8 || payload.size() < 2) return 0;
    return static_cast<unsigned char>(payload[0]) * 256 + static_cast<unsigned char>(payload[1]);
  }
};

/// The bytes of a frame as a client sends them.
inline std::string clientFrame(int opcode, std::string_view payload, bool last = true,
                               bool masked = true) {
  std::string frame(1, static_cast<char>((last ? 0x80 : 0) | opcode));
  const auto mask_bit = static_cast<char>(masked ? 0x80 : 0);
  if (payload.size() < 126) {
    frame.push_back(static_cast<char>(mask_bit | static_cast<char>(payload.size())));
  } else {
    const int width = payload.size() <= 0xFFFF ? 2 : 8;
    frame.push_back(static_cast<char>(mask_bit | (width == 2 ? 126 : 127)));
    for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) {
      frame.push_back(static_cast<char>((payload.size() >> shift) & 0xFF));
    }
  }
  if (!masked) return frame.append(payload);
  const std::string key("\x12\x34\x56\x78");
  frame += key;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame.push_back(static_cast<char>(payload[i] ^ key[i % 4]));
  }
  return frame;
}

class RawWsClient {
 public:
  explicit RawWsClient(const std::string& address, int receive_buffer = 0)
      : RawWsClient(std::make_unique<RawSocket>(address, receive_buffer), address) {}
  RawWsClient(std::unique_ptr<RawSocket> socket, const std::string& host,
              const std::string& path = "/")
      : socket_(std::move(socket)) {
    REQUIRE(socket_->send("GET " + path + " HTTP/1.1\r\nHost: " + host +
                          "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                          "Sec-WebSocket-Version: 13\r\n\r\n"));
    while (bytes_.find("\r\n\r\n") == std::string::npos) {
      const std::string more = socket_->receive();
      if (more.empty()) FAIL("no upgrade but: " << bytes_);
      bytes_ += more;
    }
    const std::size_t end = bytes_.find("\r\n\r\n") + 4;
    head_ = bytes_.substr(0, end);
    bytes_.erase(0, end);
    REQUIRE(head_.substr(0, 12) == "HTTP/1.1 101");
  }

  RawSocket& socket() { return *socket_; }
  const std::string& head() const { return head_; }

  bool text(std::string_view payload) { return socket_->send(clientFrame(1, payload)); }
  bool frame(int opcode, std::string_view payload, bool last = true) {
    return socket_->send(clientFrame(opcode, payload, last));
  }

  /// The next frame, whatever it is.
  RawFrame next() {
    RawFrame frame;
    if (!fill(2)) return {-1, true, {}};
    frame.opcode = at(0) & 0x0F;
    frame.last = (at(0) & 0x80) != 0;
    if ((at(1) & 0x80) != 0) return {-2, true, {}};  // a server must not mask
    std::size_t size = at(1) & 0x7Fu;
    std::size_t head = 2;
    if (size >= 126) {
      const std::size_t width = size == 126 ? 2 : 8;
      if (!fill(2 + width)) return {-1, true, {}};
      size = 0;
      for (std::size_t i = 0; i < width; ++i) size = size << 8 | at(2 + i);
      head += width;
    }
    if (!fill(head + size)) return {-1, true, {}};
    frame.payload = bytes_.substr(taken_ + head, size);
    taken_ += head + size;
    return frame;
  }
  /// The next text; fails the test when something else comes.
  std::string nextText() {
    const RawFrame frame = next();
    if (frame.opcode != 1) {
      FAIL("expected a text, got opcode " << frame.opcode << " close code " << frame.closeCode());
    }
    return frame.payload;
  }
  /// Skips texts; the code of the close frame, or 0 when the connection just ended.
  int closeCode() {
    for (;;) {
      const RawFrame frame = next();
      if (frame.opcode == 8) return frame.closeCode();
      if (frame.opcode < 0) return 0;
    }
  }
  /// True when nothing but the end comes.
  bool ended() { return next().opcode == -1; }
  /// How often the kernel was asked for bytes: frames that left together come together.
  std::size_t receives() const { return receives_; }

 private:
  unsigned char at(std::size_t offset) const {
    return static_cast<unsigned char>(bytes_[taken_ + offset]);
  }
  bool fill(std::size_t size) {
    while (bytes_.size() - taken_ < size) {
      bytes_.erase(0, taken_);
      taken_ = 0;
      const std::string more = socket_->receive();
      ++receives_;
      if (more.empty()) return false;
      bytes_ += more;
    }
    return true;
  }

  std::unique_ptr<RawSocket> socket_;
  std::string head_;
  std::string bytes_;
  std::size_t taken_{0};
  std::size_t receives_{0};
};

}  // namespace kith::testing
