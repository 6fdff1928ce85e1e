// SPDX-License-Identifier: Apache-2.0
// The texts of a command that outlive it, each at its limit and beyond.
#include <string>
#include <vector>

#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

/// So many characters of the longest kind.
std::string wide(std::size_t characters) {
  std::string text;
  for (std::size_t i = 0; i < characters; ++i) text += "😀";
  return text;
}

std::string list(const std::string& id) { return R"(["bob",")" + id + "\"]"; }

/// alice is open on A, bob on B, and alice has a group.
struct Scene {
  Scene() : world(freely()) {
    world.open("B", "bob");
    world.open("A", "alice");
    world.send("A", R"({"cmd":"room","op":"join","peerId":"alice"})");
    group = textOf(world.take("A"), "roomId");
    world.forgetAll();
  }
  static core::HubOptions freely() {
    auto app = testApp();
    app.require_watch = RequireWatch::Off;
    return testHub(app);
  }

  /// What A hears of a frame with `cmd` and the rest, in short: the op or cmd, and the code.
  std::string say(const std::string& cmd, const std::string& rest) {
    world.send("A", R"({"cmd":")" + cmd + R"(",)" + rest + "}");
    if (!world.has("A")) return world.closed("A") ? "closed" : "nothing";
    const Frame frame(world.takeAll("A").front());
    return frame[frame.has("op") ? "op" : "cmd"] + (frame.has("code") ? " " + frame["code"] : "");
  }
  std::string direct(const std::string& to, const std::string& more) {
    return say("direct", R"("peerId":"alice",)" + to + R"(,"msg":"x")" + more);
  }

  HubWorld world;
  std::string group;
};

TEST_CASE("bounds: every text of a command that outlives it is limited in bytes") {
  using Say = std::string (*)(Scene&, const std::string&);
  struct Row {
    std::string what;
    Say say;
    std::string longest, beyond;  ///< texts
    std::string good, refused;    ///< what is heard of them
  };
  const std::string longest_id = wide(64);
  const std::string long_id = wide(65);
  REQUIRE(longest_id.size() == 256);
  const std::string bytes(64, 'x');
  const Row rows[] = {
      {"the peer of an open",
       [](Scene& s, const std::string& text) {
         return s.say("session", R"("op":"open","appId":"testapp0001","peerId":")" + text + '"');
       },
       longest_id, long_id, "opened", "closed"},
      {"a watched peer of an open",
       [](Scene& s, const std::string& text) {
         return s.say("session", R"("op":"open","peerId":"anna","sessionPeerIds":)" + list(text));
       },
       longest_id, long_id, "opened", "error 4103"},
      {"a watched peer of an add",
       [](Scene& s, const std::string& text) {
         return s.say("session", R"("op":"add","peerId":"alice","sessionPeerIds":)" + list(text));
       },
       longest_id, long_id, "added", "error 4103"},
      {"an invited peer",
       [](Scene& s, const std::string& text) {
         return s.say("room", R"("op":"invite","peerId":"alice","roomId":")" + s.group +
                                  R"(","roomPeerIds":)" + list(text));
       },
       longest_id, long_id, "invited", "reject 4103"},
      {"a receiver",
       [](Scene& s, const std::string& text) {
         return s.direct(R"("toPeerIds":)" + list(text), "");
       },
       longest_id, long_id, "ack", "ack 4401"},
      {"a group to join",
       [](Scene& s, const std::string& text) {
         return s.say("room", R"("op":"join","peerId":"alice","roomId":")" + text + '"');
       },
       longest_id, long_id, "reject 4303", "reject 4303"},
      {"the token of a message",
       [](Scene& s, const std::string& text) {
         return s.direct(R"("toPeerIds":["bob"])", R"(,"dt":")" + text + '"');
       },
       bytes, bytes + "x", "ack", "ack 4114"},
      {"the token of a message to a group",
       [](Scene& s, const std::string& text) {
         return s.direct(R"("roomId":")" + s.group + '"', R"(,"dt":")" + text + '"');
       },
       bytes, bytes + "x", "ack", "ack 4114"},
      {"a serial that is a text",
       [](Scene& s, const std::string& text) {
         return s.direct(R"("toPeerIds":["bob"])", R"(,"i":")" + text + '"');
       },
       bytes, bytes + "x", "ack", "error 4114"},
      {"a serial of what is answered at once",
       [](Scene& s, const std::string& text) {
         return s.say("session", R"("op":"query","peerId":"alice","i":")" + text + '"');
       },
       bytes, bytes + "x", "query-result", "error 4114"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Scene scene;
    CHECK(row.say(scene, row.longest) == row.good);
    CHECK(row.say(scene, row.beyond) == row.refused);
    CHECK(scene.world.closed("A") == (row.refused == "closed"));
  }
}

TEST_CASE("bounds: a refused message goes to nobody and is not kept") {
  const std::string extra =
      GENERATE(R"("dt":")" + std::string(65, 'x') + '"', R"("i":")" + std::string(65, 'x') + '"');
  Scene scene;
  scene.direct(R"("toPeerIds":["bob","zoe"])", "," + extra);
  scene.world.expectNothing("B");
  CHECK(scene.world.storage.conversations.empty());
  // Nor does a serial that is too long come back in the answer.
  scene.world.send("A", R"({"cmd":"dance","peerId":"alice",)" + extra + "}");
  CHECK(scene.world.take("A").size() < 200);
}

}  // namespace
}  // namespace kith::testing
