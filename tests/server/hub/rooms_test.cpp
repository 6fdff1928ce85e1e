// SPDX-License-Identifier: Apache-2.0
#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

std::string command(const std::string& peer, const std::string& op, const std::string& group,
                    const std::string& ids = "") {
  return R"({"cmd":"room","op":")" + op + R"(","peerId":")" + peer + R"(","roomId":")" + group +
         "\"" + (ids.empty() ? "" : R"(,"roomPeerIds":)" + ids) + R"(,"i":1})";
}

std::string notice(const std::string& peer, const std::string& op, const std::string& group,
                   const std::string& by, const std::string& ids = "", bool reply = false) {
  return R"({"cmd":"room","appId":"testapp0001","op":")" + op + R"(","peerId":")" + peer +
         R"(","roomId":")" + group + R"(","byPeerId":")" + by + "\"" +
         (ids.empty() ? "" : R"(,"roomPeerIds":)" + ids) + (reply ? R"(,"i":1})" : "}");
}

/// Creates a group of alice's and takes both frames.
std::string makeGroup(HubWorld& world) {
  world.send("A", R"({"cmd":"room","op":"join","peerId":"alice"})");
  const auto id = textOf(world.take("A"), "roomId");
  world.expect("A", notice("alice", "members-joined", id, "alice", R"(["alice"])"));
  CHECK(id.size() == 24);
  CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
  return id;
}

void openAll(HubWorld& world) {
  world.open("A", "alice");
  world.open("B", "bob");
  world.open("C", "carol");
}

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
  // The row stays when nobody is left (Q15).
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
  world.send("A", command("alice", "invite", id, R"(["alice","bob"])"));
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

