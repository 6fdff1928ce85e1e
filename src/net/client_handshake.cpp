// SPDX-License-Identifier: Apache-2.0
#include "net/client_handshake.hpp"

#include <libwebsockets.h>

#include <algorithm>

namespace kith::net {
namespace {

constexpr std::string_view kMagic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

std::string base64(const unsigned char* bytes, std::size_t size) {
  std::array<char, 40> text{};
  lws_b64_encode_string(reinterpret_cast<const char*>(bytes), static_cast<int>(size), text.data(),
                        static_cast<int>(text.size()));
  return text.data();
}

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

std::string_view trimmed(std::string_view text) {
  const auto space = [](char letter) { return letter == ' ' || letter == '\t'; };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return text;
}

/// `word` is in small letters.
bool isWord(std::string_view text, std::string_view word) {
  text = trimmed(text);
  return std::equal(text.begin(), text.end(), word.begin(), word.end(),
                    [](char a, char b) { return lower(a) == b; });
}

bool listHas(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (isWord(list.substr(0, comma), word)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

}  // namespace

std::string handshakeKey(const std::array<unsigned char, 16>& random) {
  return base64(random.data(), random.size());
}

std::string handshakeHeaders(const std::string& key) {
  return "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + key +
         "\r\nSec-WebSocket-Version: 13\r\n";
}

std::string acceptFor(const std::string& key) {
  const std::string text = key + std::string(kMagic);
  std::array<unsigned char, 20> hash{};
  lws_SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());
  return base64(hash.data(), hash.size());
}

std::size_t closeLineAtEnd(std::string_view lines) {
  const bool there = lines.size() >= kCloseLine.size() &&
                     lines.substr(lines.size() - kCloseLine.size()) == kCloseLine;
  return there ? kCloseLine.size() : 0;
}

std::string faultOf(const HandshakeAnswer& answer, const std::string& key) {
  if (answer.status != 101) return "no upgrade";
  if (!answer.http_1_1) return "not over HTTP/1.1";
  if (!isWord(answer.upgrade, "websocket")) return "Upgrade is not websocket";
  if (!listHas(answer.connection, "upgrade")) return "Connection does not say Upgrade";
  if (trimmed(answer.accept) != acceptFor(key)) return "Sec-WebSocket-Accept is not for our key";
  if (answer.has_extensions) return "an extension that was not offered";
  if (answer.has_protocol) return "a subprotocol that was not offered";
  if (answer.has_body) return "an upgrade with a body";
  return {};
}

}  // namespace kith::net
