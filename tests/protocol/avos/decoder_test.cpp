// SPDX-License-Identifier: Apache-2.0
#include <kith/limits.hpp>

#include <string>
#include <vector>

#include "protocol/avos/codec.hpp"
#include "protocol/avos/frames.hpp"
#include "support/catch.hpp"

namespace kith::avos {
namespace {

using Strings = std::vector<std::string>;

TEST_CASE("decoder: every optional field arrives in its place with its bit") {
  const DecodedFrame frame(
      R"({"cmd":"direct","op":"open","i":7,"appId":"a","peerId":"p","fromPeerId":"f",)"
      R"("sessionPeerIds":["s1","s2"],"roomPeerIds":["r1"],"toPeerIds":["t1","t2","t3"],)"
      R"("ids":["i1"],"roomId":"g","msg":"m","id":"x","uid":"u","byPeerId":"b","status":"on",)"
      R"("timestamp":1412000001234,"t":1412000000,"s":"sig","n":"non","sp":true,"transient":true,)"
      R"("r":true,"offline":true,"code":4102,"reason":"why","dt":"d","c":20,"installationId":"z"})");
  REQUIRE(frame.result);
  const Command& c = *frame.result;
  CHECK(c.cmd == Cmd::Direct);
  CHECK(c.op == Op::Open);
  CHECK(c.i == Serial{Serial::Kind::Integer, 7, {}});
  CHECK(c.fields == (1u << 26) - 1);
  CHECK(c.app_id == "a");
  CHECK(c.peer_id == "p");
  CHECK(c.from_peer_id == "f");
  CHECK(texts(c.session_peer_ids) == Strings{"s1", "s2"});
  CHECK(texts(c.room_peer_ids) == Strings{"r1"});
  CHECK(texts(c.to_peer_ids) == Strings{"t1", "t2", "t3"});
  CHECK(texts(c.ids) == Strings{"i1"});
  CHECK(c.room_id == "g");
  CHECK(c.msg == "m");
  CHECK(c.id == "x");
  CHECK(c.uid == "u");
  CHECK(c.by_peer_id == "b");
  CHECK(c.online);
  CHECK(c.timestamp == 1412000001234);
  CHECK(c.time == 1412000000);
  CHECK(c.time_text == "1412000000");
  CHECK(c.signature == "sig");
  CHECK(c.nonce == "non");
  CHECK(c.is_super);
  CHECK(c.transient);
  CHECK(c.receipt_wanted);
  CHECK(c.offline);
  CHECK(c.code == 4102);
  CHECK(c.reason == "why");
  CHECK(c.dedupe == "d");
  CHECK(c.count == 20);
  CHECK(c.installation_id == "z");
}

TEST_CASE("decoder: an object without cmd is a heartbeat, white space around it or not") {
  for (const char* text : {"{}", " {} ", "\r\n\t{ }\n", R"({"cmd":null})", R"({"x":1})"}) {
    CAPTURE(text);
    const DecodedFrame frame(text);
    REQUIRE(frame.result);
    CHECK(frame.result->cmd == Cmd::Heartbeat);
    CHECK(frame.result->fields == 0);
  }
}

TEST_CASE("decoder: strange commands and ops are unknown, not wrong") {
  const DecodedFrame frame(R"({"cmd":"conv","op":"start","peerId":"p"})");
  REQUIRE(frame.result);
  CHECK(frame.result->cmd == Cmd::Unknown);
  CHECK(frame.result->op == Op::Unknown);
  CHECK(frame.result->peer_id == "p");
  CHECK(DecodedFrame(R"({"cmd":""})").result->cmd == Cmd::Unknown);
  CHECK(DecodedFrame(R"({"cmd":"unknown"})").result->cmd == Cmd::Unknown);
}

TEST_CASE("decoder: null is absent, also inside of lists of ids (avos-v1 §3.1, §4.3)") {
  const DecodedFrame frame(
      R"({"cmd":"ack","i":null,"peerId":null,"ids":[null,"a",null],"roomId":null,"t":null,)"
      R"("sp":null,"r":null,"msg":null,"toPeerIds":null,"status":null})");
  REQUIRE(frame.result);
  CHECK(frame.result->fields == static_cast<std::uint32_t>(Field::Ids));
  CHECK(texts(frame.result->ids) == Strings{"a"});
  CHECK(frame.result->i.kind == Serial::Kind::None);
}

TEST_CASE("decoder: an empty list and an absent one are different (avos-v1 §16.1)") {
  const DecodedFrame empty(R"({"cmd":"ack","ids":[]})");
  CHECK(empty.result->has(Field::Ids));
  CHECK(empty.result->ids.empty());
  CHECK_FALSE(DecodedFrame(R"({"cmd":"ack"})").result->has(Field::Ids));
  // JS answers a frame without an id so (§4.3).
  CHECK(DecodedFrame(R"({"cmd":"ack","ids":[null]})").result->has(Field::Ids));
}

TEST_CASE("decoder: unknown fields of any shape are skipped") {
  const DecodedFrame frame(
      R"({"ua":"x","tag":{"cmd":"room","peerId":["q"],"a":{"b":[1,2,{"c":null}]}},"st":[[],[[]]],)"
      R"("n1":-1.5e-9,"n2":123456789012345678901234567890,"":0,"f":false,"cmd":"rcp","peerId":"p",)"
      R"("Cmd":1,"peerid":2,"cmd\u0000":3})");
  REQUIRE(frame.result);
  CHECK(frame.result->cmd == Cmd::Rcp);
  CHECK(frame.result->peer_id == "p");
  CHECK(frame.result->fields == static_cast<std::uint32_t>(Field::PeerId));
}

TEST_CASE("decoder: i keeps its JSON type (avos-v1 §3.2 R1)") {
  CHECK(DecodedFrame(R"({"cmd":"ack","i":-65535})").result->i ==
        Serial{Serial::Kind::Integer, -65535, {}});
  CHECK(DecodedFrame(R"({"cmd":"ack","i":0})").result->i == Serial{Serial::Kind::Integer, 0, {}});
  CHECK(DecodedFrame(R"({"cmd":"ack","i":"1"})").result->i == Serial{Serial::Kind::Text, 0, "1"});
  CHECK(DecodedFrame(R"({"cmd":"ack","i":""})").result->i == Serial{Serial::Kind::Text, 0, ""});
  CHECK(DecodedFrame(R"({"cmd":"ack","i":9223372036854775807})").result->i.number == INT64_MAX);
  CHECK(DecodedFrame(R"({"cmd":"ack","i":-9223372036854775808})").result->i.number == INT64_MIN);
}

TEST_CASE("decoder: t keeps its digits as they came (avos-v1 §10)") {
  const struct {
    const char* json;
    const char* digits;
    std::int64_t value;
  } rows[] = {{"1412000000", "1412000000", 1412000000},
              {"\"1412000000\"", "1412000000", 1412000000},
              {"\"0001412000000\"", "0001412000000", 1412000000},
              {"1412000000123", "1412000000123", 1412000000123},
              {"0", "0", 0},
              {"-5", "-5", -5},
              {"9223372036854775807", "9223372036854775807", INT64_MAX}};
  for (const auto& row : rows) {
    CAPTURE(row.json);
    const DecodedFrame frame(std::string(R"({"cmd":"session","t":)") + row.json + "}");
    REQUIRE(frame.result);
    CHECK(frame.result->time_text == row.digits);
    CHECK(frame.result->time == row.value);
    CHECK(frame.result->has(Field::Time));
  }
}

TEST_CASE("decoder: sp is true for whatever JavaScript takes for true (avos-v1 §4.1)") {
  for (const char* json :
       {"true", "1", "-1", "0.5", "1e-300", "\"sp\"", "\"0\"", "[]", "{}", "{\"a\":[1]}"}) {
    CAPTURE(json);
    const DecodedFrame frame(std::string(R"({"cmd":"session","sp":)") + json + ",\"op\":\"open\"}");
    REQUIRE(frame.result);
    CHECK(frame.result->is_super);
    CHECK(frame.result->op == Op::Open);
  }
  for (const char* json : {"false", "0", "-0", "0.0", "0e5", "\"\"", "null"}) {
    CAPTURE(json);
    const DecodedFrame frame(std::string(R"({"cmd":"session","sp":)") + json + "}");
    REQUIRE(frame.result);
    CHECK_FALSE(frame.result->is_super);
  }
}

TEST_CASE("decoder: r is true or 1; transient may be an explicit false (avos-v1 §4.2)") {
  CHECK(DecodedFrame(R"({"cmd":"direct","r":1})").result->receipt_wanted);
  CHECK(DecodedFrame(R"({"cmd":"direct","r":true})").result->receipt_wanted);
  CHECK_FALSE(DecodedFrame(R"({"cmd":"direct","r":0})").result->receipt_wanted);
  CHECK_FALSE(DecodedFrame(R"({"cmd":"direct","r":false})").result->receipt_wanted);
  const DecodedFrame frame(R"({"cmd":"direct","transient":false})");
  CHECK(frame.result->has(Field::Transient));
  CHECK_FALSE(frame.result->transient);
}

TEST_CASE("decoder: the list of an op is the one with the op's spelling (avos-v1 §5.1)") {
  for (const char* op : {"opened", "added", "query-result"}) {
    CAPTURE(op);
    const DecodedFrame frame(R"({"sessionPeerIds":["x"],"onlineSessionPeerIds":["a","b"],)"
                             R"("cmd":"session","op":")" +
                             std::string(op) + "\"}");
    REQUIRE(frame.result);
    CHECK(texts(frame.result->session_peer_ids) == Strings{"a", "b"});
  }
  const DecodedFrame removed(
      R"({"cmd":"session","op":"removed","onlineSessionPeerIds":["a"],"sessionPeerIds":["x"]})");
  CHECK(texts(removed.result->session_peer_ids) == Strings{"x"});
  // Of the wrong spelling only: as if it were not there.
  CHECK_FALSE(DecodedFrame(R"({"cmd":"session","op":"open","onlineSessionPeerIds":["a"]})")
                  .result->has(Field::SessionPeerIds));
  CHECK_FALSE(DecodedFrame(R"({"cmd":"session","op":"opened","sessionPeerIds":["a"]})")
                  .result->has(Field::SessionPeerIds));
}

TEST_CASE("decoder: a push payload may be a list; a message may not (avos-v1 §5.8)") {
  const DecodedFrame push(R"({"msg":[{"alert":"x","r":"y"}],"cmd":"data","ids":["1"]})");
  REQUIRE(push.result);
  CHECK(push.result->cmd == Cmd::Data);
  CHECK_FALSE(push.result->has(Field::Msg));
  const DecodedFrame direct(R"({"msg":[{}],"cmd":"direct"})");
  REQUIRE_FALSE(direct.result);
  CHECK(direct.result.error().detail.find("msg is not a text") != std::string::npos);
}

TEST_CASE("decoder: escapes and scripts arrive as UTF-8") {
  const DecodedFrame frame(
      R"({"cmd":"direct","msg":"\"\\\/\b\f\n\r\t\u0000\u00e9\u5c0f\ud83d\ude00小\u007f","\u0070eerId":"p"})");
  REQUIRE(frame.result);
  using namespace std::string_view_literals;
  constexpr std::string_view expected = "\"\\/\b\f\n\r\t\0\xC3\xA9小😀小\x7F"sv;
  CHECK(frame.result->msg == expected);
  CHECK(frame.result->peer_id == "p");
}

