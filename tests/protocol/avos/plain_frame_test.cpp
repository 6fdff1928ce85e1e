// SPDX-License-Identifier: Apache-2.0
// Most frames are read by PlainFrame, the others by RapidJSON. A space in front makes any frame go
// the long way.
#include <array>
#include <random>
#include <string>
#include <string_view>

#include "protocol/avos/codec.hpp"
#include "protocol/avos/frames.hpp"
#include "support/catch.hpp"

namespace kith::avos {
namespace {

void checkTexts(const Command& a, const Command& b) {
  using Text = std::string_view Command::*;
  for (const Text text : {&Command::app_id, &Command::peer_id, &Command::from_peer_id,
                          &Command::by_peer_id, &Command::room_id, &Command::msg, &Command::id,
                          &Command::uid, &Command::signature, &Command::nonce, &Command::time_text,
                          &Command::reason, &Command::dedupe, &Command::installation_id}) {
    CHECK(a.*text == b.*text);
  }
  using List = IdList Command::*;
  for (const List list : {&Command::session_peer_ids, &Command::room_peer_ids,
                          &Command::to_peer_ids, &Command::ids}) {
    CHECK(texts(a.*list) == texts(b.*list));
  }
}

void checkSame(const Command& a, const Command& b) {
  CHECK(a.cmd == b.cmd);
  CHECK(a.op == b.op);
  CHECK(a.fields == b.fields);
  CHECK(a.i == b.i);
  using Flag = bool Command::*;
  for (const Flag flag : {&Command::is_super, &Command::transient, &Command::receipt_wanted,
                          &Command::offline, &Command::online}) {
    CHECK(a.*flag == b.*flag);
  }
  using Number = std::int64_t Command::*;
  for (const Number number :
       {&Command::timestamp, &Command::time, &Command::code, &Command::count}) {
    CHECK(a.*number == b.*number);
  }
  checkTexts(a, b);
}

/// True when the frame is good.
bool checkBothWays(const std::string& frame) {
  CAPTURE(frame);
  const DecodedFrame plain(frame);
  const DecodedFrame general(" " + frame);
  REQUIRE(plain.result.ok() == general.result.ok());
  if (plain.result.ok()) checkSame(*plain.result, *general.result);
  return plain.result.ok();
}

constexpr std::array<std::string_view, 12> kGood{
    R"({})",
    R"({"cmd":"direct","peerId":"p","msg":"twelve chars and then some","i":17,"r":true})",
    R"({"cmd":"direct","msg":"","toPeerIds":["a","bc","def","ghijklmnop"],"transient":false})",
    R"({"cmd":"ack","peerId":"tom","i":-5,"uid":"0f8e2b8c61d04c7a9a51","t":1412000000123})",
    R"({"cmd":"ack","ids":[],"sp":1,"x":null,"y":[],"z":["q"],"":0})",
    R"({"cmd":"rcp","peerId":null,"id":"x","t":"0017"})",
    R"({"peerId":"小明","msg":"naïve 😀","cmd":"direct"})",
    R"({"cmd":"direct","msg":"an \"escape\" and a \u00e9"})",
    R"({"cmd":"session","op":"opened","onlineSessionPeerIds":["a"],"sessionPeerIds":["b"]})",
    R"({"cmd":"data","msg":[{"a":1}],"ids":["a"]})",
    R"({"unknown":1.5e3,"known":{"cmd":"x"},"cmd":"error","code":4102,"reason":"why"})",
    R"({"cmd":"presence","status":"on","sessionPeerIds":["a"],"offline":true,"i":"text"})"};

TEST_CASE("plain frame: the short way and the long way say the same of good frames") {
  for (const std::string_view frame : kGood) CHECK(checkBothWays(std::string(frame)));
}

TEST_CASE("plain frame: both ways refuse the same frames") {
  for (const char* frame : {"",
                            "{",
                            "}",
                            "[]",
                            "\"x\"",
                            "1",
                            "{}x",
                            "{,}",
                            R"({"a"})",
                            R"({"a":})",
                            R"({"a":1,})",
                            R"({"a":1 "b":2})",
                            R"({"i":01})",
                            R"({"i":-})",
                            R"({"i":1.0})",
                            R"({"i":1e3})",
                            R"({"t":+1})",
                            R"({"cmd":"x)",
                            R"({"cmd":"x"]", R"({"ids":["a",]})",
                            R"({"ids":["a" "b"]})",
                            R"({"ids":[1]})",
                            R"({"ids":["a"})",
                            R"({"msg":tru})",
                            R"({"sp":trueish})",
                            "{\"msg\":\"\n\"}",
                            "{\"msg\":\"\xff\"}",
                            "{\"x\xed\xa0\x80\":1}",
                            "{\"msg\":\"\xc3\"}",
                            R"({"cmd":"a","cmd":"a"})",
                            R"({"i":9223372036854775808})",
                            R"({"status":"maybe"})",
                            R"({"msg":[]})"}) {
    CHECK_FALSE(checkBothWays(frame));
  }
}

TEST_CASE("plain frame: both ways agree on frames with damaged bytes") {
  constexpr std::string_view kDamage = "\"\\{}[]:,0a \n-.\x80\xc3\xf0\x01";
  std::mt19937 random(20261121);
  std::size_t good = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string frame(kGood[random() % kGood.size()]);
    for (unsigned damages = 1 + random() % 2; damages > 0; --damages) {
      frame[random() % frame.size()] = kDamage[random() % kDamage.size()];
    }
    if (random() % 8 == 0) frame.resize(random() % frame.size());
    good += checkBothWays(frame) ? 1 : 0;
  }
  CHECK(good > 100);
  CHECK(good < 3900);
}

}  // namespace
}  // namespace kith::avos
