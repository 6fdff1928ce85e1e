// SPDX-License-Identifier: Apache-2.0
#include "server/core/room_scene.hpp"

namespace kith::testing {
namespace {

TEST_CASE("rooms: joining tells the joiner and every member, repeating it nobody (§9.2)") {
  HubWorld world;
  openAll(world);
  const auto id = makeGroup(world);
  world.send("B", command("bob", "join", id));
  world.expect("B", notice("bob", "joined", id, "bob", "", true));
  world.expect("B", notice("bob", "members-joined", id, "bob", R"(["bob"])"));
  world.expect("A", notice("alice", "members-joined", id, "bob", R"(["bob"])"));
  world.send("B", command("bob", "join", id));
  world.expect("B", notice("bob", "joined", id, "bob", "", true));
  for (const auto* name : {"A", "B", "C"}) world.expectNothing(name);
}

TEST_CASE("rooms: an invite lists and tells only those it really added (Q13)") {
  HubWorld world;
  openAll(world);
  world.open("B2", "bob");
  const auto id = makeGroup(world);
  world.send("A", command("alice", "invite", id, R"(["alice","bob","zoe","bob"])"));
  world.expect("A", notice("alice", "invited", id, "alice", R"(["bob","zoe"])", true));
  world.expect("A", notice("alice", "members-joined", id, "alice", R"(["bob","zoe"])"));
  for (const auto* name : {"B", "B2"}) {
    world.expect(name, notice("bob", "joined", id, "alice"));
    world.expect(name, notice("bob", "members-joined", id, "alice", R"(["bob","zoe"])"));
  }
  world.send("A", command("alice", "invite", id, R"(["bob"])"));
  world.expect("A", notice("alice", "invited", id, "alice", "[]", true));
  world.expectNothing("A");
  world.expectNothing("B");
  world.open("Z", "zoe");  // notices are not stored
  world.expectNothing("Z");
}

TEST_CASE("rooms: a kicked peer hears left, the remaining members-left (Q12)") {
  HubWorld world;
  openAll(world);
  const auto id = makeGroup(world);
  world.send("A", command("alice", "invite", id, R"(["bob","carol"])"));
  world.forgetAll();
  world.send("B", command("bob", "kick", id, R"(["carol","zoe"])"));
  world.expect("B", notice("bob", "kicked", id, "bob", R"(["carol"])", true));
  world.expect("B", notice("bob", "members-left", id, "bob", R"(["carol"])"));
  world.expect("A", notice("alice", "members-left", id, "bob", R"(["carol"])"));
  world.expect("C", notice("carol", "left", id, "bob"));
  world.expectNothing("C");
  world.send("C", R"({"cmd":"direct","peerId":"carol","roomId":")" + id + R"(","msg":"x"})");
  CHECK(Frame(world.take("C"))["code"] == "4401");
  world.expectNothing("A");
}

TEST_CASE("rooms: leaving tells the leaver and the remaining, repeating it succeeds") {
  HubWorld world;
  openAll(world);
  const auto id = makeGroup(world);
  world.send("B", command("bob", "join", id));
  world.forgetAll();
  world.send("B", command("bob", "leave", id));
  world.expect("B", notice("bob", "left", id, "bob", "", true));
  world.expect("A", notice("alice", "members-left", id, "bob", R"(["bob"])"));
  world.send("B", command("bob", "leave", id));
  world.expect("B", notice("bob", "left", id, "bob", "", true));
  world.expectNothing("A");
  // The row stays when no member is left (Q15).
  world.send("A", command("alice", "leave", id));
  world.takeAll("A");
  world.send("B", command("bob", "join", id));
  CHECK(textOf(world.take("B"), "op") == "joined");
}

TEST_CASE("rooms: refusals echo serial, group and ids with a code (§9.2, Q14, Q16)") {
  HubWorld world;
  openAll(world);
  const auto id = makeGroup(world);
  const auto op = GENERATE("invite", "kick");
  world.send("B", command("bob", op, id, R"(["carol"])"));
  world.expect("B", R"({"cmd":"room","op":"reject","peerId":"bob","i":1,"roomId":")" + id +
                        R"(","roomPeerIds":["carol"],"code":4317,
                        "reason":"CONVERSATION_MEMBERSHIP_REQUIRED"})");
  for (const auto* unknown : {"000000000000000000000000", "not hex", ""}) {
    world.send("B", command("bob", op, unknown, R"(["carol"])"));
    CHECK(Frame(world.take("B"))["code"] == "4303");
  }
  CHECK_FALSE(world.closed("B"));
}

TEST_CASE("rooms: a group takes no more than its limit (4304)") {
  auto app = testApp();
  app.group_members = 2;
  HubWorld world(testHub(app));
  openAll(world);
  const auto id = makeGroup(world);
  world.send("A", command("alice", "invite", id, R"(["bob","carol"])"));
  CHECK(Frame(world.take("A"))["code"] == "4304");
  world.expectNothing("B");
  world.send("A", command("alice", "invite", id, R"(["alice","bob","bob"])"));
  CHECK(textOf(world.take("A"), "op") == "invited");
  world.send("C", command("carol", "join", id));
  CHECK(Frame(world.take("C"))["code"] == "4304");
}

