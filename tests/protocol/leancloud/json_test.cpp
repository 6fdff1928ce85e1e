// SPDX-License-Identifier: Apache-2.0
#include <kith/limits.hpp>

#include <array>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/leancloud/codec.hpp"
#include "protocol/leancloud/commands.hpp"
#include "support/catch.hpp"

namespace kith::leancloud {
namespace {

using testing::CommandMaker;
using testing::Decoded;
using testing::isSameCommand;

std::string encode(const Command& command) { return testing::encodedAs(Encoding::Json, command); }

Decoded decode(std::string_view text) { return {Encoding::Json, text}; }

std::string refusal(std::string_view text) { return decode(text).refusal(); }

/// Both ways.
void checkGolden(const Command& command, std::string_view text) {
  CHECK(encode(command) == text);
  const Decoded decoded = decode(text);
  CHECK(decoded.refusal().empty());
  if (decoded.ok()) CHECK(isSameCommand(*decoded, command));
}

constexpr std::array<std::string_view, 2> kPair{"a", "b"};

TEST_CASE("json: a command is flat, and JSON objects are real ones (§3)") {
  Command command;
  command.cmd = Cmd::Conv;
  command.op = Op::Start;
  command.peer_id = "a";
  command.i = -7;
  auto& body = command.body.emplace<ConvCommand>();
  body.members = kPair;
  body.unique = true;
  body.attr = Json{R"({"name":"x", "n":12345678901234567890})"};
  checkGolden(command,
              R"({"cmd":"conv","op":"start","peerId":"a","i":-7,"m":["a","b"],"unique":true,)"
              R"("attr":{"name":"x", "n":12345678901234567890}})");
}

TEST_CASE("json: ops have dashes, and are read with underscores too") {
  Command command;
  command.cmd = Cmd::Conv;
  command.op = Op::MembersJoined;
  command.body.emplace<ConvCommand>();
  checkGolden(command, R"({"cmd":"conv","op":"members-joined"})");
  const Decoded underscores = decode(R"({"cmd":"conv","op":"members_joined"})");
  REQUIRE(underscores.ok());
  CHECK(underscores->op == Op::MembersJoined);
}

TEST_CASE("json: the heartbeat is the empty object, and what has no command is one") {
  checkGolden(Command{}, "{}");
  for (const std::string_view text : {" { } ", R"({"x":[1]})", R"({"cmd":null})", R"({"i":1})"}) {
    const Decoded heartbeat = decode(text);
    REQUIRE(heartbeat.ok());
    CHECK(heartbeat->cmd == Cmd::None);
    CHECK(encode(*heartbeat) == "{}");
  }
}

TEST_CASE("json: an error stands at the top") {
  Command command;
  command.cmd = Cmd::Error;
  command.i = 1;
  auto& body = command.body.emplace<ErrorCommand>();
  body.code = 4312;
  body.reason = "CONVERSATION_LOG_REJECTED";
  body.app_code = 7;
  checkGolden(
      command,
      R"({"cmd":"error","i":1,"code":4312,"reason":"CONVERSATION_LOG_REJECTED","appCode":7})");
}

TEST_CASE("json: messages in lists are objects, bytes are base64, words are words") {
  Command command;
  command.cmd = Cmd::Unread;
  std::array<UnreadTuple, 2> tuples{};
  tuples[0].cid = "c";
  tuples[0].unread = 2;
  tuples[0].binary_msg = Bytes{std::string_view("\0\xff", 2)};
  tuples[1].cid = "d";
  command.body.emplace<UnreadCommand>().convs = tuples;
  checkGolden(command, R"({"cmd":"unread","convs":[{"cid":"c","unread":2,"binaryMsg":"AP8="},)"
                       R"({"cid":"d","unread":0}]})");
  Command presence;
  presence.cmd = Cmd::Presence;
  auto& body = presence.body.emplace<PresenceCommand>();
  body.status = Status::Off;
  body.session_peer_ids = kPair;
  checkGolden(presence, R"({"cmd":"presence","status":"off","sessionPeerIds":["a","b"]})");
}

TEST_CASE("json: an empty list is written when it is asked for") {
  Command command;
  command.cmd = Cmd::Session;
  command.op = Op::QueryResult;
  auto& body = command.body.emplace<SessionCommand>();
  CHECK(encode(command) == R"({"cmd":"session","op":"query-result"})");
  body.online_session_peer_ids = emptyTexts();
  checkGolden(command, R"({"cmd":"session","op":"query-result","onlineSessionPeerIds":[]})");
  const Decoded decoded = decode(R"({"cmd":"session","onlineSessionPeerIds":[]})");
  REQUIRE(decoded.ok());
  CHECK(encode(*decoded) == R"({"cmd":"session","onlineSessionPeerIds":[]})");
}

TEST_CASE("json: every field of every message survives the way there and back") {
  CommandMaker maker(20261130);
  std::size_t commands = 0;
  eachBody([&]<typename B>() {
    for (const unsigned percent : {0u, 30u, 100u, 100u, 70u}) {
      const Command command = maker.make<B>(percent);
      const std::string text = encode(command);
      const Decoded decoded = decode(text);
      CAPTURE(text);
      REQUIRE(decoded.refusal().empty());
      CHECK(isSameCommand(*decoded, command));
      CHECK(encode(*decoded) == text);
      ++commands;
    }
  });
  CHECK(commands == 18 * 5);
}

TEST_CASE("json: members come in any order, blanks anywhere, unknown ones are skipped") {
  const Decoded decoded = decode(
      "\n { \"m\" : [ \"a\" ,\t\"b\" ] , \"attr\" :\t[ 1 , { \"x\" : null } ] , \"new\": {\"cmd\":"
      " [ \"direct\" ]}, \"op\":\"start\" , \"results\": 1.50 ,\"where\" : \"t\", \"cmd\"\r:"
      "\"conv\" } ");
  REQUIRE(decoded.ok());
  CHECK(decoded->cmd == Cmd::Conv);
  const auto* body = decoded->as<ConvCommand>();
  REQUIRE(body != nullptr);
  CHECK(body->members.size() == 2);
  CHECK(body->attr->text == R"([ 1 , { "x" : null } ])");
  CHECK(body->results->text == "1.50");
  CHECK(body->where->text == R"("t")");
}

TEST_CASE("json: each value in a list of JSON is taken as it is written") {
  const Decoded decoded =
      decode(R"({"cmd":"data","ids":["1"],"msg":[ {"a":[1 ,2]} , "x\"\\",-1.5e3, true,[ ] ]})");
  REQUIRE(decoded.ok());
  const auto* body = decoded->as<DataCommand>();
  REQUIRE(body != nullptr);
  REQUIRE(body->msg.size() == 5);
  CHECK(body->msg[0].text == R"({"a":[1 ,2]})");
  CHECK(body->msg[1].text == R"("x\"\\")");
  CHECK(body->msg[2].text == "-1.5e3");
  CHECK(body->msg[3].text == "true");
  CHECK(body->msg[4].text == "[ ]");
}

