// SPDX-License-Identifier: Apache-2.0
// Changes of a group on their way to the storage: they show when they are committed and have their
// turn.
#include "server/core/room_scene.hpp"

namespace kith::testing {
namespace {

TEST_CASE("rooms: a message on its way goes to the members it was sent to, whoever comes or goes") {
  HubWorld world;
  openAll(world);
  world.open("D", "dave");
  const auto id = makeGroup(world);
  world.send("A", command("alice", "invite", id, R"(["bob","carol"])"));
  world.forgetAll();
  const auto say = [&](const std::string& text) {
    world.send(
        "A", R"({"cmd":"direct","peerId":"alice","roomId":")" + id + R"(","msg":")" + text + "\"}");
  };
  world.storage.held = true;
  say("1");
  world.send("D", command("dave", "join", id));
  say("2");
  world.send("B", command("bob", "leave", id));
  say("3");
  world.storage.held = false;
  world.settle();
  const auto heard = [&](const std::string& name) {
    std::string texts;
    for (const auto& frame : world.takeAll(name)) {
      if (textOf(frame, "cmd") == "direct") texts += textOf(frame, "msg");
    }
    return texts;
  };
  CHECK(heard("B") == "12");
  CHECK(heard("C") == "123");
  CHECK(heard("D") == "23");
}

TEST_CASE("rooms: a transient message does not overtake a change that its sender sees") {
  HubWorld world;
  openAll(world);
  const auto id = makeGroup(world);
  world.send("A", command("alice", "invite", id, R"(["carol"])"));
  world.forgetAll();
  world.storage.held = true;
  world.send("A", command("alice", "invite", id, R"(["bob"])"));
  // carol waits for nothing herself.
  world.send("C", R"({"cmd":"direct","peerId":"carol","msg":"hi","transient":true,"roomId":")" +
                      id + "\"}");
  world.expectNothing("B");
  world.storage.held = false;
  world.settle();
  CHECK(textOf(world.take("B"), "op") == "joined");
  CHECK(textOf(world.take("B"), "op") == "members-joined");
  CHECK(textOf(world.take("B"), "msg") == "hi");
  world.expectNothing("B");
}

TEST_CASE("rooms: what is asked behind a change on its way has it, and waits for its turn") {
  HubWorld world;
  openAll(world);
  const auto id = makeGroup(world);
  world.storage.held = true;
  world.send("A", command("alice", "invite", id, R"(["bob"])"));
  world.send("B", R"({"cmd":"direct","peerId":"bob","roomId":")" + id + R"(","msg":"early"})");
  world.send("B", R"({"cmd":"direct","peerId":"bob","roomId":")" + id +
                      R"(","msg":"earlier","transient":true})");
  world.send("B", command("bob", "join", id));
  for (const auto* name : {"A", "B"}) world.expectNothing(name);
  world.storage.held = false;
  world.settle();
  CHECK(textOf(world.take("A"), "op") == "invited");
  CHECK(textOf(world.take("A"), "op") == "members-joined");
  CHECK(textOf(world.take("A"), "msg") == "early");
  CHECK(textOf(world.take("A"), "msg") == "earlier");
  CHECK(textOf(world.take("B"), "op") == "joined");
  CHECK(textOf(world.take("B"), "op") == "members-joined");
  CHECK_FALSE(Frame(world.take("B")).has("code"));
  world.expect("B", notice("bob", "joined", id, "bob", "", true));
}

TEST_CASE("rooms: until a change is committed and has its turn the members are those of before") {
  HubWorld world;
  openAll(world);
  const auto id = makeGroup(world);
  world.send("A", command("alice", "invite", id, R"(["bob","carol"])"));
  world.forgetAll();
  world.storage.keep = true;
  world.send("A", say("alice", id, "1"));
  world.send("C", command("carol", "kick", id, R"(["bob"])"));
  world.send("A", say("alice", id, "2"));
  SECTION("with the reply to it already out") {
    answer(world, 1);
    CHECK(heard(world, "C") == "kicked");
    world.expectNothing("B");
    answer(world, 0);
    CHECK(heard(world, "B") == "1 left");
    CHECK(heard(world, "C") == "1 members-left");
  }
  SECTION("and for good when it fails") {
    answer(world, 0);
    CHECK(heard(world, "B") == "1");
    world.storage.answer(0);
    world.storage.fail_kept = true;
    world.settle();
    world.storage.fail_kept = false;
    CHECK(world.closed("C"));
    answer(world, 0);
    CHECK(heard(world, "B") == "2");
  }
}