struct Bad {
  std::string frame;
  std::string why;
};

void checkRefused(const Bad& bad) {
  CAPTURE(bad.frame);
  const DecodedFrame frame(bad.frame);
  REQUIRE_FALSE(frame.result);
  const Error& error = frame.result.error();
  CHECK(error.code == Errc::ProtocolError);
  CAPTURE(error.detail);
  CHECK(error.detail.find("frame") == 0);
  CHECK(error.detail.find(bad.why) != std::string::npos);
  CHECK(error.detail.find("(byte ") != std::string::npos);
}

TEST_CASE("decoder: what is not one JSON object is refused") {
  const Bad rows[] = {
      {"", "is not JSON"},
      {" ", "is not JSON"},
      {"null", "is not a JSON object"},
      {"true", "is not a JSON object"},
      {"5", "is not a JSON object"},
      {"\"cmd\"", "is not a JSON object"},
      {"[]", "is not a JSON object"},
      {"[{}]", "is not a JSON object"},
      {"{}{}", "is not JSON"},
      {"{} x", "is not JSON"},
      {"{", "is not JSON"},
      {"{\"cmd\"", "is not JSON"},
      {"{\"cmd\":", "is not JSON"},
      {"{\"cmd\":\"ack\"", "is not JSON"},
      {"{\"cmd\":\"ack\",}", "is not JSON"},
      {"{\"cmd\":\"ack\" \"i\":1}", "is not JSON"},
      {"{'cmd':1}", "is not JSON"},
      {"{cmd:1}", "is not JSON"},
      {"{\"cmd\":\"ack}", "is not JSON"},
      {"{\"cmd\":\"a\nb\"}", "is not JSON"},
      {"{\"x\":nul}", "is not JSON"},
      {"{\"x\":01}", "is not JSON"},
      {"{\"x\":1.}", "is not JSON"},
      {"{\"x\":+1}", "is not JSON"},
      {"{\"x\":NaN}", "is not JSON"},
      {"{\"x\":1e999}", "is not JSON"},
      {"{\"x\":\"\\x41\"}", "is not JSON"},
      {"{\"x\":\"\\u12G4\"}", "is not JSON"},
      {"{/**/}", "is not JSON"},
      {"{\"x\":[1,]}", "is not JSON"},
      {"{\"x\":[}", "is not JSON"},
      {"\xEF\xBB\xBF{}", "is not JSON"},
  };
  for (const Bad& bad : rows) checkRefused(bad);
}