TEST_CASE("json: the command says which body the members are of") {
  const Decoded close = decode(R"({"cmd":"session","op":"close"})");
  REQUIRE(close.ok());
  CHECK(close->as<SessionCommand>() != nullptr);
  const Decoded echo = decode(R"({"cmd":"echo","i":1,"cid":"c"})");
  REQUIRE(echo.ok());
  CHECK(echo->cmd == Cmd::Echo);
  CHECK(std::holds_alternative<std::monostate>(echo->body));
  const Decoded ack = decode(R"({"cmd":"ack","t":5,"uid":"m"})");
  REQUIRE(ack.ok());
  CHECK(ack->as<AckCommand>()->time == 5);
}

TEST_CASE("json: words that are none are told, numbers of words are taken") {
  const Decoded unknown = decode(R"({"cmd":"dance","op":"tango","i":3})");
  REQUIRE(unknown.ok());
  CHECK(unknown->cmd == Cmd::Unknown);
  CHECK(unknown->op == Op::Unknown);
  CHECK(unknown->i == 3);
  const Decoded numbers = decode(R"({"cmd":1,"op":33})");
  REQUIRE(numbers.ok());
  CHECK(numbers->cmd == Cmd::Conv);
  CHECK(numbers->op == Op::MembersJoined);
  const Decoded stranger = decode(R"({"cmd":1,"op":999})");
  REQUIRE(stranger.ok());
  CHECK(encode(*stranger) == R"({"cmd":"conv","op":999})");
}

