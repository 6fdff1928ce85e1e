// SPDX-License-Identifier: Apache-2.0
// Order is per connection and per conversation, and nowhere else, whatever order the storage
// answers in.
#include <string>
#include <vector>

#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

std::string toPeer(const std::string& from, const std::string& to, const std::string& text,
                   const std::string& more = "") {
  return R"({"cmd":"direct","peerId":")" + from + R"(","toPeerIds":[")" + to + R"("],"msg":")" +
         text + R"(","i":)" + text + more + "}";
}

std::string toGroup(const std::string& from, const std::string& group, const std::string& text,
                    const std::string& more = "") {
  return R"({"cmd":"direct","peerId":")" + from + R"(","roomId":")" + group + R"(","msg":")" +
         text + R"(","i":)" + text + more + "}";
}

std::string room(const std::string& op, const std::string& peer, const std::string& group,
                 const std::string& more = "") {
  return R"({"cmd":"room","op":")" + op + R"(","peerId":")" + peer + R"(","roomId":")" + group +
         "\"" + more + "}";
}

/// A frame in short: `ack 1`, `direct x`, `joined`, ...
std::string shortOf(const std::string& frame) {
  const std::string cmd = textOf(frame, "cmd");
  if (cmd == "ack") return "ack " + Frame(frame)["i"];
  if (cmd == "direct") return "direct " + textOf(frame, "msg");
  return textOf(frame, "op");
}

using Shorts = std::vector<std::string>;

Shorts takeShorts(HubWorld& world, const std::string& name) {
  Shorts shorts;
  for (const auto& frame : world.takeAll(name)) shorts.push_back(shortOf(frame));
  return shorts;
}

core::HubOptions withoutWatching() {
  AppOptions app = testApp();
  app.require_watch = RequireWatch::Off;
  return testHub(app);
}

/// A group of alice on A, bob on B and carol on C. Nothing waits to be read.
std::string groupOfThree(HubWorld& world) {
  world.open("A", "alice");
  world.open("B", "bob");
  world.open("C", "carol");
  world.send("A", R"({"cmd":"room","op":"join","peerId":"alice"})");
  const std::string group = textOf(world.take("A"), "roomId");
  world.send("A", room("invite", "alice", group, R"(,"roomPeerIds":["bob","carol"])"));
  world.forgetAll();
  return group;
}

void answer(HubWorld& world, std::size_t which) {
  world.storage.answer(which);
  world.settle();
}

TEST_CASE("order: an acknowledgement waits for no other connection") {
  HubWorld world(withoutWatching());
  world.open("A", "alice");
  world.open("B", "bob");
  world.storage.keep = true;
  world.send("A", toPeer("alice", "carol", "1"));
  world.send("B", toPeer("bob", "carol", "2"));
  REQUIRE(world.storage.kept() == 2);
  answer(world, 1);
  CHECK(takeShorts(world, "B") == Shorts{"ack 2"});
  world.expectNothing("A");
  answer(world, 0);
  CHECK(takeShorts(world, "A") == Shorts{"ack 1"});
}

TEST_CASE("order: nor for another connection's message in the same group") {
  HubWorld world(withoutWatching());
  const std::string group = groupOfThree(world);
  world.storage.keep = true;
  world.send("A", toGroup("alice", group, "1"));
  world.send("B", toGroup("bob", group, "2"));
  answer(world, 1);
  CHECK(takeShorts(world, "B") == Shorts{"ack 2"});
  // What was accepted first is delivered first.
  world.expectNothing("A");
  world.expectNothing("C");
  answer(world, 0);
  CHECK(takeShorts(world, "C") == Shorts{"direct 1", "direct 2"});
  CHECK(takeShorts(world, "A") == Shorts{"ack 1", "direct 2"});
  CHECK(takeShorts(world, "B") == Shorts{"direct 1"});
}

