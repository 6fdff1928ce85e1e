// SPDX-License-Identifier: Apache-2.0
#include <kith/limits.hpp>

#include <set>
#include <string>
#include <variant>
#include <vector>

#include "protocol/avos/codec.hpp"
#include "protocol/avos/frames.hpp"
#include "support/catch.hpp"

namespace kith::avos {
namespace {

using Strings = std::vector<std::string>;

// In the order in which the encoder writes, so that each comes back as it is.
const Strings kFrames{
    R"({"cmd":"session","op":"open","peerId":"p","appId":"a","i":1,"sessionPeerIds":["x","y"],)"
    R"("s":"sig","t":1412000000,"n":"non","sp":true})",
    R"({"cmd":"session","op":"add","peerId":"p","i":"k1","sessionPeerIds":["x"],"s":"s","t":1,"n":"n"})",
    R"({"cmd":"session","op":"remove","peerId":"p","i":-3,"sessionPeerIds":[]})",
    R"({"cmd":"session","op":"query","peerId":"p","i":4,"sessionPeerIds":["x"]})",
    R"({"cmd":"session","op":"close","peerId":"p","appId":"a"})",
    R"({"cmd":"session","op":"opened","peerId":"p","appId":"a","i":1,"onlineSessionPeerIds":["x"]})",
    R"({"cmd":"session","op":"added","peerId":"p","onlineSessionPeerIds":[]})",
    R"({"cmd":"session","op":"removed","peerId":"p","sessionPeerIds":["x"]})",
    R"({"cmd":"session","op":"query-result","peerId":"p","onlineSessionPeerIds":["x"]})",
    R"({"cmd":"session","op":"closed","peerId":"p"})",
    R"({"cmd":"session","op":"closed","peerId":"p","code":4111,"reason":"why"})",
    R"({"cmd":"session","op":"error","peerId":"p","code":4103,"reason":"why"})",
    R"({"cmd":"direct","peerId":"p","i":7,"roomId":"g","msg":"m","transient":true})",
    R"({"cmd":"direct","peerId":"p","msg":"m","toPeerIds":["t1","t2"],"r":true,"dt":"d"})",
    R"({"cmd":"direct","peerId":"p","fromPeerId":"f","msg":"m","id":"x","timestamp":5,)"
    R"("toPeerIds":["t"],"offline":true})",
    R"({"cmd":"ack","peerId":"p","id":"x"})", R"({"cmd":"ack","peerId":"p","ids":["x","y"]})",
    R"({"cmd":"ack","peerId":"p","i":2,"uid":"u","t":1412000001234,"code":4401,"reason":"why"})",
    R"({"cmd":"ackreq","peerId":"p","c":20})", R"({"cmd":"rcp","peerId":"p","id":"x","t":6})",
    R"({"cmd":"presence","peerId":"p","status":"on","sessionPeerIds":["x"]})",
    R"({"cmd":"presence","peerId":"p","status":"off","sessionPeerIds":["x"]})",
    R"({"cmd":"room","op":"join","peerId":"p","roomId":"g","s":"s","t":1,"n":"n"})",
    R"({"cmd":"room","op":"join","peerId":"p","transient":true})",
    R"({"cmd":"room","op":"leave","peerId":"p","roomId":"g"})",
    R"({"cmd":"room","op":"invite","peerId":"p","roomId":"g","roomPeerIds":["x"]})",
    R"({"cmd":"room","op":"kick","peerId":"p","roomId":"g","roomPeerIds":["x"]})",
    R"({"cmd":"room","op":"joined","peerId":"p","roomId":"g","byPeerId":"b"})",
    R"({"cmd":"room","op":"left","peerId":"p","roomId":"g","byPeerId":"b"})",
    R"({"cmd":"room","op":"invited","peerId":"p","roomId":"g","roomPeerIds":["x"],"byPeerId":"b"})",
    R"({"cmd":"room","op":"kicked","peerId":"p","roomId":"g","roomPeerIds":["x"],"byPeerId":"b"})",
    R"({"cmd":"room","op":"members-joined","peerId":"p","roomId":"g","roomPeerIds":["x"],)"
    R"("byPeerId":"b"})",
    R"({"cmd":"room","op":"members-left","peerId":"p","roomId":"g","roomPeerIds":["x"],)"
    R"("byPeerId":"b"})",
    R"({"cmd":"room","op":"reject","peerId":"p","roomId":"","roomPeerIds":[],"code":4303,)"
    R"("reason":"why"})",
    // Of Kith's own subprotocol (decision 038).
    R"({"cmd":"session","op":"opened","peerId":"p","onlineSessionPeerIds":[],"t":5})",
    R"({"cmd":"direct","peerId":"p","roomId":"g","binaryMsg":"aGk=","dt":"d","mentionPids":["x","y"],)"
    R"("mentionAll":true})",
    R"({"cmd":"direct","peerId":"p","roomId":"g","msg":"m","will":true})",
    R"({"cmd":"room","op":"members-joined","peerId":"p","roomId":"g","roomPeerIds":["x"],)"
    R"("byPeerId":"b","t":5})",
    R"({"cmd":"room","op":"joined","peerId":"p","roomId":"g","byPeerId":"b","t":5})",
    R"({"cmd":"error","peerId":"p","i":1,"code":1,"reason":"why"})",
    R"({"cmd":"data","peerId":"p"})", R"({"cmd":"login","installationId":"z"})",
    R"({"cmd":"unknown","peerId":"p"})", "{}"};

TEST_CASE("decoder: every kind of frame is read and written back as it came") {
  std::set<std::size_t> kinds;
  for (const std::string& text : kFrames) {
    CAPTURE(text);
    const DecodedFrame frame(text);
    REQUIRE(frame.result);
    CHECK(encoded(*frame.result) == text);
    kinds.insert(frame.result->body.index());
  }
  CHECK(kinds.size() == std::variant_size_v<Body>);
}

TEST_CASE("decoder: a frame keeps only what its command has a place for") {
  const DecodedFrame frame(
      R"({"cmd":"ackreq","op":"open","i":7,"appId":"a","peerId":"p","fromPeerId":"f",)"
      R"("sessionPeerIds":["s1","s2"],"roomPeerIds":["r1"],"toPeerIds":["t1","t2","t3"],)"
      R"("ids":["i1"],"roomId":"g","msg":"m","id":"x","uid":"u","byPeerId":"b","status":"on",)"
      R"("timestamp":1412000001234,"t":1412000000,"s":"sig","n":"non","sp":true,"transient":true,)"
      R"("r":true,"offline":true,"code":4102,"reason":"why","dt":"d","c":20,"installationId":"z"})");
  REQUIRE(frame.result);
  CHECK(encoded(*frame.result) == R"({"cmd":"ackreq","peerId":"p","appId":"a","i":7,"c":20})");
}

TEST_CASE("decoder: a signature is one with all of its three fields (avos-v1 §10)") {
  const auto signature = [](const std::string& fields) {
    const DecodedFrame frame(R"({"cmd":"session","op":"open")" + fields + "}");
    REQUIRE(frame.result);
    return frame.body<SessionOpen>().signature.has_value();
  };
  CHECK(signature(R"(,"s":"a","t":1,"n":"b")"));
  CHECK(signature(R"(,"s":"","t":0,"n":"")"));
  CHECK_FALSE(signature(R"(,"t":1,"n":"b")"));
  CHECK_FALSE(signature(R"(,"s":"a","n":"b")"));
  CHECK_FALSE(signature(R"(,"s":"a","t":1)"));
  CHECK_FALSE(signature(R"(,"s":"a","t":null,"n":"b")"));
}

TEST_CASE("decoder: an object without cmd is a heartbeat, white space around it or not") {
  for (const char* text : {"{}", " {} ", "\r\n\t{ }\n", R"({"cmd":null})", R"({"x":1})"}) {
    CAPTURE(text);
    const DecodedFrame frame(text);
    REQUIRE(frame.result);
    CHECK(frame.result->is<Heartbeat>());
  }
}

TEST_CASE("decoder: strange commands and ops are unknown, not wrong") {
  const DecodedFrame frame(R"({"cmd":"conv","op":"start","peerId":"p"})");
  REQUIRE(frame.result);
  CHECK(frame.result->is<Unknown>());
  CHECK(frame.result->peer_id == "p");
  for (const char* text : {R"({"cmd":""})", R"({"cmd":"unknown"})", R"({"cmd":"session"})",
                           R"({"cmd":"session","op":"join"})", R"({"cmd":"room","op":"open"})"}) {
    CAPTURE(text);
    CHECK(DecodedFrame(text).result->is<Unknown>());
  }
}

TEST_CASE("decoder: null is absent, also inside of lists of ids (avos-v1 §3.1, §4.3)") {
  const DecodedFrame frame(
      R"({"cmd":"ack","i":null,"peerId":null,"ids":[null,"a",null],"roomId":null,"t":null,)"
      R"("sp":null,"r":null,"msg":null,"toPeerIds":null,"status":null})");
  REQUIRE(frame.result);
  CHECK(encoded(*frame.result) == R"({"cmd":"ack","ids":["a"]})");
  CHECK(encoded(*DecodedFrame(R"({"cmd":"room","op":"join","roomId":null,"roomPeerIds":null})")
                     .result) == R"({"cmd":"room","op":"join"})");
}

TEST_CASE("decoder: an empty list and an absent one are different (avos-v1 §16.1)") {
  const DecodedFrame empty(R"({"cmd":"ack","ids":[]})");
  REQUIRE(empty.body<Ack>().ids);
  CHECK(empty.body<Ack>().ids->empty());
  CHECK_FALSE(DecodedFrame(R"({"cmd":"ack"})").body<Ack>().ids);
  // JS answers a frame without an id so (§4.3).
  CHECK(DecodedFrame(R"({"cmd":"ack","ids":[null]})").body<Ack>().ids);
}

TEST_CASE("decoder: unknown fields of any shape are skipped") {
  const DecodedFrame frame(
      R"({"ua":"x","tag":{"cmd":"room","peerId":["q"],"a":{"b":[1,2,{"c":null}]}},"st":[[],[[]]],)"
      R"("n1":-1.5e-9,"n2":123456789012345678901234567890,"":0,"f":false,"cmd":"rcp","peerId":"p",)"
      R"("Cmd":1,"peerid":2,"cmd\u0000":3})");
  REQUIRE(frame.result);
  CHECK(frame.result->is<Receipt>());
  CHECK(frame.result->peer_id == "p");
  CHECK(encoded(*frame.result) == R"({"cmd":"rcp","peerId":"p"})");
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
    const DecodedFrame frame(std::string(R"({"cmd":"session","op":"add","s":"x","n":"y","t":)") +
                             row.json + "}");
    REQUIRE(frame.result);
    REQUIRE(frame.body<SessionAdd>().signature);
    CHECK(frame.body<SessionAdd>().signature->time_text == row.digits);
    CHECK(frame.body<SessionAdd>().signature->time == row.value);
  }
}

TEST_CASE("decoder: sp is true for whatever JavaScript takes for true (avos-v1 §4.1)") {
  for (const char* json :
       {"true", "1", "-1", "0.5", "1e-300", "\"sp\"", "\"0\"", "[]", "{}", "{\"a\":[1]}"}) {
    CAPTURE(json);
    const DecodedFrame frame(std::string(R"({"cmd":"session","sp":)") + json + ",\"op\":\"open\"}");
    REQUIRE(frame.result);
    CHECK(frame.body<SessionOpen>().is_super);
  }
  for (const char* json : {"false", "0", "-0", "0.0", "0e5", "\"\"", "null"}) {
    CAPTURE(json);
    const DecodedFrame frame(std::string(R"({"cmd":"session","sp":)") + json + ",\"op\":\"open\"}");
    REQUIRE(frame.result);
    CHECK_FALSE(frame.body<SessionOpen>().is_super);
  }
}

TEST_CASE("decoder: r is true or 1; transient may be an explicit false (avos-v1 §4.2)") {
  CHECK(DecodedFrame(R"({"cmd":"direct","r":1})").body<Direct>().receipt_wanted);
  CHECK(DecodedFrame(R"({"cmd":"direct","r":true})").body<Direct>().receipt_wanted);
  CHECK_FALSE(DecodedFrame(R"({"cmd":"direct","r":0})").body<Direct>().receipt_wanted);
  CHECK_FALSE(DecodedFrame(R"({"cmd":"direct","r":false})").body<Direct>().receipt_wanted);
  CHECK_FALSE(DecodedFrame(R"({"cmd":"direct","transient":false})").body<Direct>().transient);
  CHECK(DecodedFrame(R"({"cmd":"direct","transient":true})").body<Direct>().transient);
}

TEST_CASE("decoder: the list of an op is the one with the op's spelling (avos-v1 §5.1)") {
  const std::string both = R"({"sessionPeerIds":["x"],"onlineSessionPeerIds":["a","b"],)"
                           R"("cmd":"session","op":")";
  CHECK(texts(DecodedFrame(both + "opened\"}").body<SessionOpened>().online) == Strings{"a", "b"});
  CHECK(texts(DecodedFrame(both + "added\"}").body<SessionAdded>().online) == Strings{"a", "b"});
  CHECK(texts(DecodedFrame(both + "query-result\"}").body<SessionQueryResult>().online) ==
        Strings{"a", "b"});
  CHECK(texts(DecodedFrame(both + "removed\"}").body<SessionRemoved>().peers) == Strings{"x"});
  // Of the wrong spelling only: as if it were not there.
  CHECK(DecodedFrame(R"({"cmd":"session","op":"open","onlineSessionPeerIds":["a"]})")
            .body<SessionOpen>()
            .peers.empty());
  CHECK(DecodedFrame(R"({"cmd":"session","op":"opened","sessionPeerIds":["a"]})")
            .body<SessionOpened>()
            .online.empty());
}

