// SPDX-License-Identifier: Apache-2.0
// The other end of a connection, under the test's control: a listening socket on 127.0.0.1 whose
// connections are played by a script on a thread of their own, with blocking calls and hand-made
// frames. Plain TCP, or TLS through a TlsSide (support/tls_peer.hpp).
#pragma once

#include <libwebsockets.h>

#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "support/catch.hpp"
#include "support/socket_deadline.hpp"
#include "ws/ws_frame.hpp"

namespace kith::testing {

/// How bytes go through an accepted socket.
class Line {
 public:
  explicit Line(int fd) : fd_(fd) { waitNoLongerThanTheTest(fd_); }
  virtual ~Line() { hangUp(); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  virtual long readSome(char* to, std::size_t room) { return ::recv(fd_, to, room, 0); }
  virtual long writeSome(const char* from, std::size_t size) {
    return ::send(fd_, from, size, MSG_NOSIGNAL);
  }
  void hangUp() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

struct SeenFrame {
  bool final{false};
  bool masked{false};
  int opcode{0};
  std::string payload;
};

/// One connection as a script plays it. Calls return false, or an empty value, once it is over.
class WsTalk {
 public:
  explicit WsTalk(Line& line) : line_(line) {}

  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const long wrote = line_.writeSome(bytes.data(), bytes.size());
      if (wrote <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return true;
  }
  /// Everything up to and with the empty line of an HTTP head.
  std::string readHead() {
    while (buffer_.find("\r\n\r\n") == std::string::npos) {
      if (!readMore()) return {};
    }
    return take(buffer_.find("\r\n\r\n") + 4);
  }
  std::string readBytes(std::size_t count) {
    while (buffer_.size() < count) {
      if (!readMore()) return {};
    }
    return take(count);
  }
  /// The Sec-WebSocket-Accept that a request is to be answered with; empty when it has no key.
  static std::string acceptFor(const std::string& head) {
    const std::string name = "Sec-WebSocket-Key: ";
    const std::size_t at = head.find(name);
    if (at == std::string::npos) return {};
    const std::size_t start = at + name.size();
    const std::string key = head.substr(start, head.find("\r\n", start) - start) +
                            "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, 20> hash{};
    lws_SHA1(reinterpret_cast<const unsigned char*>(key.data()), key.size(), hash.data());
    std::array<char, 40> accept{};
    lws_b64_encode_string(reinterpret_cast<const char*>(hash.data()), 20, accept.data(), 40);
    return accept.data();
  }
  /// The server's half of the opening handshake. Returns the request's head.
  std::string shakeHands(std::string_view with_it = {}) {
    std::string head = readHead();
    const std::string accept = acceptFor(head);
    if (accept.empty()) return {};
    std::string answer =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Accept: ";
    answer.append(accept).append("\r\n\r\n").append(with_it);
    return write(answer) ? head : std::string{};
  }
  /// Opcode -1 when the connection is over.
  SeenFrame readFrame() {
    const SeenFrame over{false, false, -1, {}};
    const std::string head = readBytes(2);
    if (head.size() < 2) return over;
    const auto byte = [](const std::string& s, std::size_t i) {
      return static_cast<unsigned char>(s[i]);
    };
    SeenFrame frame{
        (byte(head, 0) & 0x80) != 0, (byte(head, 1) & 0x80) != 0, byte(head, 0) & 15, {}};
    std::size_t size = byte(head, 1) & 127u;
    if (size >= 126) {
      const std::string more = readBytes(size == 126 ? 2 : 8);
      if (more.empty()) return over;
      size = 0;
      for (std::size_t i = 0; i < more.size(); ++i) size = size << 8 | byte(more, i);
    }
    std::string key(4, '\0');
    if (frame.masked) key = readBytes(4);
    frame.payload = size == 0 ? std::string{} : readBytes(size);
    if (frame.payload.size() != size || key.size() != 4) return over;
    for (std::size_t i = 0; i < size; ++i) {
      frame.payload[i] = static_cast<char>(frame.payload[i] ^ key[i & 3]);
    }
    return frame;
  }
  bool sendText(std::string_view text) {
    std::string bytes;
    ws::appendFrame(bytes, ws::Opcode::Text, text);
    return write(bytes);
  }
  bool sendClose(std::uint16_t code, std::string_view reason) {
    std::string bytes;
    ws::appendFrame(bytes, ws::Opcode::Close, ws::formatClosePayload(code, reason));
    return write(bytes);
  }
  /// Reads until the other side is gone.
  void waitForEnd() {
    while (readMore()) buffer_.clear();
  }
  void hangUp() { line_.hangUp(); }
  Line& line() { return line_; }

 private:
  bool readMore() {
    std::array<char, 65536> chunk;
    const long got = line_.readSome(chunk.data(), chunk.size());
    if (got <= 0) return false;
    buffer_.append(chunk.data(), static_cast<std::size_t>(got));
    return true;
  }
  std::string take(std::size_t count) {
    std::string taken = buffer_.substr(0, count);
    buffer_.erase(0, count);
    return taken;
  }

  Line& line_;
  std::string buffer_;
};

/// Makes a Line of an accepted socket; null refuses it.
using LineMaker = std::function<std::unique_ptr<Line>(int fd)>;

/// Plays `script` with each connection, one after another, until it is destroyed.
class WsPeer {
 public:
  using Script = std::function<void(WsTalk&)>;

  explicit WsPeer(
      Script script, LineMaker maker = [](int fd) { return std::make_unique<Line>(fd); })
      : script_(std::move(script)), maker_(std::move(maker)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(listener_ >= 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const general = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener_, general, size) == 0);
    REQUIRE(::listen(listener_, 16) == 0);
    REQUIRE(::getsockname(listener_, general, &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~WsPeer() {
    ending_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    if (const int fd = current_.load(); fd >= 0) ::shutdown(fd, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  WsPeer(const WsPeer&) = delete;
  WsPeer& operator=(const WsPeer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url(const std::string& scheme = "ws", const std::string& host = "127.0.0.1") const {
    return scheme + "://" + host + ":" + std::to_string(port_) + "/";
  }
  int connections() const { return connections_; }

 private:
  void serve() {
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);  // OpenSSL writes without MSG_NOSIGNAL
    while (!ending_) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      const int yes = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      ++connections_;
      current_ = fd;
      if (const auto line = maker_(fd)) {
        WsTalk talk(*line);
        script_(talk);
      }
      current_ = -1;
    }
  }

  Script script_;
  LineMaker maker_;
  int listener_{-1};
  std::uint16_t port_{0};
  std::atomic<bool> ending_{false};
  std::atomic<int> current_{-1};
  std::atomic<int> connections_{0};
  std::thread thread_;
};

/// A port of 127.0.0.1 on which nothing listens.
inline std::uint16_t closedPort() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const general = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  REQUIRE(::bind(fd, general, size) == 0);
  REQUIRE(::getsockname(fd, general, &size) == 0);
  ::close(fd);
  return ntohs(address.sin_port);
}

}  // namespace kith::testing
