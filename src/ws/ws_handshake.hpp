// SPDX-License-Identifier: Apache-2.0
// A WebSocket's handshake on the server's side (RFC 6455 §4.2): what is asked, and the answer.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ws/http_head.hpp"

namespace kith::ws {

/// The request asks for a WebSocket, rightly or not; otherwise it is plain HTTP.
bool asksForWebSocket(const HttpHead& head);
/// Empty when it may have one; otherwise the whole answer, after which the connection is closed.
std::string handshakeError(const HttpHead& head);
/// The first of the subprotocols that the client offers, in its order, which is one of `known`;
/// empty when it offers none of them. Then the answer names none (RFC 6455 §4.2.2), and the client
/// may go.
std::string chooseSubprotocol(const HttpHead& head, const std::vector<std::string>& known);
/// The answer that makes the connection a WebSocket. `subprotocol` is what was chosen, or empty.
std::string switchingProtocols(const HttpHead& head, std::string_view subprotocol);

/// What a server makes of the client's key; the client compares.
std::string acceptKey(std::string_view key);

}  // namespace kith::ws
