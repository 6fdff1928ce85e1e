// SPDX-License-Identifier: Apache-2.0
#include "stress/raw_peer.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "stress/stress.hpp"

namespace kith::stress {
namespace {

constexpr int kWaitMs = 60000;

unsigned byteAt(const std::string& text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

/// Whole frames at the start of `bytes` are taken away. The code of a close frame, else -1.
int skipFrames(std::string& bytes) {
  std::size_t at = 0;
  int code = -1;
  while (bytes.size() >= at + 2) {
    std::size_t size = byteAt(bytes, at + 1) & 0x7F;
    std::size_t head = 2;
    if (size >= 126) {
      const std::size_t width = size == 126 ? 2 : 8;
      if (bytes.size() < at + 2 + width) break;
      size = 0;
      for (std::size_t i = 0; i < width; ++i) size = size << 8 | byteAt(bytes, at + 2 + i);
      head += width;
    }
    if (bytes.size() < at + head + size) break;
    if ((byteAt(bytes, at) & 15) == 8 && size >= 2) {
      code = static_cast<int>(byteAt(bytes, at + head) << 8 | byteAt(bytes, at + head + 1));
    }
    at += head + size;
  }
  bytes.erase(0, at);
  return code;
}

}  // namespace

RawPeer::RawPeer(const std::string& address, int receive_buffer)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  require(fd_ >= 0, "no socket");
  if (receive_buffer > 0) {
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  const std::size_t colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) return;
  ::close(std::exchange(fd_, -1));
}

RawPeer::~RawPeer() {
  if (fd_ >= 0) ::close(fd_);
}

RawPeer::RawPeer(RawPeer&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      bytes_(std::move(other.bytes_)),
      bytes_read_(other.bytes_read_) {}

bool RawPeer::receive() {
  pollfd one{fd_, POLLIN, 0};
  require(::poll(&one, 1, kWaitMs) > 0, "kithd said nothing to a raw peer for a minute, after " +
                                            std::to_string(bytes_read_) + " bytes");
  std::array<char, 65536> bytes;
  const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), 0);
  if (got <= 0) return false;
  bytes_.append(bytes.data(), static_cast<std::size_t>(got));
  bytes_read_ += static_cast<std::uint64_t>(got);
  return true;
}

bool RawPeer::shakeHands() {
  constexpr std::string_view kHello =
      "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  if (fd_ < 0 || ::send(fd_, kHello.data(), kHello.size(), MSG_NOSIGNAL) < 0) return false;
  while (bytes_.find("\r\n\r\n") == std::string::npos) {
    if (!receive()) return false;
  }
  const bool upgraded = bytes_.rfind("HTTP/1.1 101", 0) == 0;
  bytes_.erase(0, bytes_.find("\r\n\r\n") + 4);
  return upgraded;
}

void RawPeer::openSession(const std::string& app, const std::string& peer) {
  require(shakeHands(), "kithd refused a raw peer");
  sendText(R"({"cmd":"session","op":"open","appId":")" + app + R"(","peerId":")" + peer +
           R"(","sessionPeerIds":[]})");
  while (bytes_.find("\"opened\"") == std::string::npos) {
    require(receive(), "kithd hung up on a raw peer");
  }
  skipFrames(bytes_);
}

void RawPeer::sendText(std::string_view text) {
  constexpr std::string_view kKey("\x12\x34\x56\x78", 4);
  std::string frame("\x81");
  if (text.size() < 126) {
    frame += static_cast<char>(0x80u | text.size());
  } else {
    frame += static_cast<char>(0x80u | 126u);
    frame += static_cast<char>(text.size() >> 8);
    frame += static_cast<char>(text.size() & 0xFF);
  }
  frame += kKey;
  for (std::size_t i = 0; i < text.size(); ++i) {
    frame += static_cast<char>(text[i] ^ kKey[i % kKey.size()]);
  }
  require(
      ::send(fd_, frame.data(), frame.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(frame.size()),
      "a raw peer could not send");
}

bool RawPeer::refused() {
  pollfd one{fd_, POLLRDHUP, 0};
  return ::poll(&one, 1, 0) > 0;
}

void RawPeer::noteFrames() {
  if (const int code = skipFrames(bytes_); code >= 0) code_ = code;
}

bool RawPeer::readALittle(std::size_t bytes) {
  const std::size_t before = bytes_.size();
  bytes_.resize(before + bytes);
  const ssize_t got = ::recv(fd_, bytes_.data() + before, bytes, MSG_DONTWAIT);
  bytes_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  bytes_read_ += bytes_.size() - before;
  const bool any = bytes_.size() > before;
  noteFrames();
  return any;
}

int RawPeer::readToEnd() {
  while (receive()) noteFrames();
  return code_;
}

}  // namespace kith::stress