TEST_CASE("order: replies leave in the order of the requests") {
  HubWorld world(withoutWatching());
  world.open("A", "alice");
  world.open("B", "bob");
  world.storage.keep = true;
  world.send("A", toPeer("alice", "bob", "1"));
  world.send("A", toPeer("alice", "carol", "2"));
  world.send("A", toPeer("alice", "bob", "3"));
  answer(world, 2);
  answer(world, 1);
  world.expectNothing("A");
  world.expectNothing("B");
  answer(world, 0);
  CHECK(takeShorts(world, "A") == Shorts{"ack 1", "ack 2", "ack 3"});
  CHECK(takeShorts(world, "B") == Shorts{"direct 1", "direct 3"});
}

TEST_CASE("order: a message is delivered although its acknowledgement waits for an earlier one") {
  HubWorld world(withoutWatching());
  world.open("A", "alice");
  world.open("B", "bob");
  world.storage.keep = true;
  world.send("A", toPeer("alice", "carol", "1"));
  world.send("A", toPeer("alice", "bob", "2"));
  answer(world, 1);
  CHECK(takeShorts(world, "B") == Shorts{"direct 2"});
  world.expectNothing("A");
}

TEST_CASE("order: on the sender's own connection the reply comes before what the command caused") {
  HubWorld world(withoutWatching());
  world.open("A", "alice");
  world.open("A", "bob");  // on the same socket
  world.storage.keep = true;
  world.send("A", toPeer("alice", "carol", "1"));
  world.send("A", toPeer("alice", "bob", "2"));
  answer(world, 1);
  world.expectNothing("A");
  answer(world, 0);
  CHECK(takeShorts(world, "A") == Shorts{"ack 1", "ack 2", "direct 2"});
}

TEST_CASE(
    "order: in a group the reply to a change comes before its notice, and others need not wait") {
  HubWorld world(withoutWatching());
  const std::string group = groupOfThree(world);
  world.open("D", "dave");
  world.storage.keep = true;
  world.send("D", toPeer("dave", "erin", "1"));
  world.send("D", room("join", "dave", group));
  answer(world, 1);
  CHECK(takeShorts(world, "A") == Shorts{"members-joined"});
  world.expectNothing("D");
  answer(world, 0);
  CHECK(takeShorts(world, "D") == Shorts{"ack 1", "joined", "members-joined"});
}

TEST_CASE("order: news of a group wait for a reply about it that waits for an earlier one") {
  HubWorld world(withoutWatching());
  const std::string group = groupOfThree(world);
  const bool leaves = GENERATE(true, false);
  world.storage.keep = true;
  world.send("A", toPeer("alice", "erin", "1"));
  // She leaves, or is in the group already: both have no notice for her that could wait.
  world.send("A", room(leaves ? "leave" : "join", "alice", group));
  if (leaves) answer(world, 1);
  world.send("B", room(leaves ? "invite" : "kick", "bob", group, R"(,"roomPeerIds":["alice"])"));
  answer(world, 1);
  CHECK(takeShorts(world, "B").back() == (leaves ? "members-joined" : "members-left"));
  world.expectNothing("A");
  answer(world, 0);
  CHECK(takeShorts(world, "A") == (leaves ? Shorts{"ack 1", "left", "joined", "members-joined"}
                                          : Shorts{"ack 1", "joined", "left"}));
}

TEST_CASE("order: messages and changes of a group reach its members in one order") {
  HubWorld world(withoutWatching());
  const std::string group = groupOfThree(world);
  world.storage.keep = true;
  world.send("A", toGroup("alice", group, "1"));
  world.send("B", room("leave", "bob", group));
  world.send("A", toGroup("alice", group, "2"));
  answer(world, 2);
  answer(world, 1);
  CHECK(takeShorts(world, "B") == Shorts{"left"});
  world.expectNothing("C");
  answer(world, 0);
  CHECK(takeShorts(world, "C") == Shorts{"direct 1", "members-left", "direct 2"});
  CHECK(takeShorts(world, "B") == Shorts{"direct 1"});
}