TEST_CASE("json: null is absent, digits in a text are a number, 1 and 0 are flags") {
  const Decoded decoded = decode(
      R"({"cmd":"direct","cid":null,"toPeerIds":["a",null,"b"],"i":"-12","timestamp":"1733000000000",)"
      R"("r":1,"transient":0,"will":true})");
  REQUIRE(decoded.ok());
  const auto* body = decoded->as<DirectCommand>();
  REQUIRE(body != nullptr);
  CHECK_FALSE(body->cid.has_value());
  CHECK(body->to_peer_ids.size() == 2);
  CHECK(decoded->i == -12);
  CHECK(body->timestamp == 1733000000000);
  CHECK(body->receipt_wanted == true);
  CHECK(body->transient == false);
  CHECK(body->will == true);
}

TEST_CASE("json: escapes are undone, also in names") {
  const Decoded decoded = decode(R"({"c\u006dd":"dire\u0063t","msg":"\ud83d\ude00\n\"\\\u0000"})");
  REQUIRE(decoded.ok());
  CHECK(decoded->as<DirectCommand>()->msg == std::string_view("\xf0\x9f\x98\x80\n\"\\\0", 8));
}

TEST_CASE("json: a known member of a wrong kind is refused by name") {
  CHECK(refusal(R"({"cmd":"ack","i":1.0})") ==
        "frame: Command.i is no whole number in 32 bits (byte 17)");
  CHECK(refusal(R"({"cmd":"ack","i":2147483648})") ==
        "frame: Command.i is no whole number in 32 bits (byte 17)");
  CHECK(refusal(R"({"cmd":"ack","t":9223372036854775808})") ==
        "frame: AckCommand.t is no whole number in 64 bits (byte 17)");
  CHECK(refusal(R"({"cmd":"direct","msg":7})") ==
        "frame: DirectCommand.msg is not a text (byte 22)");
  CHECK(refusal(R"({"cmd":"direct","r":"yes"})") ==
        "frame: DirectCommand.r is neither true nor false, 1 nor 0 (byte 20)");
  CHECK(refusal(R"({"cmd":"direct","toPeerIds":"a"})") ==
        "frame: DirectCommand.toPeerIds is not a list (byte 28)");
  CHECK(refusal(R"({"cmd":"direct","toPeerIds":["a",{}]})") ==
        "frame: DirectCommand.toPeerIds is not a text (byte 33)");
  CHECK(refusal(R"({"cmd":"direct","binaryMsg":"?"})") ==
        "frame: DirectCommand.binaryMsg is not base64 (byte 28)");
  CHECK(refusal(R"({"cmd":"direct","binaryMsg":[]})") ==
        "frame: DirectCommand.binaryMsg is not a text in base64 (byte 28)");
  CHECK(refusal(R"({"cmd":"read","convs":[{"cid":"c"},1]})") ==
        "frame: ReadCommand.convs is not an object (byte 35)");
  CHECK(refusal(R"({"cmd":true})") ==
        "frame: Command.cmd is neither a word nor the number of one (byte 7)");
  CHECK(refusal(R"({"cmd":1.5})") ==
        "frame: Command.cmd is neither a word nor the number of one (byte 7)");
  CHECK(refusal(R"({"cmd":-1})") == "frame: Command.cmd is no command (byte 0)");
}

TEST_CASE("json: what the schema requires is asked for by name") {
  CHECK(refusal(R"({"cmd":"error","code":1})") == "frame: ErrorCommand.reason is missing (byte 0)");
  CHECK(refusal(R"({"cmd":"read","convs":[{"mid":"m"}]})") ==
        "frame: ReadTuple.cid is missing (byte 23)");
}

TEST_CASE("json: a known member that comes twice is refused") {
  CHECK(refusal(R"({"cmd":"ack","i":1,"i":1})") == "frame: Command.i comes twice (byte 19)");
  CHECK(refusal(R"({"cmd":"ack","cmd":"ack"})") == "frame: Command.cmd comes twice (byte 13)");
  CHECK(refusal(R"({"cmd":"ack","mid":"a","x":1,"mid":"a"})") ==
        "frame: AckCommand.mid comes twice (byte 29)");
  CHECK(refusal(R"({"cmd":"ack","x":1,"x":2})").empty());
}