TEST_CASE("rooms: one who was kicked by the time of its message is refused at its turn") {
  HubWorld world;
  openAll(world);
  const auto id = makeGroup(world);
  world.send("A", command("alice", "invite", id, R"(["bob","carol"])"));
  // What pending commands hold of earlier ones means nothing.
  for (int i = 0; i < 8; ++i) world.feed("A", say("alice", id, "before"));
  world.settle();
  world.forgetAll();
  world.storage.keep = true;
  world.send("A", command("alice", "kick", id, R"(["bob"])"));
  world.send("B", say("bob", id, "typing", R"(,"transient":true)"));
  world.send("B", say("bob", id, "late", R"(,"i":7)"));
  world.send("B", "{}");
  world.expectNothing("B");
  answer(world, 1);
  const Frame ack(world.take("B"));
  CHECK(ack["cmd"] == "ack");
  CHECK(ack["i"] == "7");
  CHECK(ack["code"] == "4401");
  CHECK(ack["reason"] == "INVALID_MESSAGING_TARGET");
  world.expect("B", "{}");
  answer(world, 0);
  CHECK(heard(world, "A") == "kicked members-left");
  CHECK(heard(world, "B") == "left");
  CHECK(heard(world, "C") == "members-left");
}

TEST_CASE("rooms: what the storage refuses is rejected as if memory had known") {
  auto app = testApp();
  app.group_members = 2;
  HubWorld world(testHub(app));
  openAll(world);
  const auto id = makeGroup(world);
  SECTION("a group that is full by then (4304)") {
    world.storage.held = true;
    world.send("A", command("alice", "invite", id, R"(["bob"])"));
    world.send("C", command("carol", "join", id));
    world.storage.held = false;
    world.settle();
    world.expect("C", R"({"cmd":"room","op":"reject","peerId":"carol","i":1,"roomId":")" + id +
                          R"(","code":4304,"reason":"CONVERSATION_FULL"})");
    world.expectNothing("C");
    CHECK(heard(world, "A") == "invited members-joined");
  }
  SECTION("the invite of one who is no member by then (4317)") {
    world.send("B", command("bob", "join", id));
    world.forgetAll();
    world.storage.held = true;
    world.send("B", command("bob", "leave", id));
    world.send("B", command("bob", "invite", id, R"(["carol"])"));
    world.storage.held = false;
    world.settle();
    CHECK(textOf(world.take("B"), "op") == "left");
    world.expect("B", R"({"cmd":"room","op":"reject","peerId":"bob","i":1,"roomId":")" + id +
                          R"(","roomPeerIds":["carol"],"code":4317,
                          "reason":"CONVERSATION_MEMBERSHIP_REQUIRED"})");
    world.expectNothing("B");
  }
  world.forgetAll();
  world.send("A", say("alice", id, "x"));
  CHECK(heard(world, "A") == "ack");
  world.expectNothing("C");
}

TEST_CASE("rooms: behind a change on its way its new member may invite and kick") {
  HubWorld world;
  openAll(world);
  const auto id = makeGroup(world);
  world.storage.held = true;
  world.send("A", command("alice", "invite", id, R"(["bob"])"));
  world.send("B", command("bob", "invite", id, R"(["carol"])"));
  world.send("B", command("bob", "kick", id, R"(["alice"])"));
  world.storage.held = false;
  world.settle();
  CHECK(heard(world, "A") == "invited members-joined members-joined left");
  CHECK(heard(world, "B") == "joined members-joined invited members-joined kicked members-left");
  CHECK(heard(world, "C") == "joined members-joined members-left");
}

TEST_CASE("rooms: behind its leaving a peer joins again, and behind its joining it leaves") {
  HubWorld world;
  openAll(world);
  const auto id = makeGroup(world);
  world.send("B", command("bob", "join", id));
  world.forgetAll();
  world.storage.held = true;
  world.send("B", command("bob", "leave", id));
  world.send("B", command("bob", "join", id));
  world.send("C", command("carol", "join", id));
  world.send("C", command("carol", "leave", id));
  world.storage.held = false;
  world.settle();
  CHECK(heard(world, "B") == "left joined members-joined members-joined members-left");
  CHECK(heard(world, "C") == "joined members-joined left");
  CHECK(heard(world, "A") == "members-left members-joined members-joined members-left");
  world.send("A", say("alice", id, "x"));
  CHECK(heard(world, "B") == "x");
  world.expectNothing("C");
}

