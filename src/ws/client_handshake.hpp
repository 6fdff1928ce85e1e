// SPDX-License-Identifier: Apache-2.0
// The client's half of WebSocket's opening handshake (RFC 6455 §4.1), as text: for libwebsockets it
// is an HTTP request like any other (docs/decisions/015). Pure; any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace kith::ws {

/// Sec-WebSocket-Key, made of fresh bytes from a good random source.
std::string handshakeKey(const std::array<unsigned char, 16>& random);

/// The lines that make a GET request a handshake. `subprotocol` is offered; empty = none.
std::string handshakeHeaders(const std::string& key, const std::string& subprotocol);

/// Bytes at the end of a request's lines that ask the server to close the connection when it has
/// answered; `lines` need not be longer than kCloseLine.
std::size_t closeLineAtEnd(std::string_view lines);

/// What libwebsockets 4.1.6 writes last into a request.
inline constexpr std::string_view kCloseLine = "connection: close\r\n";

/// What a server answered. Headers that are missing are empty.
struct HandshakeAnswer {
  unsigned status{0};
  bool http_1_1{false};
  std::string upgrade;
  std::string connection;
  std::string accept;
  bool has_extensions{false};
  std::string subprotocol;
  bool has_body{false};  ///< Content-Length or Transfer-Encoding, which a 101 cannot have
};

/// A status of a server, or of a gateway in front of it, that takes connections at another time:
/// 5xx, 408, 425 and 429.
bool saysLater(unsigned status);

/// A Retry-After header in seconds; 0 for anything else, a date too, and at most a day.
std::chrono::seconds retryAfter(std::string_view value);

/// What is wrong with it, in words; empty when it is good. An answer that names no subprotocol is
/// good whatever was `offered`: a server need not know it (RFC 6455 §4.2.2).
std::string faultOf(const HandshakeAnswer& answer, const std::string& key,
                    const std::string& offered);

}  // namespace kith::ws
