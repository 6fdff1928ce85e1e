// SPDX-License-Identifier: Apache-2.0
#include "benchmarks/drivers/ws_client.hpp"

#include <cstring>

namespace kith::bench {
namespace {

constexpr unsigned kText = 1;
constexpr unsigned kBinary = 2;
constexpr unsigned kClose = 8;
constexpr unsigned kPing = 9;
constexpr unsigned kPong = 10;
// Servers must undo whatever mask comes; a fixed one costs them the same as a random one.
constexpr char kMask[] = "\x37\xfa\x21\x3d\x37\xfa\x21\x3d";

void mask(char* bytes, std::size_t size) {
  std::uint64_t key = 0;
  std::memcpy(&key, kMask, sizeof key);
  std::size_t i = 0;
  for (; i + sizeof key <= size; i += sizeof key) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + i, sizeof word);
    word ^= key;
    std::memcpy(bytes + i, &word, sizeof word);
  }
  for (; i < size; ++i) bytes[i] = static_cast<char>(bytes[i] ^ kMask[i % 4]);
}

}  // namespace

WsClient::WsClient(Loop& loop, const sockaddr_in& server, std::size_t index, std::string name,
                   Role role, Listener& listener, std::string_view path,
                   std::string_view subprotocol)
    : Client(loop, server, index, std::move(name), role, listener),
      path_(path),
      subprotocol_(subprotocol) {}

void WsClient::connected() {
  open_ = false;
  out().append("GET ").append(path_).append(
      " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: a2l0aCBjb21wYXJpc29uIQ==\r\nSec-WebSocket-Version: 13\r\n");
  if (!subprotocol_.empty()) {
    out().append("Sec-WebSocket-Protocol: ").append(subprotocol_).append("\r\n");
  }
  out() += "\r\n";
}

std::size_t WsClient::shakeHands(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  if (bytes.substr(0, 12) != "HTTP/1.1 101") {
    lose("the server did not upgrade: " + std::string(bytes.substr(0, bytes.find('\r'))));
    return bytes.size();
  }
  open_ = true;
  opened();
  return end + 4;
}

std::size_t WsClient::received(std::string_view bytes) {
  std::size_t used = open_ ? 0 : shakeHands(bytes);
  while (open_ && bytes.size() - used >= 2) {
    const auto* at = reinterpret_cast<const unsigned char*>(bytes.data()) + used;
    std::size_t head = 2;
    std::size_t size = at[1] & 0x7fu;
    if (size == 126) head = 4;
    if (size == 127) head = 10;
    if (bytes.size() - used < head) break;
    if (head > 2) size = 0;
    for (std::size_t i = 2; i < head; ++i) size = size << 8 | at[i];
    if (bytes.size() - used < head + size) break;
    frame(at[0] & 0x0fu, bytes.substr(used + head, size));
    used += head + size;
  }
  return used;
}

void WsClient::frame(unsigned opcode, std::string_view payload) {
  if (opcode == kText) return text(payload);
  if (opcode == kBinary) return binary(payload);
  if (opcode == kPing) return sendFrame(kPong, {payload});
  if (opcode == kClose) {
    open_ = false;
    lose("the server closed: " + std::string(payload.substr(payload.size() < 2 ? 0 : 2)));
  }
}

void WsClient::text(std::string_view) { lose("a text frame, which this protocol has not"); }
void WsClient::binary(std::string_view) { lose("a binary frame, which this protocol has not"); }

void WsClient::sendBinary(std::string_view frame) { sendFrame(kBinary, {frame}); }
void WsClient::sendText(std::initializer_list<std::string_view> parts) { sendFrame(kText, parts); }

void WsClient::sendFrame(unsigned opcode, std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  std::string& to = out();
  to += static_cast<char>(0x80u | opcode);
  if (size < 126) {
    to += static_cast<char>(0x80u | size);
  } else {
    to += static_cast<char>(0x80u | 126u);
    to += static_cast<char>(size >> 8);
    to += static_cast<char>(size & 0xffu);
  }
  to.append(kMask, 4);
  const std::size_t start = to.size();
  for (const std::string_view part : parts) to.append(part);
  mask(to.data() + start, size);
}

}  // namespace kith::bench
