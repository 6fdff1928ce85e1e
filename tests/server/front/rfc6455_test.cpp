// SPDX-License-Identifier: Apache-2.0
// The rules of RFC 6455 at the server, one by one; docs/conformance.md is their table. Each case
// says what a guest that breaks the rule gets, and that two other clients did not feel it.
#include "server/front/front_bench.hpp"
#include "support/ws_frames.hpp"

namespace kith::testing {
namespace {

/// A frame of a client.
std::string sent(unsigned first, std::string_view payload = {}) {
  return bytesOf(Side::Client, {first, payload});
}

std::string handshake(std::string_view line = "GET / HTTP/1.1",
                      std::string_view version = "Sec-WebSocket-Version: 13\r\n",
                      std::string_view key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                      std::string_view rest = {}) {
  std::string text(line);
  text.append("\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
  return text.append(version).append(key).append(rest).append("\r\n");
}

class Stage {
 public:
  Stage() {
    openSession(alice_, "alice");
    openSession(bob_, "bob");
  }
  ~Stage() { CHECK(bystanders()); }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  /// What a guest gets for these bytes: pongs, messages, and then `served` when the connection goes
  /// on, the code of a close frame, or `end`. A pong may come after a message that came after its
  /// ping, so it is told how many there are to be.
  std::string answerTo(const std::string& bytes, int pongs = 0) {
    RawWsClient guest(server_->address());
    guest.socket().send(bytes);
    return listen(guest, pongs);
  }
  static std::string listen(RawWsClient& guest, int pongs = 0) {
    guest.text(R"({"cmd":"session","op":"close","peerId":"probe"})");
    std::string pong, said;
    for (bool served = false; !served || pongs > 0;) {
      const RawFrame frame = guest.next();
      if (frame.opcode == -1) return pong + said + "end";
      if (frame.opcode == 8) {
        guest.socket().send(sent(0x88, frame.payload.substr(0, 2)));
        guest.socket().endSending();
        return pong + said + std::to_string(frame.closeCode()) +
               (guest.ended() ? "" : ", and more");
      }
      if (frame.opcode == 10) {
        pong += "pong:" + frame.payload + ' ';
        --pongs;
      } else if (frame.payload.find("probe") != std::string::npos) {
        served = true;
      } else {
        said += (frame.opcode == 1 ? "" : "odd:") + frame.payload + ' ';
      }
    }
    return pong + said + "served";
  }
  /// The beginning of the answer to a request, `HTTP/1.1 200`; empty when there is none.
  std::string statusOf(const std::string& request, bool cut = false) {
    RawSocket socket(server_->address());
    socket.send(request);
    if (cut) socket.endSending();
    std::string answer;
    while (answer.find("\r\n\r\n") == std::string::npos) {
      const std::string more = socket.receive();
      if (more.empty()) break;
      answer += more;
    }
    head_ = answer.substr(0, answer.find("\r\n\r\n"));
    return answer.substr(0, 12);
  }
  const std::string& head() const { return head_; }
  std::string address() const { return server_->address(); }
  std::uint64_t connections() const { return server_->stats().connections; }
  /// Alice sends a message, and has the ack.
  void tell(const std::string& peer, const std::string& text) {
    REQUIRE(alice_.text(directFrame("alice", peer, text)));
    CHECK_THAT(alice_.nextText(), Catch::Contains("\"ack\""));
  }

 private:
  bool bystanders() {
    const std::string text = "message " + std::to_string(++messages_);
    return alice_.text(directFrame("alice", "bob", text, true)) &&
           bob_.nextText().find(text) != std::string::npos;
  }

  std::unique_ptr<Server> server_{startServer()};
  RawWsClient alice_{server_->address()};
  RawWsClient bob_{server_->address()};
  std::string head_;
  int messages_{0};
};

}  // namespace

TEST_CASE("rfc6455 server: a frame without a mask ends the connection") {
  Stage stage;
  CHECK(stage.answerTo(bytesOf(Side::Client, {.payload = "{}", .against_the_rule = true})) ==
        "1002");
}

TEST_CASE("rfc6455 server: its own frames have no mask") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x81, "{}")) == "{} served");  // RawWsClient refuses a mask
}