TEST_CASE("rooms: of peers invited twice at a time the second invite names the others") {
  HubWorld world;
  openAll(world);
  const auto id = makeGroup(world);
  world.send("A", command("alice", "invite", id, R"(["bob"])"));
  world.forgetAll();
  world.storage.held = true;
  world.send("A", command("alice", "invite", id, R"(["carol"])"));
  world.send("B", command("bob", "invite", id, R"(["carol","zoe","bob"])"));
  world.storage.held = false;
  world.settle();
  CHECK(textOf(world.take("B"), "op") == "members-joined");
  world.expect("B", notice("bob", "invited", id, "bob", R"(["zoe"])", true));
  CHECK(heard(world, "C") == "joined members-joined members-joined");
}

TEST_CASE("rooms: a change and a message name nobody to the storage who need not be named") {
  HubWorld world;
  openAll(world);
  const auto id = makeGroup(world);
  std::string ids;
  for (int i = 0; i < 500; ++i) ids += (i == 0 ? "\"m" : ",\"m") + std::to_string(i) + '"';
  world.send("A", command("alice", "invite", id, "[" + ids + ",\"bob\"]"));
  world.storage.named.clear();
  world.send("A", say("alice", id, "x"));
  world.send("A", command("alice", "invite", id, R"(["m1","carol"])"));
  world.send("A", command("alice", "kick", id, R"(["m1","nobody"])"));
  CHECK(world.storage.named == std::vector<std::size_t>{0, 1, 1});
  CHECK(heard(world, "B").ends_with("x members-joined members-left"));
}

TEST_CASE("rooms: a change that fails closes the actor and leaves no trace in memory") {
  HubWorld world;
  openAll(world);
  const auto id = makeGroup(world);
  world.storage.fail_next = true;
  world.send("B", command("bob", "join", id));
  world.expectClose("B", 4200, "INTERNAL_ERROR");
  world.expectNothing("A");
  world.drop("B");
  world.open("B", "bob");
  world.send("A", say("alice", id, "x"));
  CHECK(heard(world, "A") == "ack");
  // The storage that failed has the member all the same, so that memory is seen to be asked.
  CHECK(heard(world, "B").empty());
  world.send("B", say("bob", id, "y"));
  CHECK(heard(world, "B") == "ack4401");
  world.send("C", command("carol", "join", id));
  CHECK(heard(world, "C") == "joined members-joined");
  CHECK(heard(world, "A") == "members-joined");
  CHECK(world.storage.loads == 0);
}

TEST_CASE("rooms: of two changes that fail together neither leaves a trace") {
  HubWorld world;
  openAll(world);
  const auto id = makeGroup(world);
  world.send("A", command("alice", "invite", id, R"(["bob"])"));
  world.forgetAll();
  world.storage.held = true;
  world.send("A", command("alice", "invite", id, R"(["carol"])"));
  world.send("B", command("bob", "kick", id, R"(["alice"])"));
  world.storage.held = false;
  world.storage.fail_all = true;
  world.settle();
  world.storage.fail_all = false;
  world.expectClose("A", 4200, "INTERNAL_ERROR");
  world.expectClose("B", 4200, "INTERNAL_ERROR");
  world.drop("A");
  world.open("A", "alice");
  world.send("A", say("alice", id, "x", R"(,"transient":true)"));
  world.expectNothing("C");
  CHECK(world.hub.groupMembers() == 2);
  CHECK(world.storage.loads == 0);
}

TEST_CASE("rooms: a creation that fails leaves no group, and no place in one") {
  HubWorld world;
  world.open("A", "alice");
  const bool open = GENERATE(false, true);
  world.storage.fail_next = true;
  world.send("A", std::string(R"({"cmd":"room","op":"join","peerId":"alice","transient":)") +
                      (open ? "true}" : "false}"));
  world.expectClose("A", 4200, "INTERNAL_ERROR");
  CHECK(world.hub.groups() == 0);
  CHECK(world.hub.reservations() == 0);
}

}  // namespace
}  // namespace kith::testing
