// SPDX-License-Identifier: Apache-2.0
// The rules of RFC 6455 at the client, one by one; docs/conformance.md is their table. Each case
// says what a server that breaks the rule gets, and that another connection of the same loop goes
// on. `end`: libwebsockets 4.1.6 drops a server that breaks a rule without a close frame.
#include "net/client/loop_bench.hpp"
#include "support/ws_frames.hpp"
#include "support/ws_peer.hpp"

using namespace kith;
using namespace kith::testing;

namespace {

constexpr std::size_t kMaxFrame = 1000;

/// A frame of a server.
std::string sent(unsigned first, std::string_view payload = {}) {
  return bytesOf(Side::Server, {first, payload});
}

/// Sends back what it gets.
void echo(WsTalk& talk) {
  talk.shakeHands();
  for (SeenFrame frame = talk.readFrame(); frame.opcode >= 0; frame = talk.readFrame()) {
    if (frame.opcode == 1) talk.sendText(frame.payload);
  }
}

/// What comes from the client until it is known whether the connection goes on: pongs, then
/// `served`, the code of a close frame, or `end`.
std::string listen(WsTalk& talk) {
  std::string said;
  for (;;) {
    const SeenFrame frame = talk.readFrame();
    if (frame.opcode == -1) return said + "end";
    if (!frame.masked || !frame.final) return said + "unmasked or in pieces";
    if (frame.opcode == 8) {
      const auto words = ws::parseClosePayload(frame.payload);
      talk.write(sent(0x88, std::string_view(frame.payload).substr(0, 2)));
      talk.hangUp();
      return said + std::to_string(words.code);
    }
    if (frame.opcode == 10) said += "pong:" + frame.payload + ' ';
    if (frame.payload == "alive") return said + "served";
  }
}

class Stage {
 public:
  Stage() {
    bystander_.connect(friendly_.url());
    REQUIRE(bystander_.recorder.isUp());
  }
  ~Stage() {
    bystander_.send("still here");
    CHECK(bystander_.recorder.hasFrames(1));
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  /// What a server gets for these bytes, after the messages that the client was handed.
  std::string answerTo(const std::string& bytes, bool one_by_one = false) {
    return play([&](WsTalk& talk) {
      talk.shakeHands();
      const std::string all = bytes + sent(0x81, "probe");
      for (std::size_t i = 0; one_by_one && i < all.size(); ++i) talk.write(all.substr(i, 1));
      if (!one_by_one) talk.write(all);
      return listen(talk);
    });
  }
  /// `up`, or how the handshake fails for this answer, in which $ACCEPT is the right key.
  std::string handshake(std::string answer) {
    play([&](WsTalk& talk) {
      const std::string accept = WsTalk::acceptFor(talk.readHead());
      if (const auto at = answer.find("$ACCEPT"); at != answer.npos) answer.replace(at, 7, accept);
      talk.write(answer + sent(0x81, "probe"));
      ::shutdown(talk.line().fd(), SHUT_WR);
      talk.waitForEnd();
      return std::string();
    });
    if (ups_ > 0) return "up";
    const bool refused = why_.code == Errc::ConnectionRefused || why_.code == Errc::ServerBusy;
    return refused ? "refused" : why_.detail;
  }
  const Error& why() const { return why_; }
  int closeCode() const { return close_code_; }

 private:
  template <typename Script>
  std::string play(Script script) {
    std::promise<std::string> gets;
    WsPeer hostile([&](WsTalk& talk) {
      gets.set_value(script(talk));
      talk.hangUp();
    });
    Bench guest(loop_);
    guest.recorder.when_frame = [&guest] {
      if (guest.recorder.frames.back() == "probe") guest.transport->send("alive");
    };
    net::ConnectRequest request;
    request.url = hostile.url();
    request.max_frame_bytes = kMaxFrame;
    guest.connect(request);
    std::string result = gets.get_future().get();
    why_ = guest.recorder.down();
    CHECK_FALSE(why_.detail.empty());
    std::string messages;
    for (const std::string& frame : guest.recorder.frames) {
      if (frame != "probe") messages += frame + ' ';
    }
    ups_ = guest.recorder.ups;
    close_code_ = guest.recorder.close_code;
    return messages + result;
  }

  std::shared_ptr<net::Loop> loop_{net::Loop::make({})};
  WsPeer friendly_{echo};
  Bench bystander_{loop_};
  Error why_;
  int ups_{0};
  int close_code_{0};
};

std::string answerWith(std::string_view status, std::string_view headers) {
  std::string text(status);
  return text.append("\r\n").append(headers).append("\r\n");
}

constexpr std::string_view k101 = "HTTP/1.1 101 Switching Protocols";
const std::string kUpgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
const std::string kAccept = "Sec-WebSocket-Accept: $ACCEPT\r\n";

}  // namespace

TEST_CASE("rfc6455 client: its frames are masked, each with another key") {
  std::promise<std::string> seen;
  WsPeer peer([&](WsTalk& talk) {
    talk.shakeHands();
    seen.set_value(talk.readBytes(2 * 10));
    talk.waitForEnd();
  });
  Bench bench;
  bench.connect(peer.url());
  REQUIRE(bench.recorder.isUp());
  bench.send("same");
  bench.send("same");
  const std::string bytes = seen.get_future().get();
  CHECK((bytes[1] & 0x80) != 0);
  CHECK((bytes[11] & 0x80) != 0);
  CHECK(bytes.substr(2, 4) != bytes.substr(12, 4));
}

TEST_CASE("rfc6455 client: a frame with a mask is answered with 1002") {
  Stage stage;
  CHECK(stage.answerTo(bytesOf(Side::Server, {.payload = "hi", .against_the_rule = true})) ==
        "1002");
}

TEST_CASE("rfc6455 client: reserved bits are answered with 1002") {
  Stage stage;
  for (const unsigned bit : {0x40u, 0x20u, 0x10u}) {
    INFO(bit);
    CHECK(stage.answerTo(sent(0x81 | bit, "hi")) == "1002");
    CHECK(stage.why().code == Errc::ProtocolError);
  }
}

TEST_CASE("rfc6455 client: reserved opcodes are answered with 1002") {
  Stage stage;
  for (const unsigned opcode : {3u, 4u, 5u, 6u, 7u, 11u, 12u, 13u, 14u, 15u}) {
    INFO(opcode);
    CHECK(stage.answerTo(sent(0x80 | opcode, "hi")) == "1002");
  }
}

TEST_CASE("rfc6455 client: a control frame of more than 125 bytes is answered with 1002") {
  Stage stage;
  const std::string long_payload(126, 'x');
  for (const unsigned opcode : {0x88u, 0x89u, 0x8Au}) {
    INFO(opcode);
    CHECK(stage.answerTo(sent(opcode, long_payload)) == "1002");
  }
}

TEST_CASE("rfc6455 client: a control frame in pieces is answered with 1002") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x09, "pi")) == "1002");
  CHECK(stage.answerTo(sent(0x08, "\x03\xe8")) == "1002");
}