TEST_CASE("rfc6455 server: reserved bits end the connection") {
  Stage stage;
  for (const unsigned bit : {0x40u, 0x20u, 0x10u}) {
    INFO(bit);
    CHECK(stage.answerTo(sent(0x81 | bit, "{}")) == "1002");
  }
}

TEST_CASE("rfc6455 server: reserved opcodes end the connection") {
  Stage stage;
  for (const unsigned opcode : {3u, 4u, 5u, 6u, 7u, 11u, 12u, 13u, 14u, 15u}) {
    INFO(opcode);
    CHECK(stage.answerTo(sent(0x80 | opcode, "{}")) == "1002");
  }
}

TEST_CASE("rfc6455 server: a control frame of more than 125 bytes ends the connection") {
  Stage stage;
  const std::string long_payload(126, 'x');
  for (const unsigned opcode : {0x88u, 0x89u, 0x8Au}) {
    INFO(opcode);
    CHECK(stage.answerTo(sent(opcode, long_payload)) == "1002");
  }
}

TEST_CASE("rfc6455 server: a control frame in pieces ends the connection") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x09, "pi")) == "1002");
  CHECK(stage.answerTo(sent(0x08, "\x03\xe8")) == "1002");
}

TEST_CASE("rfc6455 server: a ping between the pieces of a message is answered, the message whole") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x01, "{") + sent(0x89, "now") + sent(0x80, "}"), 1) ==
        "pong:now {} served");
}

TEST_CASE("rfc6455 server: a continuation without a beginning ends the connection") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x80, "{}")) == "1002");
  CHECK(stage.answerTo(sent(0x00, "{}")) == "1002");
}

TEST_CASE("rfc6455 server: a new message inside of a fragmented one ends the connection") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x01, "{") + sent(0x81, "{}")) == "1002");
}

TEST_CASE("rfc6455 server: a fragmented message is joined, with empty pieces too") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x01) + sent(0x00, "{") + sent(0x00) + sent(0x80, "}")) == "{} served");
}

TEST_CASE("rfc6455 server: an empty message is no command") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x81)) == "4114");
}

TEST_CASE("rfc6455 server: a binary message is read like a text (avos-v1 section 2)") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x82, "{}")) == "{} served");
}

TEST_CASE("rfc6455 server: a close frame is answered with the same code, and nothing after it") {
  Stage stage;
  for (const std::string payload : {"\x03\xe8", "\x03\xe9 bye", "\x10\x01"}) {
    RawWsClient guest(stage.address());
    guest.socket().send(sent(0x88, payload) + sent(0x81, "{}"));
    const RawFrame answer = guest.next();
    CHECK(answer.opcode == 8);
    CHECK(answer.payload == payload);
    CHECK(guest.ended());
  }
}

TEST_CASE("rfc6455 server: who broke a rule gets nothing behind the close frame") {
  Stage stage;
  RawWsClient guest(stage.address());
  openSession(guest, "guest");
  guest.socket().send(sent(0xC1, "{}"));
  CHECK(guest.next().closeCode() == 1002);
  // It is gone for the others at once, though it neither answers nor hangs up.
  CHECK(eventually([&] { return stage.connections() == 2; }));
  stage.tell("guest", "too late");
  guest.socket().endSending();
  CHECK(guest.ended());
}

TEST_CASE("rfc6455 server: an empty close frame is answered with one") {
  Stage stage;
  RawWsClient guest(stage.address());
  guest.socket().send(sent(0x88));
  const RawFrame answer = guest.next();
  CHECK(answer.opcode == 8);
  CHECK(answer.payload.empty());
  CHECK(guest.ended());
}

TEST_CASE("rfc6455 server: half a close code is answered with 1002") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x88, "\x03")) == "1002");
}

TEST_CASE("rfc6455 server: close codes that must not be on the wire are answered with 1002") {
  Stage stage;
  for (const unsigned code : {0u, 1u, 999u, 1004u, 1005u, 1006u, 1015u, 2999u}) {
    const std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
    INFO(code);
    CHECK(stage.answerTo(sent(0x88, payload)) == "1002");
  }
}

TEST_CASE("rfc6455 server: close codes above 4999 are answered as they are, and end it") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x88, "\x13\x88")) == "5000");
  CHECK(stage.answerTo(sent(0x88, "\xff\xff")) == "65535");
}