TEST_CASE("order: a device that was answered that it has left hears nothing of before") {
  HubWorld world(withoutWatching());
  const std::string group = groupOfThree(world);
  world.open("D", "dave");
  world.open("E", "dave");
  // The group waits for a message, or the connection for an acknowledgement.
  const bool group_waits = GENERATE(true, false);
  world.storage.keep = true;
  group_waits ? world.send("B", toGroup("bob", group, "1"))
              : world.send("D", toPeer("dave", "erin", "1"));
  world.send("D", room("join", "dave", group));
  world.send("D", room("leave", "dave", group));
  answer(world, 1);
  answer(world, 1);
  if (group_waits) CHECK(takeShorts(world, "D") == Shorts{"joined", "left"});
  answer(world, 0);
  CHECK(takeShorts(world, "D") == (group_waits ? Shorts{} : Shorts{"ack 1", "joined", "left"}));
  CHECK(takeShorts(world, "E").front() == "members-joined");
  Shorts told = takeShorts(world, "A");
  if (group_waits) told.erase(told.begin());  // the message
  CHECK(told == Shorts{"members-joined", "members-left"});
}

TEST_CASE("order: a repeated join is answered when it is stored, whoever asked first") {
  HubWorld world(withoutWatching());
  const std::string group = groupOfThree(world);
  world.open("D", "dave");
  world.open("E", "dave");
  world.storage.keep = true;
  world.send("D", room("join", "dave", group));
  world.send("E", room("join", "dave", group));
  world.expectNothing("E");
  answer(world, 1);
  CHECK(takeShorts(world, "E") == Shorts{"joined"});
  world.expectNothing("A");
  answer(world, 0);
  CHECK(takeShorts(world, "D") == Shorts{"joined", "members-joined"});
  CHECK(takeShorts(world, "E") == Shorts{"members-joined"});
}

TEST_CASE("order: a transient message does not overtake its sender's stored ones") {
  HubWorld world(withoutWatching());
  const std::string group = groupOfThree(world);
  const bool direct = GENERATE(true, false);
  world.storage.keep = true;
  const std::string transient = R"(,"transient":true)";
  world.send("A", direct ? toPeer("alice", "carol", "1") : toGroup("alice", group, "1"));
  world.send("A", direct ? toPeer("alice", "carol", "2", transient)
                         : toGroup("alice", group, "2", transient));
  world.expectNothing("C");
  answer(world, 0);
  CHECK(takeShorts(world, "C") == Shorts{"direct 1", "direct 2"});
}

TEST_CASE("order: a transient message does not wait for what other conversations wait for") {
  HubWorld world(withoutWatching());
  const std::string group = groupOfThree(world);
  world.storage.keep = true;
  const std::string transient = R"(,"transient":true)";
  world.send("A", toPeer("alice", "dave", "1"));
  world.send("A", toGroup("alice", group, "2", transient));
  world.send("A", toPeer("alice", "bob", "3", transient));
  CHECK(takeShorts(world, "C") == Shorts{"direct 2"});
  CHECK(takeShorts(world, "B") == Shorts{"direct 2", "direct 3"});
}

TEST_CASE("order: what stands behind a message that failed goes on") {
  HubWorld world(withoutWatching());
  const std::string group = groupOfThree(world);
  world.storage.keep = true;
  world.storage.fail_next = true;
  world.send("A", toGroup("alice", group, "1"));
  world.send("B", toGroup("bob", group, "2"));
  answer(world, 1);
  world.expectNothing("C");
  answer(world, 0);
  CHECK(world.closed("A"));
  CHECK(takeShorts(world, "C") == Shorts{"direct 2"});
}

TEST_CASE("order: what stands behind a message whose sender has gone goes on") {
  HubWorld world(withoutWatching());
  const std::string group = groupOfThree(world);
  world.storage.keep = true;
  world.send("A", toGroup("alice", group, "1"));
  world.send("B", toGroup("bob", group, "2"));
  world.drop("A");
  answer(world, 1);
  answer(world, 0);
  CHECK(takeShorts(world, "C") == Shorts{"direct 1", "direct 2"});
}