TEST_CASE("decoder: text that is no UTF-8 is refused, also in fields that are skipped") {
  const std::string invalid[] = {"\x80",
                                 "\xC3",
                                 "\xC0\xAF",
                                 "\xE0\x80\xAF",
                                 "\xED\xA0\x80",
                                 "\xF8\x88\x80\x80\x80",
                                 "\xF4\x90\x80\x80",
                                 "\xFF",
                                 "\xE5\xB0"};
  for (const std::string& text : invalid) {
    checkRefused({R"({"cmd":"direct","msg":")" + text + "\"}", "is not UTF-8"});
    checkRefused({R"({"zzz":")" + text + "\"}", "is not UTF-8"});
    checkRefused({"{\"" + text + "\":1}", "is not UTF-8"});
  }
  checkRefused({"{}\xFF", "is not UTF-8 (byte 2)"});
  // Found by fuzzing: RapidJSON's own check runs on beyond the end of these.
  checkRefused({"{\"msg\":\"\xE5", "is not UTF-8 (byte 8)"});
  checkRefused({"{\"\xF0\x9F\x98", "is not UTF-8 (byte 2)"});
}

TEST_CASE(
    "decoder: half of an emoji in a text becomes U+FFFD, the rest of the frame is as it was") {
  struct Text {
    std::string json, text;
  };
  const std::string half = "\xEF\xBF\xBD";
  const Text rows[] = {
      {R"(nice \ud83d)", "nice " + half},
      {R"(\ud83dx)", half + "x"},
      {R"(\udf38 x)", half + " x"},
      {R"(\ud83d\ud83d\ude00)", half + "😀"},
      {R"(\ud83d\ude00\ude00)", "😀" + half},
      {R"(\uD83D\uDE00)", "😀"},
      {R"(\uDE00\uD83D)", half + half},
      {R"(\ud83d\n)", half + "\n"},
      {R"(\\ud83d)", R"(\ud83d)"},
      {R"(\\\ud83d)", "\\" + half},
      {R"(\"\ud83d\")", "\"" + half + "\""},
      {R"(\ud7ff\ue000)", "\xED\x9F\xBF\xEE\x80\x80"},
      {R"(\ud83d\ud83dude00)", half + half + "ude00"},
  };
  for (const Text& row : rows) {
    CAPTURE(row.json);
    const DecodedFrame frame(R"({"cmd":"direct","peerId":"p","toPeerIds":["q"],"msg":")" +
                             row.json + R"(","i":1,"z":{"peerId":["\udc00"]}})");
    REQUIRE(frame.result);
    CHECK(frame.result->msg == row.text);
    CHECK(frame.result->peer_id == "p");
    CHECK(frame.result->i.number == 1);
    REQUIRE(frame.result->to_peer_ids.size() == 1);
    CHECK(frame.result->to_peer_ids[0] == "q");
    const DecodedFrame reason(R"({ "reason" : ")" + row.json + R"(", "cmd" : "error" })");
    REQUIRE(reason.result);
    CHECK(reason.result->reason == row.text);
  }
  CHECK(DecodedFrame(R"({"cmd":"data","msg":[{"peerId":"\ud83d","msg":"\udc00"}]})").result);
}