TEST_CASE("rfc6455 server: the close codes 1012 to 1014 are answered as they are") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x88, "\x03\xf4")) == "1012");
  CHECK(stage.answerTo(sent(0x88, "\x03\xf6")) == "1014");
}

TEST_CASE("rfc6455 server: a close reason that is not UTF-8 is answered with 1007") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x88, "\x03\xe8\xff\xfe")) == "1007");
}

TEST_CASE("rfc6455 server: a text that is not UTF-8 is no command") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x81, "{\"a\":\"\xff\"}")) == "4114");
  CHECK(stage.answerTo(sent(0x81, "{\"a\":\"\xed\xa0\x80\"}")) == "4114");
  // A character cut in two by the pieces is whole again.
  CHECK(stage.answerTo(sent(0x01, "{\"a\":\"\xc3") + sent(0x80, "\xa9\"}")) == "{} served");
}

TEST_CASE("rfc6455 server: lengths longer than they need to be are read") {
  Stage stage;
  CHECK(stage.answerTo(bytesOf(Side::Client, {.payload = "{}", .length_bytes = 2})) == "{} served");
  CHECK(stage.answerTo(bytesOf(Side::Client, {.payload = "{}", .length_bytes = 8})) == "{} served");
}

TEST_CASE("rfc6455 server: a length with the highest bit ends the connection") {
  Stage stage;
  CHECK(stage.answerTo(bytesOf(
            Side::Client,
            {.payload = "{}", .length_bytes = 8, .length = 1ull << 63, .lies = true})) == "1002");
}

TEST_CASE("rfc6455 server: a frame longer than the limit is closed before it is whole") {
  Stage stage;
  const std::string much(9000, 'x');
  for (const std::uint64_t length : {10000ull, 1ull << 32, (1ull << 63) - 1}) {
    CHECK(stage.answerTo(bytesOf(
              Side::Client,
              {.payload = much, .length_bytes = 8, .length = length, .lies = true})) == "4109");
  }
  CHECK(stage.answerTo(sent(0x81, much)) == "4109");
  CHECK(stage.answerTo(sent(0x01, much.substr(0, 4000)) + sent(0x80, much)) == "4109");
}

TEST_CASE("rfc6455 server: a pong has the payload of its ping") {
  Stage stage;
  const std::string payload("\0\xff and 125 bytes at most", 25);
  CHECK(stage.answerTo(sent(0x89, payload), 1) == "pong:" + payload + " served");
  CHECK(stage.answerTo(sent(0x89), 1) == "pong: served");
}

TEST_CASE("rfc6455 server: a pong that nobody asked for is ignored") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x8A, "hello") + sent(0x8A)) == "served");
}

TEST_CASE("rfc6455 server: segments of one byte are put together") {
  Stage stage;
  RawWsClient guest(stage.address());
  for (const char byte : sent(0x01, "{") + sent(0x89, "x") + sent(0x80, "}")) {
    REQUIRE(guest.socket().send({&byte, 1}));
  }
  CHECK(Stage::listen(guest, 1) == "pong:x {} served");
}

TEST_CASE("rfc6455 server: several frames in a segment are all read") {
  Stage stage;
  CHECK(stage.answerTo(sent(0x81, "{}") + sent(0x81, "{}") + sent(0x81, "{}")) ==
        "{} {} {} served");
}

TEST_CASE("rfc6455 server: frames in the same segment as the handshake are read") {
  Stage stage;
  RawSocket socket(stage.address());
  REQUIRE(socket.send(handshake() + sent(0x81, "{}")));
  std::string answer;
  while (answer.find("\r\n\r\n\x81\x02{}") == std::string::npos) {
    const std::string more = socket.receive();
    REQUIRE(!more.empty());
    answer += more;
  }
}

