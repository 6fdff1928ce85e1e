// SPDX-License-Identifier: Apache-2.0
#include "ws/ws_handshake.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>

namespace kith::ws {
namespace {

// RFC 6455 §1.3.
constexpr std::string_view kServersHalf = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

}  // namespace

bool asksForWebSocket(const HttpHead& head) {
  return head.lists("upgrade", "websocket") && head.lists("connection", "upgrade");
}

// The draft that was version 8 has the same frames, and clients of 2014 may still say so.
std::string whyNoWebSocket(const HttpHead& head) {
  const bool request =
      head.method == "GET" && head.minor == 1 && !head.header("sec-websocket-key").empty();
  const std::string version = head.header("sec-websocket-version");
  if (request && (version == "13" || version == "8")) return {};
  std::string text = request ? "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\n"
                             : "HTTP/1.1 400 Bad Request\r\n";
  return text.append("Content-Length: 0\r\nConnection: close\r\n\r\n");
}

std::string welcomeWebSocket(const HttpHead& head) {
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: " +
         acceptKey(head.header("sec-websocket-key")) + "\r\n\r\n";
}

std::string acceptKey(std::string_view key) {
  const std::string whole = std::string(key).append(kServersHalf);
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  SHA1(reinterpret_cast<const unsigned char*>(whole.data()), whole.size(), digest.data());
  return base64(digest);
}

std::string base64(std::span<const unsigned char> bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // and OpenSSL's NUL
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

}  // namespace kith::ws