TEST_CASE("decoder: half of an emoji in an id, a key or another word is refused") {
  for (const char* key : {"cmd", "op", "i", "appId", "peerId", "fromPeerId", "roomId", "id", "uid",
                          "byPeerId", "status", "t", "s", "n", "dt", "installationId"}) {
    for (const char* half : {R"(\ud83d)", R"(\ude00)", R"(x\ud83d\ud83d)"}) {
      const std::string bad = "\"" + std::string(key) + "\":\"" + half + "\"";
      checkRefused({"{\"msg\":\"x\"," + bad + "}", ""});
      checkRefused({"{" + bad + ",\"msg\":\"\\ud83d\"}", ""});
    }
  }
  for (const char* key :
       {"sessionPeerIds", "onlineSessionPeerIds", "roomPeerIds", "toPeerIds", "ids"}) {
    checkRefused({R"({"msg":"x",")" + std::string(key) + R"(":["a","\ude00"]})",
                  std::string(key) + " has half of a surrogate pair"});
    checkRefused({R"({")" + std::string(key) + R"(":["\ud83d"]})", "is not JSON"});
  }
  // A name that is spelled with escapes is the same name.
  checkRefused({R"({"\u0070eerId":"\ude00"})", "peerId has half of a surrogate pair"});
  checkRefused({R"({"msg":{"a":1},"\u0069ds":["\ude00"]})", "ids has half of a surrogate pair"});
  checkRefused({R"({"\ud83d":1})", "is not JSON"});
}

