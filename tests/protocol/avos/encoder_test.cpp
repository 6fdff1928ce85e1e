// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string>

#include "json/quote.hpp"
#include "protocol/avos/codec.hpp"
#include "protocol/avos/frames.hpp"
#include "support/catch.hpp"

namespace kith::avos {
namespace {

using namespace std::string_view_literals;

std::string quoted(std::string_view text) {
  std::string out;
  json::quoteJson(text, out);
  return out;
}

Frame direct(std::string_view text) {
  Direct body;
  body.text = text;
  return {{}, {}, {}, body};
}

TEST_CASE("encoder: a heartbeat is the two bytes {} (avos-v1 §16.14)") {
  CHECK(encoded(Frame{}) == "{}");
  CHECK(encoded(Frame{{Serial::Kind::Integer, 1, {}}, "a", "p", Heartbeat{}}) == "{}");
}

TEST_CASE("encoder: appends to what is there") {
  Encoder encoder;
  std::string out = "before";
  encoder.encode(Frame{}, out);
  CHECK(out == "before{}");
}

TEST_CASE("encoder: quoting escapes what JSON wants and passes UTF-8 through") {
  CHECK(quoted("") == R"("")");
  CHECK(quoted("plain") == R"("plain")");
  CHECK(quoted("\"\\/") == R"("\"\\/")");
  CHECK(quoted("a\"b\\c") == R"("a\"b\\c")");
  CHECK(quoted("\b\f\n\r\t") == R"("\b\f\n\r\t")");
  CHECK(quoted("\0\x01\x1f\x7f"sv) == "\"\\u0000\\u0001\\u001f\x7f\"");
  CHECK(quoted("小明😀\xE2\x80\xA8") == "\"小明😀\xE2\x80\xA8\"");
}

TEST_CASE("encoder: what it quotes decodes to the same, for every code unit below 128") {
  std::string text;
  for (int c = 0; c < 128; ++c) text += static_cast<char>(c);
  const DecodedFrame frame(encoded(direct(text)));
  REQUIRE(frame.result);
  CHECK(frame.body<Direct>().text == text);
}

TEST_CASE("encoder: what must be escaped is found at every place of a long text") {
  const std::string filler = "0123456789小😀\x7F\xC3\xBF!#[]";
  for (const std::string_view piece : {"\""sv, "\\"sv, "\0"sv, "\x1F"sv, "\n\n"sv, "\"x\\"sv}) {
    for (std::size_t at = 0; at <= filler.size(); ++at) {
      // Pieces stand only between characters.
      if (at < filler.size() && (static_cast<unsigned char>(filler[at]) & 0xC0u) == 0x80u) continue;
      std::string text = filler;
      text.insert(at, piece);
      const DecodedFrame frame(encoded(direct(text)));
      CAPTURE(at, text);
      REQUIRE(frame.result);
      CHECK(frame.body<Direct>().text == text);
    }
  }
}

TEST_CASE("encoder: what is absent is not written (avos-v1 §16.8)") {
  Frame frame = direct("");
  CHECK(encoded(frame) == R"({"cmd":"direct","msg":""})");
  frame.peer_id = "";
  CHECK(encoded(frame) == R"({"cmd":"direct","peerId":"","msg":""})");
  std::get<Direct>(frame.body).to = IdList();
  CHECK(encoded(frame) == R"({"cmd":"direct","peerId":"","msg":"","toPeerIds":[]})");
  RoomRequest request;
  CHECK(encoded({{}, {}, {}, request}) == R"({"cmd":"room","op":"join"})");
  request.room = "";
  CHECK(encoded({{}, {}, {}, request}) == R"({"cmd":"room","op":"join","roomId":""})");
}

TEST_CASE("encoder: lists, numbers and serials") {
  const std::array<std::string_view, 2> peers{"a\"b", "c"};
  CHECK(encoded({{Serial::Kind::Text, 0, "7"}, {}, {}, SessionAdded{peers}}) ==
        R"({"cmd":"session","op":"added","i":"7","onlineSessionPeerIds":["a\"b","c"]})");
  CHECK(encoded({{Serial::Kind::Integer, -65535, {}}, {}, {}, SessionRemoved{}}) ==
        R"({"cmd":"session","op":"removed","i":-65535,"sessionPeerIds":[]})");
  CHECK(encoded({{}, {}, {}, Receipt{"m", INT64_MIN}}) ==
        R"({"cmd":"rcp","id":"m","t":-9223372036854775808})");
}

TEST_CASE("encoder: the canonical order of a delivery and of an ack (avos-v1 §18 T3)") {
  Direct delivery;
  delivery.from = "alice";
  delivery.text = "hi";
  delivery.id = "m1";
  delivery.timestamp = 1412000001234;
  CHECK(encoded({{}, {}, "bob", delivery}) ==
        R"({"cmd":"direct","peerId":"bob","fromPeerId":"alice","msg":"hi",)"
        R"("id":"m1","timestamp":1412000001234})");
  Ack ack;
  ack.uid = "m1";
  ack.time = 1412000001234;
  CHECK(encoded({{Serial::Kind::Integer, 5, {}}, {}, "alice", ack}) ==
        R"({"cmd":"ack","peerId":"alice","i":5,"uid":"m1","t":1412000001234})");
}

TEST_CASE("encoder: head, peer and tail of a shared frame are the frame") {
  Direct body;
  body.room = "g1";
  body.text = "x";
  Frame frame{{}, {}, "left out", body};
  Encoder encoder;
  std::string shared = "rubbish";
  encoder.encodeShared(frame, shared);
  CHECK(shared == R"(,"cmd":"direct","roomId":"g1","msg":"x"})");

  std::string whole(kSharedHead);
  json::quoteJson("bob\"", whole);
  whole += shared;
  frame.peer_id = "bob\"";
  const DecodedFrame decoded(whole);
  REQUIRE(decoded.result);
  CHECK(encoded(*decoded.result) == encoded(frame));
}

}  // namespace
}  // namespace kith::avos