TEST_CASE("rfc6455 client: a ping between the pieces of a message is answered, the message whole") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x01, "o") + sent(0x89, "now") + sent(0x80, "ne")) ==
        "one pong:now served");
}

TEST_CASE("rfc6455 client: a continuation without a beginning is answered with 1002") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x80, "hi")) == "1002");
  CHECK(stage.answerTo(sent(0x00, "hi")) == "1002");
}

TEST_CASE("rfc6455 client: a new message inside of a fragmented one is answered with 1002") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x01, "h") + sent(0x81, "hi")) == "1002");
}

TEST_CASE("rfc6455 client: a fragmented message is joined, with empty pieces too") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x01) + sent(0x00, "h") + sent(0x00) + sent(0x80, "i")) == "hi served");
}

TEST_CASE("rfc6455 client: an empty message is a message") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x81)) == " served");
}

TEST_CASE("rfc6455 client: a binary message is read like a text (avos-v1 section 2)") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x82, "hi")) == "hi served");
}

TEST_CASE("rfc6455 client: a close frame is answered with the same code, and nothing after it") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x88, "\x10\x06 bye") + sent(0x81, "late")) == "4102");
  CHECK(stage.closeCode() == 4102);
  CHECK(stage.why().detail.find("bye") != std::string::npos);
}