TEST_CASE("decoder: frames that break off near an escape are refused, wherever they do") {
  const std::string whole = R"({"cmd":"direct","msg":"\ud83d\ude00 \ud83d","zzz":["\udc00"]})";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    checkRefused({whole.substr(0, size), "is not JSON"});
  }
  CHECK(DecodedFrame(whole).result);
}

TEST_CASE("decoder: a NUL byte anywhere is refused and names its place") {
  checkRefused({std::string("{}\0", 3), "has a NUL byte (byte 2)"});
  checkRefused({std::string("\0{}", 3), "has a NUL byte (byte 0)"});
  checkRefused({std::string("{\"cmd\":\"a\0b\"}", 13), "has a NUL byte (byte 9)"});
  checkRefused({std::string("{}\0garbage", 10), "has a NUL byte (byte 2)"});
}

TEST_CASE("decoder: a known field that comes twice is refused, also when one is null") {
  for (const char* key : {"cmd",
                          "op",
                          "i",
                          "appId",
                          "peerId",
                          "fromPeerId",
                          "sessionPeerIds",
                          "roomPeerIds",
                          "toPeerIds",
                          "ids",
                          "roomId",
                          "msg",
                          "id",
                          "uid",
                          "byPeerId",
                          "status",
                          "timestamp",
                          "t",
                          "s",
                          "n",
                          "sp",
                          "transient",
                          "r",
                          "offline",
                          "code",
                          "reason",
                          "dt",
                          "c",
                          "installationId",
                          "onlineSessionPeerIds"}) {
    const std::string name = "\"" + std::string(key) + "\"";
    checkRefused({"{" + name + ":null," + name + ":null}", std::string(key) + " comes twice"});
  }
  checkRefused({R"({"peerId":"a","\u0070eerId":"b"})", "peerId comes twice"});
  // Unknown ones may, and inside of what is skipped nothing counts.
  CHECK(DecodedFrame(R"({"x":1,"x":2,"y":{"cmd":1,"cmd":2}})").result);
}