TEST_CASE("rfc6455 server: the accept key is the one of the RFC's example") {
  Stage stage;
  CHECK(stage.statusOf(handshake()) == "HTTP/1.1 101");
  CHECK_THAT(stage.head(), Catch::Contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
}

TEST_CASE(
    "rfc6455 server: a version that it does not know is answered with 426 and the one it does") {
  Stage stage;
  for (const std::string version : {"0", "7", "14", "99", "x", "", "13, 14"}) {
    INFO(version);
    CHECK(stage.statusOf(handshake(
              "GET / HTTP/1.1", "Sec-WebSocket-Version: " + version + "\r\n")) == "HTTP/1.1 426");
    CHECK_THAT(stage.head(), Catch::Contains("\r\nSec-WebSocket-Version: 13\r\n"));
  }
}

TEST_CASE("rfc6455 server: version 8, the draft with the same frames, is let in") {
  Stage stage;
  RawSocket socket(stage.address());
  REQUIRE(
      socket.send(handshake("GET / HTTP/1.1", "Sec-WebSocket-Version: 8\r\n") + sent(0x81, "{}")));
  std::string answer;
  while (answer.find("\r\n\r\n\x81\x02{}") == std::string::npos) {
    const std::string more = socket.receive();
    REQUIRE(!more.empty());
    answer += more;
  }
  CHECK(answer.substr(0, 12) == "HTTP/1.1 101");
}

TEST_CASE("rfc6455 server: no version at all is answered with 426") {
  Stage stage;
  CHECK(stage.statusOf(handshake("GET / HTTP/1.1", "")) == "HTTP/1.1 426");
}

TEST_CASE("rfc6455 server: a missing key is answered with 400") {
  Stage stage;
  CHECK(stage.statusOf(handshake("GET / HTTP/1.1", "Sec-WebSocket-Version: 13\r\n", "")) ==
        "HTTP/1.1 400");
}

TEST_CASE("rfc6455 server: a handshake over HTTP/1.0 is answered with 400") {
  Stage stage;
  CHECK(stage.statusOf(handshake("GET / HTTP/1.0")) == "HTTP/1.1 400");
}

TEST_CASE("rfc6455 server: a handshake that is no GET is answered with 400") {
  Stage stage;
  CHECK(stage.statusOf(handshake("POST / HTTP/1.1")) == "HTTP/1.1 400");
}

TEST_CASE("rfc6455 server: without Upgrade the request is plain HTTP") {
  Stage stage;
  CHECK(stage.statusOf("GET / HTTP/1.1\r\nHost: x\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n") == "HTTP/1.1 404");
}

TEST_CASE("rfc6455 server: without Connection: Upgrade the request is plain HTTP") {
  Stage stage;
  CHECK(stage.statusOf("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                       "Sec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n") == "HTTP/1.1 404");
}

TEST_CASE("rfc6455 server: a handshake without Host is answered with 400") {
  Stage stage;
  CHECK(stage.statusOf("GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n") == "HTTP/1.1 400");
}

TEST_CASE("rfc6455 server: header names and the words of Upgrade may be in any case") {
  Stage stage;
  CHECK(stage.statusOf("GET / HTTP/1.1\r\nHOST: x\r\nupgrade: WebSocket\r\nconnection: upgrade\r\n"
                       "SEC-WEBSOCKET-KEY: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                       "sec-websocket-version: 13\r\n\r\n") == "HTTP/1.1 101");
}

TEST_CASE("rfc6455 server: headers that it does not know do not matter") {
  Stage stage;
  CHECK(stage.statusOf(handshake("GET /any/path?x=y HTTP/1.1", "Sec-WebSocket-Version: 13\r\n",
                                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                                 "Origin: http://x\r\nCookie: a=b\r\nX-Any: thing\r\n")) ==
        "HTTP/1.1 101");
}

TEST_CASE("rfc6455 server: no extension is agreed to") {
  Stage stage;
  CHECK(stage.statusOf(handshake(
            "GET / HTTP/1.1", "Sec-WebSocket-Version: 13\r\n",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x\r\n")) ==
        "HTTP/1.1 101");
  CHECK_THAT(stage.head(), !Catch::Contains("Extensions"));
}

TEST_CASE("rfc6455 server: no subprotocol is agreed to") {
  Stage stage;
  stage.statusOf(handshake("GET / HTTP/1.1", "Sec-WebSocket-Version: 13\r\n",
                           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                           "Sec-WebSocket-Protocol: chat, superchat\r\n"));
  CHECK_THAT(stage.head(), !Catch::Contains("Protocol:"));
}

TEST_CASE("rfc6455 server: a handshake that is cut leaves nothing behind") {
  Stage stage;
  const std::string whole = handshake();
  for (std::size_t size = 1; size < whole.size(); size += 7) {
    CHECK(stage.statusOf(whole.substr(0, size), true) != "HTTP/1.1 101");
  }
}

}  // namespace kith::testing
