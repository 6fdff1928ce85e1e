// SPDX-License-Identifier: Apache-2.0
#include "ws/client_handshake.hpp"

#include "support/catch.hpp"
#include "ws/ws_handshake.hpp"

using namespace kith;

namespace {

// The example of RFC 6455 section 1.3.
const std::string kKey = "dGhlIHNhbXBsZSBub25jZQ==";
const std::string kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

ws::HandshakeAnswer good() {
  ws::HandshakeAnswer answer;
  answer.status = 101;
  answer.http_1_1 = true;
  answer.upgrade = "websocket";
  answer.connection = "Upgrade";
  answer.accept = kAccept;
  return answer;
}

std::string faultWith(void (*change)(ws::HandshakeAnswer&)) {
  ws::HandshakeAnswer answer = good();
  change(answer);
  return ws::faultOf(answer, kKey, "");
}

}  // namespace

TEST_CASE("client handshake: the key is sixteen bytes in base64, the accept key the RFC's") {
  std::array<unsigned char, 16> random{};
  const std::string_view text = "the sample nonce";
  std::copy(text.begin(), text.end(), random.begin());
  CHECK(ws::handshakeKey(random) == kKey);
  CHECK(ws::acceptKey(kKey) == kAccept);
}

TEST_CASE("client handshake: the headers are those that RFC 6455 asks for") {
  CHECK(ws::handshakeHeaders(kKey, "") ==
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + kKey +
            "\r\nSec-WebSocket-Version: 13\r\n");
}

TEST_CASE("client handshake: one subprotocol is offered, which a server may leave out") {
  CHECK(ws::handshakeHeaders(kKey, "chat.1") ==
        ws::handshakeHeaders(kKey, "") + "Sec-WebSocket-Protocol: chat.1\r\n");
  ws::HandshakeAnswer answer = good();
  CHECK(ws::faultOf(answer, kKey, "chat.1").empty());
  answer.subprotocol = " chat.1";
  CHECK(ws::faultOf(answer, kKey, "chat.1").empty());
  CHECK(ws::faultOf(answer, kKey, "chat.2") == "a subprotocol that was not offered");
  answer.subprotocol = "chat.1, chat.2";
  CHECK(ws::faultOf(answer, kKey, "chat.1") == "a subprotocol that was not offered");
}

TEST_CASE("client handshake: the line that asks to close is found at the end only") {
  const std::string line(ws::kCloseLine);
  CHECK(ws::closeLineAtEnd("GET / HTTP/1.1\r\n" + line) == line.size());
  CHECK(ws::closeLineAtEnd(line) == line.size());
  CHECK(ws::closeLineAtEnd(line + "Host: a\r\n") == 0);
  CHECK(ws::closeLineAtEnd("") == 0);
}

TEST_CASE("client handshake: a good answer has no fault, in any case and among other words") {
  CHECK(ws::faultOf(good(), kKey, "").empty());
  CHECK(faultWith([](auto& answer) { answer.upgrade = " WebSocket\t"; }).empty());
  CHECK(faultWith([](auto& answer) { answer.connection = "keep-alive, UPGRADE"; }).empty());
  CHECK(faultWith([](auto& answer) { answer.accept += " "; }).empty());
}

TEST_CASE("client handshake: whatever is wrong with an answer is named") {
  CHECK(faultWith([](auto& answer) { answer.status = 200; }) == "no upgrade");
  CHECK(faultWith([](auto& answer) { answer.http_1_1 = false; }) == "not over HTTP/1.1");
  for (const auto change : {+[](ws::HandshakeAnswer& answer) { answer.upgrade.clear(); },
                            +[](ws::HandshakeAnswer& answer) { answer.upgrade = "websockets"; },
                            +[](ws::HandshakeAnswer& answer) { answer.upgrade = "web"; }}) {
    CHECK(faultWith(change) == "Upgrade is not websocket");
  }
  for (const auto change : {+[](ws::HandshakeAnswer& answer) { answer.connection.clear(); },
                            +[](ws::HandshakeAnswer& answer) { answer.connection = "close,"; },
                            +[](ws::HandshakeAnswer& answer) { answer.connection = "upgraded"; }}) {
    CHECK(faultWith(change) == "Connection does not say Upgrade");
  }
  for (const auto change : {+[](ws::HandshakeAnswer& answer) { answer.accept.clear(); },
                            +[](ws::HandshakeAnswer& answer) { answer.accept[0] = 'S'; },
                            +[](ws::HandshakeAnswer& answer) { answer.accept += "," + kAccept; }}) {
    CHECK(faultWith(change) == "Sec-WebSocket-Accept is not for our key");
  }
  CHECK(faultWith([](auto& answer) { answer.has_extensions = true; }) ==
        "an extension that was not offered");
  CHECK(faultWith([](auto& answer) { answer.subprotocol = "chat"; }) ==
        "a subprotocol that was not offered");
  CHECK(faultWith([](auto& answer) { answer.has_body = true; }) == "an upgrade with a body");
}

TEST_CASE("client handshake: Retry-After is understood in seconds, up to a day") {
  using std::chrono::hours;
  using std::chrono::seconds;
  CHECK(ws::retryAfter("17") == seconds(17));
  CHECK(ws::retryAfter(" 0 ") == seconds(0));
  CHECK(ws::retryAfter("86401") == hours(24));
  CHECK(ws::retryAfter("99999999999999999999999") == hours(24));
  for (const char* other : {"", "-1", "1.5", "soon", "17 s", "Fri, 31 Dec 1999 23:59:59 GMT"}) {
    CAPTURE(other);
    CHECK(ws::retryAfter(other) == seconds(0));
  }
}