TEST_CASE("decoder: a known field of a wrong type is refused by name") {
  const struct {
    const char* key;
    const char* why;
    std::vector<const char*> values;
  } rows[] = {
      {"cmd", "cmd is not a text", {"1", "true", "[]", "{}"}},
      {"op", "op is not a text", {"1", "false", "[\"open\"]"}},
      {"appId", "appId is not a text", {"1", "true", "[]", "{}"}},
      {"peerId", "peerId is not a text", {"1", "1.5", "true", "[\"a\"]", "{}"}},
      {"fromPeerId", "fromPeerId is not a text", {"1"}},
      {"byPeerId", "byPeerId is not a text", {"1"}},
      {"roomId", "roomId is not a text", {"1", "false"}},
      {"msg", "msg is not a text", {"1", "true", "{}", "[]"}},
      {"id", "id is not a text", {"1", "[\"a\"]"}},
      {"uid", "uid is not a text", {"1"}},
      {"s", "s is not a text", {"1"}},
      {"n", "n is not a text", {"12345"}},
      {"reason", "reason is not a text", {"1"}},
      {"dt", "dt is not a text", {"1"}},
      {"installationId", "installationId is not a text", {"1"}},
      {"status", "status is neither", {"1", "true", "\"away\"", "\"\"", "\"ON\""}},
      {"sessionPeerIds",
       "sessionPeerIds is not a list of texts",
       {"\"a\"", "1", "true", "{}", "[1]", "[\"a\",true]", "[[\"a\"]]", "[{}]", "[\"a\",[]]"}},
      {"onlineSessionPeerIds", "onlineSessionPeerIds is not a list", {"\"a\"", "[1]"}},
      {"roomPeerIds", "roomPeerIds is not a list of texts", {"\"a\"", "[1]"}},
      {"toPeerIds", "toPeerIds is not a list of texts", {"\"a\"", "[1]", "[{}]"}},
      {"ids", "ids is not a list of texts", {"\"a\"", "[1]"}},
      {"i", "i is neither a whole number", {"true", "1.5", "1e3", "[]", "{}"}},
      {"i", "i is neither a whole number", {"9223372036854775808", "-9223372036854775809"}},
      {"t", "t is not a whole number", {"true", "1412000000.0", "1e9", "[]", "{}"}},
      {"t", "t is not a whole number", {"\"\"", "\"-1\"", "\"1x\"", "\" 1\"", "\"1.0\""}},
      {"t", "t is not a whole number", {"9223372036854775808", "\"9223372036854775808\""}},
      {"timestamp", "timestamp is not a whole number", {"\"1\"", "1.0", "true", "1e12"}},
      {"timestamp", "timestamp is not a whole number", {"18446744073709551616"}},
      {"code", "code is not a whole number", {"\"4102\"", "1.5", "[]"}},
      {"c", "c is not a whole number", {"\"1\"", "true"}},
      {"r", "r is neither", {"2", "1.0", "\"1\"", "[]", "{}"}},
      {"transient", "transient is neither true nor false", {"1", "0", "\"true\"", "[]"}},
      {"offline", "offline is neither true nor false", {"1", "\"\"", "{}"}},
  };
  for (const auto& row : rows) {
    for (const char* value : row.values) {
      checkRefused({"{\"" + std::string(row.key) + "\":" + value + "}", row.why});
    }
  }
}

TEST_CASE("decoder: nesting is allowed up to the limit and not one level more") {
  const auto nested = [](std::size_t levels) {
    const std::size_t inside = levels - 1;  // the frame itself is the first level
    return "{\"x\":" + std::string(inside, '[') + std::string(inside, ']') + "}";
  };
  CHECK(DecodedFrame(nested(limits::kJsonDepth)).result);
  checkRefused({nested(limits::kJsonDepth + 1), "nested deeper than 32 levels"});
  checkRefused({nested(200000), "nested deeper than 32 levels"});
  std::string objects;
  for (int i = 0; i < 100000; ++i) objects += "{\"a\":";
  checkRefused({objects, "nested deeper than 32 levels"});
}

TEST_CASE("decoder: one that refused a frame decodes the next as if nothing had been") {
  Decoder decoder;
  const auto decode = [&](std::string text) {
    const std::size_t size = text.size();
    text += '!';
    return decoder.decode(text.data(), size).ok();
  };
  CHECK_FALSE(decode(R"({"cmd":"ack","ids":["a",)"));
  CHECK(decode(R"({"cmd":"ack","ids":["b"]})"));
  CHECK_FALSE(decode("{\"x\":" + std::string(100, '[')));
  CHECK(decode("{}"));
  CHECK_FALSE(decode(R"({"peerId":"a","peerId":"a"})"));
  CHECK(decode(R"({"peerId":"a"})"));
}

TEST_CASE("decoder: a moved one goes on") {
  Decoder first;
  Decoder second(std::move(first));
  std::string text = R"({"cmd":"ack"}!)";
  CHECK(second.decode(text.data(), text.size() - 1).ok());
}

}  // namespace
}  // namespace kith::avos