TEST_CASE("order: a message that is accepted while the queue is read comes once") {
  HubWorld world(withoutWatching());
  world.open("A", "alice");
  world.storage.keep = true;
  SECTION("asked before the page, answered after it") {
    world.send("A", toPeer("alice", "bob", "1"));
    world.open("B", "bob");
    answer(world, 1);
    CHECK(takeShorts(world, "B") == Shorts{"direct 1"});
    answer(world, 0);
    world.expectNothing("B");
  }
  SECTION("asked before the page, answered after it, for a peer that has another device") {
    world.storage.keep = false;
    world.open("D", "bob");
    world.storage.keep = true;
    world.send("A", toPeer("alice", "bob", "1"));
    world.open("B", "bob");
    answer(world, 1);
    CHECK(takeShorts(world, "B") == Shorts{"direct 1"});
    world.expectNothing("D");
    answer(world, 0);
    CHECK(takeShorts(world, "D") == Shorts{"direct 1"});
    world.expectNothing("B");
  }
  SECTION("asked before the page, answered before it") {
    world.send("A", toPeer("alice", "bob", "1"));
    world.open("B", "bob");
    answer(world, 0);
    world.expectNothing("B");
    answer(world, 0);
    CHECK(takeShorts(world, "B") == Shorts{"direct 1"});
    CHECK(world.storage.kept() == 0);
  }
  SECTION("asked after the page, answered before it") {
    world.open("B", "bob");
    world.send("A", toPeer("alice", "bob", "1"));
    answer(world, 1);
    world.expectNothing("B");
    answer(world, 0);                    // the page knows nothing of it
    REQUIRE(world.storage.kept() == 1);  // so another one is read
    answer(world, 0);
    CHECK(takeShorts(world, "B") == Shorts{"direct 1"});
  }
  SECTION("asked after the page, answered after it") {
    world.open("B", "bob");
    world.send("A", toPeer("alice", "bob", "1"));
    answer(world, 0);
    world.expectNothing("B");
    answer(world, 0);
    CHECK(takeShorts(world, "B") == Shorts{"direct 1"});
  }
  world.storage.keep = false;
  world.send("A", toPeer("alice", "bob", "2"));
  CHECK(takeShorts(world, "B") == Shorts{"direct 2"});
}

TEST_CASE("order: an answer that is late does not bring what an earlier session acknowledged") {
  HubWorld world(withoutWatching());
  world.open("A", "alice");
  world.open("D", "bob");
  world.storage.keep = true;
  world.send("A", toPeer("alice", "bob", "1"));
  world.drop("D");
  world.open("B", "bob");
  answer(world, 1);  // its page, which has the message
  const std::string message = world.take("B");
  REQUIRE(shortOf(message) == "direct 1");
  world.send("B", R"({"cmd":"ack","peerId":"bob","ids":[")" + textOf(message, "id") + "\"]}");
  world.drop("B");
  world.open("C", "bob");
  answer(world, 1);  // the page of the new session, which is empty
  answer(world, 0);
  CHECK(takeShorts(world, "A") == Shorts{"ack 1"});
  world.expectNothing("C");
  world.storage.keep = false;
  world.send("A", toPeer("alice", "bob", "2"));
  CHECK(takeShorts(world, "C") == Shorts{"direct 2"});
}

TEST_CASE("order: answers that nobody asked for, or that come twice, change nothing") {
  HubWorld world(withoutWatching());
  world.open("A", "alice");
  world.storage.keep = true;
  world.send("A", toPeer("alice", "bob", "1"));
  storage::Answer stray(12345, std::in_place_type<storage::Appended>, storage::Appended{});
  world.hub.onAnswer(stray);
  world.expectNothing("A");
  answer(world, 0);
  CHECK(takeShorts(world, "A") == Shorts{"ack 1"});
}

}  // namespace
}  // namespace kith::testing