TEST_CASE("rfc6455 client: an empty close frame is answered with one") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x88)) == "0");
  CHECK(stage.closeCode() == 0);
}

TEST_CASE("rfc6455 client: half a close code is answered with 1002") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x88, "\x03")) == "1002");
  CHECK(stage.closeCode() == 0);
}

TEST_CASE("rfc6455 client: close codes that must not be on the wire are answered with 1002") {
  Stage stage;
  for (const unsigned code : {0u, 1u, 999u, 1004u, 1005u, 1006u, 1015u, 2999u}) {
    const std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
    INFO(code);
    CHECK(stage.answerTo(sent(0x88, payload)) == "1002");
    CHECK(stage.closeCode() == 1002);
  }
}

TEST_CASE("rfc6455 client: close codes above 4999 are answered as they are, and end it") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x88, "\xff\xff")) == "65535");
}

TEST_CASE("rfc6455 client: a close reason that is not UTF-8 is answered with 1007") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x88, "\x03\xe8\xff\xfe")) == "1007");
  CHECK(stage.why().detail.find("\\xff\\xfe") != std::string::npos);
}

// The decoder refuses it; tests/protocol/avos/decoder_test.cpp.
TEST_CASE("rfc6455 client: a text that is not UTF-8 is handed over as it is") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x81, "\xff\xfe")) == "\xff\xfe served");
}

TEST_CASE("rfc6455 client: lengths longer than they need to be are read") {
  Stage stage;
  CHECK(stage.answerTo(bytesOf(Side::Server, {.payload = "hi", .length_bytes = 2})) == "hi served");
  CHECK(stage.answerTo(bytesOf(Side::Server, {.payload = "hi", .length_bytes = 8})) == "hi served");
}

TEST_CASE("rfc6455 client: a length with the highest bit is answered with 1002") {
  Stage stage;
  CHECK(stage.answerTo(bytesOf(
            Side::Server,
            {.payload = "hi", .length_bytes = 8, .length = 1ull << 63, .lies = true})) == "1002");
}

TEST_CASE("rfc6455 client: a frame longer than the limit is closed before it is whole") {
  Stage stage;
  const std::string much(70'000, 'x');
  for (const std::uint64_t length : {80'000ull, 1ull << 32, (1ull << 63) - 1}) {
    CHECK(stage.answerTo(bytesOf(
              Side::Server,
              {.payload = much, .length_bytes = 8, .length = length, .lies = true})) == "1009");
    CHECK(stage.why().code == Errc::ProtocolError);
  }
  const std::string most(kMaxFrame, 'x');
  CHECK(stage.answerTo(sent(0x81, most)) == most + " served");
  CHECK(stage.answerTo(sent(0x81, most + 'y')) == "1009");
  CHECK(stage.answerTo(sent(0x01, most) + sent(0x80, "y")) == "1009");
}

TEST_CASE("rfc6455 client: a pong has the payload of its ping") {
  Stage stage;
  const std::string payload("\0\xff and 125 bytes at most", 25);
  CHECK(stage.answerTo(sent(0x89, payload)) == "pong:" + payload + " served");
}

TEST_CASE("rfc6455 client: a pong that nobody asked for is ignored") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x8A, "hello") + sent(0x8A)) == "served");
}

TEST_CASE("rfc6455 client: segments of one byte are put together") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x01, "o") + sent(0x80, "ne"), true) == "one served");
}

TEST_CASE("rfc6455 client: several frames in a segment are all read") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x81, "a") + sent(0x81, "b") + sent(0x81, "c")) == "a b c served");
}

TEST_CASE("rfc6455 client: a good handshake, in any case of letters, is taken") {
  Stage stage;
  CHECK(stage.handshake(answerWith(k101, kUpgrade + kAccept)) == "up");
  CHECK(stage.handshake(answerWith("HTTP/1.1 101 yes",
                                   "UPGRADE: WebSocket\r\nconnection: upgrade\r\n"
                                   "SEC-WEBSOCKET-ACCEPT: $ACCEPT\r\n")) == "up");
}

