// SPDX-License-Identifier: Apache-2.0
#include "ws/client_handshake.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "base/text_codes.hpp"
#include "ws/http_words.hpp"
#include "ws/ws_handshake.hpp"

namespace kith::ws {

std::string handshakeKey(const std::array<unsigned char, 16>& random) {
  return base::base64(random);
}

std::string handshakeHeaders(const std::string& key, const std::string& subprotocol) {
  std::string lines = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + key +
                      "\r\nSec-WebSocket-Version: 13\r\n";
  if (!subprotocol.empty()) lines += "Sec-WebSocket-Protocol: " + subprotocol + "\r\n";
  return lines;
}

std::size_t closeLineAtEnd(std::string_view lines) {
  const bool there = lines.size() >= kCloseLine.size() &&
                     lines.substr(lines.size() - kCloseLine.size()) == kCloseLine;
  return there ? kCloseLine.size() : 0;
}

bool saysLater(unsigned status) {
  return status == 408 || status == 425 || status == 429 || (status >= 500 && status <= 599);
}

std::chrono::seconds retryAfter(std::string_view value) {
  constexpr unsigned long kDay = 24 * 3600;
  const std::string_view digits = trimmed(value);
  unsigned long seconds = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, failure] = std::from_chars(digits.data(), end, seconds);
  if (digits.empty() || stop != end) return {};
  if (failure == std::errc::result_out_of_range) seconds = kDay;
  return std::chrono::seconds(std::min(seconds, kDay));
}

std::string faultOf(const HandshakeAnswer& answer, const std::string& key,
                    const std::string& offered) {
  if (answer.status != 101) return "no upgrade";
  if (!answer.http_1_1) return "not over HTTP/1.1";
  if (!isSameWord(trimmed(answer.upgrade), "websocket")) return "Upgrade is not websocket";
  if (!listHasWord(answer.connection, "upgrade")) return "Connection does not say Upgrade";
  if (trimmed(answer.accept) != acceptKey(key)) return "Sec-WebSocket-Accept is not for our key";
  if (answer.has_extensions) return "an extension that was not offered";
  const std::string_view agreed = trimmed(answer.subprotocol);
  if (!agreed.empty() && agreed != offered) return "a subprotocol that was not offered";
  if (answer.has_body) return "an upgrade with a body";
  return {};
}

}  // namespace kith::ws