TEST_CASE("json: what is not one object in UTF-8 is refused") {
  CHECK(refusal("[]") == "frame is not a JSON object (byte 0)");
  CHECK(refusal(" 7") == "frame is not a JSON object (byte 1)");
  CHECK(refusal("null") == "frame is not a JSON object (byte 0)");
  CHECK(refusal("\"{}\"") == "frame is not a JSON object (byte 0)");
  CHECK(refusal("{\"a\":\"\xff\"}") == "frame is not UTF-8 (byte 6)");
  CHECK(refusal(std::string_view("{}\0", 3)) == "frame has a NUL byte (byte 2)");
  for (const std::string_view text :
       {"", "{", "{}x", "{}{}", R"({"cmd":})", R"({"cmd":"ack",})", R"({cmd:"ack"})", R"({"i":01})",
        R"({"i":+1})", R"({"x":"\q"})", "{\"x\":\"\n\"}", "{\"x\":\"a", R"({"x":tru})"}) {
    CAPTURE(text);
    CHECK(refusal(text).find("frame is not JSON (byte ") == 0);
  }
}

TEST_CASE("json: half of an emoji becomes U+FFFD where people read it") {
  const Decoded decoded = decode(
      R"({"cmd":"direct","msg":"a\ud83d","pushData":"\ude00\ud83d\ud83d\ude00\\ud83d","x":"\uD83D"})");
  REQUIRE(decoded.ok());
  const auto* body = decoded->as<DirectCommand>();
  CHECK(body->msg == "a\xef\xbf\xbd");
  CHECK(body->push_data == "\xef\xbf\xbd\xef\xbf\xbd\xf0\x9f\x98\x80\\ud83d");
  const Decoded patch = decode(R"({"cmd":"patch","patches":[{"data":"\udfff"}]})");
  REQUIRE(patch.ok());
  CHECK(patch->as<PatchCommand>()->patches[0].data == "\xef\xbf\xbd");
}

TEST_CASE("json: half of an emoji in an id is refused, a whole one is not") {
  for (const std::string_view half : {R"(\ud83d)", R"(\ude00)", R"(\ud83dx)", R"(\ude00\ud83d)"}) {
    const auto with = [&](std::string_view beginning, std::string_view end) {
      return refusal(std::string(beginning).append(half).append(end));
    };
    CHECK(with(R"({"cmd":"direct","cid":")", R"("})") ==
          "frame: DirectCommand.cid has half of a surrogate pair (byte 22)");
    CHECK(with(R"({"cmd":"direct","toPeerIds":["a",")", R"("]})") ==
          "frame: DirectCommand.toPeerIds has half of a surrogate pair (byte 33)");
    CHECK(with(R"({"cmd":"ack","peerId":")", R"("})") ==
          "frame: Command.peerId has half of a surrogate pair (byte 22)");
    // A name that Kith does not know.
    CHECK(with(R"({"cmd":"ack",")", R"(":1})").empty());
  }
  const Decoded whole = decode(R"({"cmd":"ack","x":"\ud83d","mid":"\ud83d\ude00"})");
  REQUIRE(whole.ok());
  CHECK(whole->as<AckCommand>()->mid == "\xf0\x9f\x98\x80");
}

TEST_CASE("json: half of an emoji in a value of JSON stays as it is written") {
  const Decoded decoded = decode(R"({"cmd":"conv","attr":{"name":"\ud83d"}})");
  REQUIRE(decoded.ok());
  CHECK(decoded->as<ConvCommand>()->attr->text == R"({"name":"\ud83d"})");
  CHECK(encode(*decoded) == R"({"cmd":"conv","attr":{"name":"\ud83d"}})");
}

TEST_CASE("json: nesting is allowed up to the limit and not one level more") {
  const auto frameOf = [](std::size_t levels) {
    return R"({"cmd":"echo","x":)" + std::string(levels - 1, '[') + std::string(levels - 1, ']') +
           "}";
  };
  CHECK(refusal(frameOf(limits::kJsonDepth)).empty());
  CHECK(refusal(frameOf(limits::kJsonDepth + 1)).find("frame is nested deeper than 32 levels") ==
        0);
}