TEST_CASE("rooms: later commands see a change at once, its frames wait for the storage") {
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

std::string storedGroup(HubWorld& world, const std::string& id,
                        const std::vector<std::string_view>& members) {
  world.storage.submit(1ull << 63, storage::CreateGroup{"testapp0001", id, false, members, 0});
  world.storage.flush();
  world.settle();
  return id;
}

TEST_CASE("rooms: a group that is not in memory holds its connection only (decision 010)") {
  HubWorld world;
  openAll(world);
  const auto id = storedGroup(world, "54753e1ee4b0b41b21e0e76e", {"alice", "bob"});
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
  const auto id = storedGroup(world, "54753e1ee4b0b41b21e0e76e", {"alice"});
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
  const auto id = storedGroup(world, "54753e1ee4b0b41b21e0e76e", {"alice"});
  world.storage.held = true;
  world.send("B", command("bob", "join", id));
  world.drop("B");
  world.storage.held = false;
  world.settle();
  world.expectNothing("A");
}

TEST_CASE("rooms: a change that the storage refuses closes the actor and is not seen again") {
  HubWorld world;
  openAll(world);
  const auto id = makeGroup(world);
  world.storage.fail_next = true;
  world.send("B", command("bob", "join", id));
  world.expectClose("B", 4200, "INTERNAL_ERROR");
  world.expectNothing("A");
  world.send("C", command("carol", "join", id));
  CHECK(textOf(world.take("C"), "op") == "joined");
  CHECK(world.storage.loads == 1);  // memory was not trusted any more
}

TEST_CASE("rooms: two changes of a group that fail together forget it once") {
  HubWorld world;
  openAll(world);
  const auto other = makeGroup(world);
  const auto id = makeGroup(world);
  world.send("A", command("alice", "invite", id, R"(["bob"])"));
  world.forgetAll();
  world.storage.held = true;
  world.send("A", command("alice", "invite", id, R"(["x"])"));
  world.send("B", command("bob", "invite", id, R"(["y"])"));
  world.storage.held = false;
  world.storage.fail_all = true;
  world.settle();
  world.storage.fail_all = false;
  world.expectClose("A", 4200, "INTERNAL_ERROR");
  world.expectClose("B", 4200, "INTERNAL_ERROR");
  CHECK(world.hub.groups() == 1);
  world.send("C", command("carol", "join", id));
  CHECK(textOf(world.take("C"), "op") == "joined");
  world.send("C", command("carol", "join", other));
  world.takeAll("C");
  CHECK(world.hub.groups() == 2);
}

TEST_CASE("rooms: groups with connected members leave the memory, too, when there are very many") {
  auto app = testApp();
  app.rates.peer_per_second = app.rates.app_per_second = 0;
  HubWorld world(testHub(app));
  world.open("A", "alice");
  const auto first = makeGroup(world);
  for (int i = 0; i < 17000; ++i) {
    world.feed("A", R"({"cmd":"room","op":"join","peerId":"alice"})");
    if (i % 50 != 0) continue;
    world.settle();
    world.takeAll("A");
  }
  world.settle();
  world.takeAll("A");
  std::size_t loads = world.storage.loads;
  world.send("A", R"({"cmd":"direct","peerId":"alice","roomId":")" + first + R"(","msg":"x"})");
  CHECK(textOf(world.take("A"), "cmd") == "ack");
  CHECK(world.storage.loads >= loads);
  CHECK(world.hub.groups() <= 16384);
}

/// alice invites 99 peers, who need not exist; `number` says which.
void inviteMany(HubWorld& world, const std::string& group, int number) {
  std::string ids;
  for (int peer = 0; peer < 99; ++peer) {
    ids += (peer == 0 ? "\"" : ",\"") + std::to_string(100 * number + peer) + '"';
  }
  world.send("A", command("alice", "invite", group, "[" + ids + "]"));
}

/// So many groups of alice's with a hundred members each. With `leave` she goes out of each, so
/// that nobody in it is connected.
void makeLargeGroups(HubWorld& world, int groups, bool leave) {
  for (int i = 0; i < groups; ++i) {
    const auto id = makeGroup(world);
    inviteMany(world, id, i);
    if (leave) world.send("A", command("alice", "leave", id));
    world.takeAll("A");
  }
}

TEST_CASE("rooms: the memory holds so many members of groups, however few groups they are in") {
  auto app = testApp();
  app.rates.peer_per_second = app.rates.app_per_second = 0;
  auto options = testHub(app);
  options.cached_members = 1000;
  HubWorld world(options);
  world.open("A", "alice");
  const auto first = makeGroup(world);
  SECTION("idle ones go at the bound") {
    makeLargeGroups(world, 60, true);
    CHECK(world.hub.groupMembers() <= 1100);  // the last one grew when it was in use
    CHECK(world.hub.groupMembers() >= 500);
  }
  SECTION("those in use go at four times as many") {
    makeLargeGroups(world, 60, false);
    CHECK(world.hub.groupMembers() <= 4100);
    CHECK(world.hub.groupMembers() >= 2000);
  }
  SECTION("groups that grow count, too") {
    std::vector<std::string> groups;
    for (int i = 0; i < 60; ++i) groups.push_back(makeGroup(world));
    for (int i = 0; i < 60; ++i) inviteMany(world, groups[static_cast<std::size_t>(i)], i);
    CHECK(world.hub.groupMembers() <= 4100);
    world.takeAll("A");
  }
  SECTION("one that is larger than the bound works all the same") {
    options.cached_members = 10;
    HubWorld narrow(options);
    narrow.open("A", "alice");
    makeLargeGroups(narrow, 3, false);
    CHECK(narrow.hub.groups() <= 2);
  }
  // What went is loaded again.
  world.send("A", R"({"cmd":"direct","peerId":"alice","roomId":")" + first + R"(","msg":"x"})");
  CHECK_FALSE(Frame(world.take("A")).has("code"));
}

TEST_CASE("rooms: groups without connected members leave the memory when there are many") {
  HubWorld world;
  world.open("A", "alice");
  const auto kept = makeGroup(world);
  world.open("B", "bob");
  for (int i = 0; i < 4200; ++i) {
    world.feed("B", R"({"cmd":"room","op":"join","peerId":"bob"})");
    if (i % 100 == 0) world.settle();
  }
  world.settle();
  world.drop("B");
  world.open("C", "carol");
  for (int i = 0; i < 600; ++i) {
    world.feed("C", R"({"cmd":"room","op":"join","peerId":"carol"})");
    world.settle();
  }
  const auto before = world.storage.loads;
  world.send("A", R"({"cmd":"direct","peerId":"alice","roomId":")" + kept + R"(","msg":"x"})");
  CHECK(textOf(world.take("A"), "cmd") == "ack");
  CHECK(world.storage.loads == before);  // alice is connected, so hers stayed
}

}  // namespace
}  // namespace kith::testing
