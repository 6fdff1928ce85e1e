// SPDX-License-Identifier: Apache-2.0
#include "ws/ws_handshake.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace kith::ws;

namespace {

const std::vector<std::string> kKnown{"chat.2", "chat.1"};

HttpHead offering(const std::vector<std::string>& lines) {
  static std::string text;
  text = "GET / HTTP/1.1\r\nHost: x\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  for (const std::string& line : lines) text += "Sec-WebSocket-Protocol: " + line + "\r\n";
  text += "\r\n";
  HttpHead head;
  REQUIRE(readHead(text, head));
  return head;
}

}  // namespace

TEST_CASE("ws_handshake: the first subprotocol that a client offers and we know is chosen") {
  CHECK(chooseSubprotocol(offering({"chat.1"}), kKnown) == "chat.1");
  CHECK(chooseSubprotocol(offering({"chat.1, chat.2"}), kKnown) == "chat.1");
  CHECK(chooseSubprotocol(offering({"other ,\tchat.2,chat.1"}), kKnown) == "chat.2");
  CHECK(chooseSubprotocol(offering({"other", "chat.1"}), kKnown) == "chat.1");
}

TEST_CASE("ws_handshake: what a client does not offer, or nobody here speaks, is not chosen") {
  CHECK(chooseSubprotocol(offering({}), kKnown).empty());
  CHECK(chooseSubprotocol(offering({"lc.protobuf2.3"}), kKnown).empty());
  CHECK(chooseSubprotocol(offering({"CHAT.1", "chat.", "chat.1;x", " , ,"}), kKnown).empty());
  CHECK(chooseSubprotocol(offering({"chat.1"}), {}).empty());
}

TEST_CASE("ws_handshake: the answer names what was chosen, and nothing when nothing was") {
  const std::string accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
  const HttpHead head = offering({});
  CHECK_THAT(switchingProtocols(head, "chat.1"),
             Catch::EndsWith(accept + "Sec-WebSocket-Protocol: chat.1\r\n\r\n"));
  CHECK_THAT(switchingProtocols(head, ""), Catch::EndsWith(accept + "\r\n"));
}
