// SPDX-License-Identifier: Apache-2.0
// Most frames are read by PlainFrame, the others by RapidJSON. A space in front makes any frame go
// the long way.
#include <array>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "protocol/avos/codec.hpp"
#include "protocol/avos/frames.hpp"
#include "support/catch.hpp"

namespace kith::avos {
namespace {

/// The digits of a signature's time are not written again, so they are compared by themselves.
std::string_view timeTextOf(const Frame& frame) {
  const std::optional<SignatureFields>* signature = nullptr;
  if (const auto* open = frame.as<SessionOpen>()) signature = &open->signature;
  if (const auto* add = frame.as<SessionAdd>()) signature = &add->signature;
  if (const auto* room = frame.as<RoomRequest>()) signature = &room->signature;
  return signature && *signature ? (*signature)->time_text : std::string_view();
}

void checkSame(const Frame& a, const Frame& b) {
  CHECK(a.body.index() == b.body.index());
  CHECK(a.i == b.i);
  CHECK(a.app_id == b.app_id);
  CHECK(a.peer_id == b.peer_id);
  CHECK(encoded(a) == encoded(b));
  CHECK(timeTextOf(a) == timeTextOf(b));
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

constexpr std::array<std::string_view, 13> kGood{
    R"({})",
    R"({"cmd":"direct","peerId":"p","msg":"twelve chars and then some","i":17,"r":true})",
    R"({"cmd":"direct","msg":"","toPeerIds":["a","bc","def","ghijklmnop"],"transient":false})",
    R"({"cmd":"ack","peerId":"tom","i":-5,"uid":"0f8e2b8c61d04c7a9a51","t":1412000000123})",
    R"({"cmd":"ack","ids":[],"sp":1,"x":null,"y":[],"z":["q"],"":0})",
    R"({"cmd":"rcp","peerId":null,"id":"x","t":"0017"})",
    R"({"cmd":"session","op":"open","peerId":"p","s":"x","t":"0017","n":"y","sessionPeerIds":[]})",
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
