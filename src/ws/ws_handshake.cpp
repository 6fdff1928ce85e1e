// SPDX-License-Identifier: Apache-2.0
#include "ws/ws_handshake.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "base/text_codes.hpp"
#include "ws/http_words.hpp"

namespace kith::ws {
namespace {

// RFC 6455 §1.3.
constexpr std::string_view kWebSocketGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

}  // namespace

bool asksForWebSocket(const HttpHead& head) {
  return head.lists("upgrade", "websocket") && head.lists("connection", "upgrade");
}

// The draft that was version 8 has the same frames, and clients of 2014 may still say so.
std::string handshakeError(const HttpHead& head) {
  const bool request =
      head.method == "GET" && head.minor == 1 && !head.header("sec-websocket-key").empty();
  const std::string version = head.header("sec-websocket-version");
  if (request && (version == "13" || version == "8")) return {};
  std::string text = request ? "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\n"
                             : "HTTP/1.1 400 Bad Request\r\n";
  return text.append("Content-Length: 0\r\nConnection: close\r\n\r\n");
}

// What goes into our own header is the entry of the list, never the bytes of the request. Names are
// compared byte by byte: unlike other words of HTTP they are the application's.
std::string chooseSubprotocol(const HttpHead& head, const std::vector<std::string>& known) {
  if (known.empty()) return {};
  const std::string offered = head.header("sec-websocket-protocol");
  for (std::string_view rest = offered; !rest.empty();) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view name = trimmed(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    const auto found = std::find(known.begin(), known.end(), name);
    if (found != known.end()) return *found;
  }
  return {};
}

std::string switchingProtocols(const HttpHead& head, std::string_view subprotocol) {
  std::string answer =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: " +
      acceptKey(head.header("sec-websocket-key")) + "\r\n";
  if (!subprotocol.empty()) {
    answer.append("Sec-WebSocket-Protocol: ").append(subprotocol).append("\r\n");
  }
  return answer.append("\r\n");
}

std::string acceptKey(std::string_view key) {
  const std::string whole = std::string(key).append(kWebSocketGuid);
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  SHA1(reinterpret_cast<const unsigned char*>(whole.data()), whole.size(), digest.data());
  return base::base64(digest);
}

}  // namespace kith::ws