TEST_CASE("decoder: a push payload may be a list; a message may not (avos-v1 §5.8)") {
  const DecodedFrame push(R"({"msg":[{"alert":"x","r":"y"}],"cmd":"data","ids":["1"]})");
  REQUIRE(push.result);
  CHECK(push.result->is<Data>());
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
  CHECK(frame.body<Direct>().text == expected);
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
    CHECK(frame.body<Direct>().text == row.text);
    CHECK(frame.result->peer_id == "p");
    CHECK(frame.result->i.number == 1);
    REQUIRE(frame.body<Direct>().to);
    CHECK(texts(*frame.body<Direct>().to) == Strings{"q"});
    const DecodedFrame reason(R"({ "reason" : ")" + row.json +
                              R"(", "cmd" : "error", "code" : 1 })");
    REQUIRE(reason.result);
    REQUIRE(reason.body<Failure>().why);
    CHECK(reason.body<Failure>().why->text == row.text);
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
      {"mentionPids", "mentionPids is not a list of texts", {"\"a\"", "[1]"}},
      {"mentionAll", "mentionAll is neither true nor false", {"1", "\"true\""}},
      {"binaryMsg", "binaryMsg is not a text", {"1", "[]"}},
      {"will", "will is neither true nor false", {"1", "{}"}},
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