TEST_CASE("rfc6455 client: headers that it does not know do not matter") {
  Stage stage;
  CHECK(stage.handshake(answerWith(
            k101, kUpgrade + kAccept + "Server: x\r\nDate: now\r\nSet-Cookie: a=b\r\n")) == "up");
}

TEST_CASE("rfc6455 client: a wrong accept key is refused") {
  Stage stage;
  CHECK(stage.handshake(answerWith(
            k101, kUpgrade + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")) ==
        "refused");
}

TEST_CASE("rfc6455 client: no accept key is refused") {
  Stage stage;
  CHECK(stage.handshake(answerWith(k101, kUpgrade)) == "refused");
}

TEST_CASE("rfc6455 client: an answer without Upgrade is refused") {
  Stage stage;
  CHECK(stage.handshake(answerWith(k101, "Connection: Upgrade\r\n" + kAccept)) == "refused");
}

TEST_CASE("rfc6455 client: an answer that upgrades to something else is refused") {
  Stage stage;
  CHECK(stage.handshake(answerWith(k101, "Upgrade: h2c\r\nConnection: Upgrade\r\n" + kAccept)) ==
        "refused");
}

TEST_CASE("rfc6455 client: an answer without Connection is refused") {
  Stage stage;
  CHECK(stage.handshake(answerWith(k101, "Upgrade: websocket\r\n" + kAccept)) == "refused");
}

TEST_CASE("rfc6455 client: another status than 101 is refused") {
  Stage stage;
  for (const std::string status :
       {"200 OK", "301 Moved", "302 Found", "400 No", "401 No", "426 No", "503 Busy"}) {
    INFO(status);
    CHECK(stage.handshake(answerWith("HTTP/1.1 " + status,
                                     kUpgrade + kAccept + "Location: ws://127.0.0.1:1/\r\n")) ==
          "refused");
  }
}

TEST_CASE("rfc6455 client: an answer over HTTP/1.0 is refused") {
  Stage stage;
  CHECK(stage.handshake(answerWith("HTTP/1.0 101 Switching", kUpgrade + kAccept)) == "refused");
}

TEST_CASE("rfc6455 client: an upgrade with a body is refused") {
  Stage stage;
  for (const std::string body :
       {"Content-Length: 0\r\n", "Content-Length: 9\r\n", "Transfer-Encoding: chunked\r\n"}) {
    INFO(body);
    CHECK(stage.handshake(answerWith(k101, kUpgrade + kAccept + body)) == "refused");
  }
}

TEST_CASE("rfc6455 client: an extension that it did not offer is refused") {
  Stage stage;
  CHECK(stage.handshake(answerWith(
            k101, kUpgrade + kAccept + "Sec-WebSocket-Extensions: permessage-deflate\r\n")) ==
        "refused");
}

TEST_CASE("rfc6455 client: a subprotocol that it did not offer is refused") {
  Stage stage;
  CHECK(stage.handshake(answerWith(
            k101, kUpgrade + kAccept + "Sec-WebSocket-Protocol: chat\r\n")) == "refused");
}

TEST_CASE("rfc6455 client: an answer that is cut is refused") {
  Stage stage;
  WsPeer peer([cut = 0](WsTalk& talk) mutable {
    const std::string whole = answerWith(
        k101, kUpgrade + "Sec-WebSocket-Accept: " + WsTalk::acceptFor(talk.readHead()) + "\r\n");
    talk.write(whole.substr(0, static_cast<std::size_t>(cut)));
    cut += 9;
  });
  for (int i = 0; i < 14; ++i) {
    Bench bench;
    bench.connect(peer.url());
    CHECK(bench.recorder.down().code == Errc::ConnectionRefused);
    CHECK(bench.recorder.ups == 0);
  }
}

TEST_CASE("rfc6455 client: an answer without end is refused") {
  Stage stage;
  CHECK(stage.handshake(answerWith(k101, kUpgrade + kAccept + "X-Long: " +
                                             std::string(200'000, 'x') + "\r\n")) == "refused");
}