TEST_CASE("rooms: a message goes to all members but the sending session (§9.2)") {
  HubWorld world;
  openAll(world);
  world.open("A2", "alice");
  world.open("A", "anna");  // another peer on the sender's connection
  const auto id = makeGroup(world);
  world.send("A", command("alice", "invite", id, R"(["bob","dave","anna"])"));
  world.forgetAll();
  world.send("A",
             R"({"cmd":"direct","peerId":"alice","roomId":")" + id + R"(","msg":"all","r":1})");
  const Frame ack(world.take("A"));
  CHECK_FALSE(ack.has("code"));
  const std::string rest = R"(,"fromPeerId":"alice","cmd":"direct","msg":"all","roomId":")" + id +
                           R"(","id":")" + ack["uid"] + R"(","timestamp":)" + ack["t"] + "}";
  world.expect("A", R"({"peerId":"anna")" + rest);
  world.expect("A2", R"({"peerId":"alice")" + rest);
  world.expect("B", R"({"peerId":"bob")" + rest);
  for (const auto* name : {"A", "A2", "C"}) world.expectNothing(name);
  CHECK(world.storage.conversations.back() == id);
  world.send("B", R"({"cmd":"ack","peerId":"bob","ids":[")" + ack["uid"] + "\"]}");
  world.expectNothing("A");  // no receipts in groups
  world.open("D", "dave");
  CHECK(Frame(world.take("D"))["roomId"] == id);
}

TEST_CASE("rooms: a transient message reaches members online only and is not acked") {
  HubWorld world;
  openAll(world);
  world.open("A2", "alice");
  const auto id = makeGroup(world);
  world.send("A", command("alice", "invite", id, R"(["bob","dave"])"));
  world.forgetAll();
  world.send("A", R"({"cmd":"direct","peerId":"alice","roomId":")" + id +
                      R"(","msg":"typing","transient":true})");
  CHECK(Frame(world.take("B"))["transient"] == "true");
  world.expectNothing("A");
  world.expectNothing("A2");
  world.open("D", "dave");
  world.expectNothing("D");
}

TEST_CASE("rooms: membership outlives sessions and the hub (§9.2)") {
  HubWorld world;
  openAll(world);
  const auto id = makeGroup(world);
  world.send("A", command("alice", "invite", id, R"(["bob"])"));
  world.drop("B");
  world.forgetAll();
  world.send("A", R"({"cmd":"direct","peerId":"alice","roomId":")" + id + R"(","msg":"x"})");
  world.open("B", "bob");
  CHECK(textOf(world.take("B"), "msg") == "x");
}

TEST_CASE("rooms: a group that is not in memory holds its connection only (decision 010)") {
  HubWorld world;
  openAll(world);
  const auto id = storedGroup(world, "54753e1ee4b0b41b21e0e76e", {{"alice", true}, {"bob", true}});
  world.storage.held = true;
  world.send("A", R"({"cmd":"direct","peerId":"alice","roomId":")" + id + R"(","msg":"1","i":1})");
  world.send("A", "{}");
  world.send("A", R"({"cmd":"direct","peerId":"alice","roomId":")" + id + R"(","msg":"2","i":2})");
  world.send("B", R"({"cmd":"room","op":"leave","peerId":"carol","roomId":"x"})");
  world.send("C", "{}");
  world.expect("C", "{}");
  world.expectNothing("A");
  world.storage.held = false;
  world.settle();
  CHECK(Frame(world.take("A"))["i"] == "1");
  world.expect("A", "{}");
  CHECK(Frame(world.take("A"))["i"] == "2");
  CHECK(world.storage.loads == 1);
}

TEST_CASE("rooms: two connections that load the same group share it") {
  HubWorld world;
  openAll(world);
  const auto id = storedGroup(world, "54753e1ee4b0b41b21e0e76e", {{"alice", true}});
  world.storage.held = true;
  world.feed("B", command("bob", "join", id));
  world.feed("C", command("carol", "join", id));
  world.settle();
  world.storage.held = false;
  world.settle();
  world.expect("B", notice("bob", "joined", id, "bob", "", true));
  world.expect("B", notice("bob", "members-joined", id, "bob", R"(["bob"])"));
  world.expect("B", notice("bob", "members-joined", id, "carol", R"(["carol"])"));
  CHECK(textOf(world.take("C"), "op") == "joined");
  CHECK(world.takeAll("A").size() == 2);
}

TEST_CASE("rooms: a held connection that goes away takes its command with it") {
  HubWorld world;
  openAll(world);
  const auto id = storedGroup(world, "54753e1ee4b0b41b21e0e76e", {{"alice", true}});
  world.storage.held = true;
  world.send("B", command("bob", "join", id));
  world.drop("B");
  world.storage.held = false;
  world.settle();
  world.expectNothing("A");
}

}  // namespace
}  // namespace kith::testing
