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

TEST_CASE("encoder: a heartbeat is the two bytes {} (avos-v1 §16.14)") {
  CHECK(encoded(Command{}) == "{}");
  Command odd;
  odd.set(Field::PeerId, &Command::peer_id, "p"sv);
  CHECK(encoded(odd) == "{}");
}

TEST_CASE("encoder: appends to what is there") {
  Encoder encoder;
  std::string out = "before";
  encoder.encode(Command{}, out);
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
  Command command;
  command.cmd = Cmd::Direct;
  command.set(Field::Msg, &Command::msg, std::string_view(text));
  const DecodedFrame frame(encoded(command));
  REQUIRE(frame.result);
  CHECK(frame.result->msg == text);
}

TEST_CASE("encoder: what must be escaped is found at every place of a long text") {
  const std::string filler = "0123456789小😀\x7F\xC3\xBF!#[]";
  for (const std::string_view piece : {"\""sv, "\\"sv, "\0"sv, "\x1F"sv, "\n\n"sv, "\"x\\"sv}) {
    for (std::size_t at = 0; at <= filler.size(); ++at) {
      // Pieces stand only between characters.
      if (at < filler.size() && (static_cast<unsigned char>(filler[at]) & 0xC0u) == 0x80u) continue;
      std::string text = filler;
      text.insert(at, piece);
      Command command;
      command.cmd = Cmd::Direct;
      command.set(Field::Msg, &Command::msg, std::string_view(text));
      const DecodedFrame frame(encoded(command));
      CAPTURE(at, text);
      REQUIRE(frame.result);
      CHECK(frame.result->msg == text);
    }
  }
}

TEST_CASE("encoder: only fields whose bit is set are written (avos-v1 §16.8)") {
  Command command;
  command.cmd = Cmd::Direct;
  command.room_id = "not written";
  command.transient = true;
  command.set(Field::PeerId, &Command::peer_id, "bob"sv);
  CHECK(encoded(command) == R"({"cmd":"direct","peerId":"bob"})");
  command.set(Field::RoomId, &Command::room_id, ""sv);
  CHECK(encoded(command) == R"({"cmd":"direct","peerId":"bob","roomId":""})");
}

TEST_CASE("encoder: lists, flags, numbers and serials") {
  const std::array<std::string_view, 2> peers{"a\"b", "c"};
  Command command;
  command.cmd = Cmd::Session;
  command.op = Op::Added;
  command.i = {Serial::Kind::Text, 0, "7"};
  command.set(Field::SessionPeerIds, &Command::session_peer_ids, IdList(peers));
  CHECK(encoded(command) ==
        R"({"cmd":"session","op":"added","i":"7","onlineSessionPeerIds":["a\"b","c"]})");
  command.op = Op::Removed;
  command.i = {Serial::Kind::Integer, -65535, {}};
  command.session_peer_ids = {};
  CHECK(encoded(command) == R"({"cmd":"session","op":"removed","i":-65535,"sessionPeerIds":[]})");

  Command ack;
  ack.cmd = Cmd::Ack;
  ack.set(Field::Time, &Command::time, std::int64_t{INT64_MIN});
  ack.set(Field::Timestamp, &Command::timestamp, std::int64_t{INT64_MAX});
  ack.set(Field::Offline, &Command::offline, false);
  CHECK(encoded(ack) == R"({"cmd":"ack","timestamp":9223372036854775807,"offline":false,)"
                        R"("t":-9223372036854775808})");
}

TEST_CASE("encoder: the canonical order of a delivery and of an ack (avos-v1 §18 T3)") {
  Command direct;
  direct.cmd = Cmd::Direct;
  direct.set(Field::Timestamp, &Command::timestamp, std::int64_t{1412000001234});
  direct.set(Field::Id, &Command::id, "m1"sv);
  direct.set(Field::Msg, &Command::msg, "hi"sv);
  direct.set(Field::FromPeerId, &Command::from_peer_id, "alice"sv);
  direct.set(Field::PeerId, &Command::peer_id, "bob"sv);
  CHECK(encoded(direct) == R"({"cmd":"direct","peerId":"bob","fromPeerId":"alice","msg":"hi",)"
                           R"("id":"m1","timestamp":1412000001234})");
  Command ack;
  ack.cmd = Cmd::Ack;
  ack.i = {Serial::Kind::Integer, 5, {}};
  ack.set(Field::PeerId, &Command::peer_id, "alice"sv);
  ack.set(Field::Uid, &Command::uid, "m1"sv);
  ack.set(Field::Time, &Command::time, std::int64_t{1412000001234});
  CHECK(encoded(ack) == R"({"cmd":"ack","peerId":"alice","i":5,"uid":"m1","t":1412000001234})");
}

TEST_CASE("encoder: head, peer and tail of a shared frame are the frame") {
  Command command;
  command.cmd = Cmd::Direct;
  command.set(Field::PeerId, &Command::peer_id, "left out"sv);
  command.set(Field::RoomId, &Command::room_id, "g1"sv);
  command.set(Field::Msg, &Command::msg, "x"sv);
  Encoder encoder;
  SharedFrame shared{"rubbish"};
  encoder.encodeShared(command, shared);
  CHECK(shared.tail == R"(,"cmd":"direct","roomId":"g1","msg":"x"})");

  std::string frame(kSharedHead);
  json::quoteJson("bob\"", frame);
  frame += shared.tail;
  command.peer_id = "bob\"";
  const DecodedFrame decoded(frame);
  REQUIRE(decoded.result);
  CHECK(encoded(*decoded.result) == encoded(command));
}

TEST_CASE("encoder: a shared frame is given another time, whatever its texts say") {
  const std::string_view odd = R"("timestamp":1,"\"timestamp\":2)";
  for (const std::int64_t before : std::array<std::int64_t, 3>{1, 1412000000000, -5}) {
    for (const std::int64_t after :
         std::array<std::int64_t, 4>{9, 1412000060000, INT64_MIN, INT64_MAX}) {
      Command command;
      command.cmd = Cmd::Direct;
      command.set(Field::FromPeerId, &Command::from_peer_id, odd);
      command.set(Field::Msg, &Command::msg, odd);
      command.set(Field::Id, &Command::id, odd);
      command.set(Field::RoomId, &Command::room_id, odd);
      command.set(Field::Timestamp, &Command::timestamp, before);
      command.set(Field::Transient, &Command::transient, true);
      Encoder encoder;
      SharedFrame frame;
      encoder.encodeShared(command, frame);
      setTimestamp(frame, after);
      command.timestamp = after;
      SharedFrame expected;
      encoder.encodeShared(command, expected);
      CHECK(frame.tail == expected.tail);
    }
  }
  SharedFrame without{R"(,"cmd":"direct","msg":"x"})"};
  const std::string same = without.tail;
  setTimestamp(without, 5);
  CHECK(without.tail == same);
}

}  // namespace
}  // namespace kith::avos
