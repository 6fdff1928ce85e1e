// SPDX-License-Identifier: Apache-2.0
#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

std::string join(const std::string& peer, const std::string& group) {
  return R"({"cmd":"room","op":"join","peerId":")" + peer + R"(","roomId":")" + group + "\"}";
}
std::string say(const std::string& peer, const std::string& group, const std::string& more = "") {
  return R"({"cmd":"direct","peerId":")" + peer + R"(","msg":"x","roomId":")" + group + "\"" +
         more + "}";
}

/// alice's open group; bob and carol are inside.
std::string makeOpenGroup(HubWorld& world) {
  world.open("A", "alice");
  world.open("B", "bob");
  world.open("C", "carol");
  world.send("A", R"({"cmd":"room","op":"join","peerId":"alice","transient":true})");
  const auto id = textOf(world.take("A"), "roomId");
  world.send("B", join("bob", id));
  world.send("C", join("carol", id));
  CHECK(world.takeAll("B").size() == 1);
  CHECK(world.takeAll("C").size() == 1);
  world.expectNothing("A");  // no notices (§9.3)
  return id;
}

TEST_CASE("open groups: one with sessions inside stays in the memory, however many come after it") {
  auto app = testApp();
  app.rates.peer_per_second = app.rates.app_per_second = 0;
  auto options = testHub(app);
  // Beyond the bound idle groups go; far beyond it, those with connected members, too.
  const bool far_beyond = GENERATE(false, true);
  if (far_beyond) options.cached_members = 10;
  HubWorld world(options);
  const auto id = makeOpenGroup(world);
  world.open("D", "dave");
  for (int i = 0; i < (far_beyond ? 500 : 9000); ++i) {
    world.feed("D", R"({"cmd":"room","op":"join","peerId":"dave"})");
    if (i % 50 != 0) continue;
    world.settle();
    world.takeAll("D");
  }
  world.settle();
  world.send("A", say("alice", id));
  const Frame ack(world.take("A"));
  CHECK(ack["cmd"] == "ack");
  CHECK_FALSE(ack.has("code"));
  CHECK(textOf(world.take("B"), "msg") == "x");
  CHECK(textOf(world.take("C"), "msg") == "x");
}

TEST_CASE("open groups: places kept for lost peers are limited") {
  auto app = testApp();
  app.rates.app_per_second = 0;
  HubWorld world(testHub(app));
  world.open("A", "alice");
  world.send("A", R"({"cmd":"room","op":"join","peerId":"alice","transient":true})");
  const auto id = textOf(world.take("A"), "roomId");
  constexpr int kAll = 10100;
  for (int i = 0; i < kAll; ++i) {
    const std::string peer = "p" + std::to_string(i);
    world.open("P", peer);
    world.send("P", join(peer, id));
    world.drop("P");
  }
  CHECK(world.hub.reservations() == 10000);
}

TEST_CASE("open groups: messages go to sessions inside, flagged transient, acked and logged") {
  HubWorld world;
  const auto id = makeOpenGroup(world);
  world.send("A", say("alice", id));
  CHECK_FALSE(Frame(world.take("A")).has("code"));
  for (const auto* name : {"B", "C"}) CHECK(Frame(world.take(name))["transient"] == "true");
  world.send("A", say("alice", id, R"(,"transient":true)"));
  world.expectNothing("A");
  CHECK(world.takeAll("B").size() == 1);
  CHECK(world.storage.conversations == std::vector<std::string>{id, id});
  // It waits for no peer.
  world.drop("B");
  world.send("A", say("alice", id));
  world.open("B", "bob");
  world.expectNothing("B");
}

TEST_CASE("open groups: a session is in one at a time") {
  HubWorld world;
  const auto first = makeOpenGroup(world);
  world.send("B", R"({"cmd":"room","op":"join","peerId":"bob","transient":true})");
  const auto second = textOf(world.take("B"), "roomId");
  world.send("A", say("alice", first));
  world.expectNothing("B");
  world.send("B", say("bob", first));
  CHECK(Frame(world.take("B"))["code"] == "4401");
  world.send("B", say("bob", second));
  CHECK_FALSE(Frame(world.take("B")).has("code"));
}

TEST_CASE("open groups: leaving and closing give up the place") {
  HubWorld world;
  const auto id = makeOpenGroup(world);
  world.send("B", R"({"cmd":"room","op":"leave","peerId":"bob","roomId":")" + id + "\"}");
  CHECK(textOf(world.take("B"), "op") == "left");
  world.send("C", R"({"cmd":"session","op":"close","peerId":"carol"})");
  world.open("D", "carol");
  world.forgetAll();
  world.send("A", say("alice", id));
  world.expectNothing("B");
  world.expectNothing("C");
  world.expectNothing("D");
}

TEST_CASE("open groups: a lost connection may come back within 30 minutes without a join") {
  HubWorld world;
  const auto id = makeOpenGroup(world);
  world.drop("B");
  world.drop("C");
  world.advance(base::Millis(30 * 60 * 1000 - 1000));
  world.open("A2", "alice");
  world.send("A2", join("alice", id));
  world.open("B", "bob");
  world.advance(base::Millis(2000));
  world.open("C", "carol");
  world.forgetAll();
  world.send("A2", say("alice", id));
  CHECK(world.takeAll("B").size() == 1);
  world.expectNothing("C");
}

TEST_CASE("open groups: they have no list to invite into") {
  HubWorld world;
  const auto id = makeOpenGroup(world);
  world.send("A", R"({"cmd":"room","op":"invite","peerId":"alice","roomId":")" + id +
                      R"(","roomPeerIds":["dave"],"i":3})");
  const Frame reject(world.take("A"));
  CHECK(reject["op"] == "reject");
  CHECK(reject["code"] == "4401");
  CHECK(reject["i"] == "3");
}

}  // namespace
}  // namespace kith::testing