TEST_CASE("json: the lists of a frame have so many elements together and no more") {
  const auto frameOf = [](std::size_t elements) {
    std::string text = R"({"cmd":"conv","cids":["c")";
    for (std::size_t left = elements - 3; left > 0; --left) text += R"(,"c")";
    return text + R"(],"m":["a","b"]})";
  };
  CHECK(refusal(frameOf(kListElements)).empty());
  CHECK(refusal(frameOf(kListElements + 1))
            .find("ConvCommand.m has, with the other lists, more than 16384 elements") !=
        std::string::npos);
}

TEST_CASE("json: a frame that is cut is refused") {
  CommandMaker maker(7);
  const std::string text = encode(maker.make<ConvCommand>(100));
  for (std::size_t size = 0; size < text.size(); ++size) {
    REQUIRE_FALSE(refusal(std::string_view(text).substr(0, size)).empty());
  }
}

TEST_CASE("json: a text that is no JSON cannot break out of its place") {
  Command command;
  command.cmd = Cmd::Conv;
  auto& body = command.body.emplace<ConvCommand>();
  // As Java 6.0.5 sends it (§12), and what would add a member.
  for (const std::string_view text :
       {"{conversation.attributes={name=after, level=5}}", R"({},"cid":"other")", "", "{} {}"}) {
    body.attr = Json{text};
    const std::string frame = encode(command);
    const Decoded decoded = decode(frame);
    CAPTURE(frame);
    REQUIRE(decoded.ok());
    CHECK_FALSE(decoded->as<ConvCommand>()->cid.has_value());
    std::string quoted = R"({"cmd":"conv","attr":")";
    for (const char c : text) quoted.append(c == '"' ? "\\" : "") += c;
    CHECK(frame == quoted + "\"}");
  }
}

TEST_CASE("json: blanks around a value are left out, those inside are not") {
  Command command;
  command.cmd = Cmd::Conv;
  command.body.emplace<ConvCommand>().attr = Json{"\n { \"a\": 1 } \r"};
  CHECK(encode(command) == R"({"cmd":"conv","attr":{ "a": 1 }})");
}

TEST_CASE("json: a value nested deeper than a frame may be is written as a text") {
  Command command;
  command.cmd = Cmd::Data;
  const auto valueOf = [](std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };
  const std::string deepest = valueOf(limits::kJsonDepth - 2);
  const std::string deeper = valueOf(limits::kJsonDepth - 1);
  const std::array<Json, 2> values{Json{deepest}, Json{deeper}};
  command.body.emplace<DataCommand>().msg = values;
  const Decoded decoded = decode(encode(command));
  REQUIRE(decoded.ok());
  CHECK(decoded->as<DataCommand>()->msg[0].text == deepest);
  CHECK(decoded->as<DataCommand>()->msg[1].text == '"' + deeper + '"');
}

TEST_CASE("json: no body has a member with the name of one of the command") {
  // Compared outside of the templates: an assertion in them would be compiled once a pair of names.
  std::set<std::string_view> of_command;
  eachField<Command>([&]<std::size_t K>() { of_command.insert(kFieldOf<Command, K>.name); });
  std::vector<std::string_view> of_bodies;
  eachBody([&]<typename B>() {
    eachField<B>([&]<std::size_t I>() { of_bodies.push_back(kFieldOf<B, I>.name); });
  });
  CHECK(of_bodies.size() > of_command.size());
  for (const std::string_view name : of_bodies) {
    CAPTURE(name);
    CHECK_FALSE(of_command.contains(name));
  }
}

TEST_CASE("json: any change of a byte gives a command or a sentence") {
  CommandMaker maker(11);
  std::mt19937_64 random(12);
  constexpr std::string_view kBytes = "{}[]\",:\\u0n -1.e9tfa\xc3\x28";
  eachBody([&]<typename B>() {
    const std::string text = encode(maker.make<B>(100));
    for (int round = 0; round < 100; ++round) {
      std::string damaged = text;
      for (std::size_t changes = 1 + random() % 3; changes > 0; --changes) {
        damaged[random() % damaged.size()] = kBytes[random() % kBytes.size()];
      }
      const Decoded command = decode(damaged);
      if (!command.ok()) continue;
      const std::string again = encode(*command);
      const Decoded decoded = decode(again);
      CAPTURE(again);
      REQUIRE(decoded.refusal().empty());
      REQUIRE(isSameCommand(*decoded, *command));
    }
  });
}

}  // namespace
}  // namespace kith::leancloud
