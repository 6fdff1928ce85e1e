// SPDX-License-Identifier: Apache-2.0
// Which groups are in memory.
#include "server/core/room_scene.hpp"

namespace kith::testing {
namespace {

TEST_CASE("rooms: groups with connected members leave the memory, too, when there are very many") {
  auto app = testApp();
  app.rates.peer_per_second = app.rates.app_per_second = 0;
  auto options = testHub(app);
  options.cached_groups = 1000;
  HubWorld world(options);
  world.open("A", "alice");
  const auto first = makeGroup(world);
  for (int i = 0; i < 4200; ++i) {
    world.feed("A", R"({"cmd":"room","op":"join","peerId":"alice"})");
    if (i % 50 != 0) continue;
    world.settle();
    world.takeAll("A");
  }
  world.settle();
  world.takeAll("A");
  CHECK(world.hub.groups() > 3000);
  world.send("A", R"({"cmd":"direct","peerId":"alice","roomId":")" + first + R"(","msg":"x"})");
  CHECK(textOf(world.take("A"), "cmd") == "ack");
  CHECK(world.hub.groups() <= 4000);
}

TEST_CASE("rooms: a group whose members were changed in the storage is loaded anew") {
  HubWorld world(testHub(testApp()));
  openAll(world);
  const auto group = storedGroup(world, "5a0000000000000000000001", {{"alice", true}});
  world.send("A", say("alice", group, "one"));
  world.takeAll("A");
  const storage::PeerRef bob{"bob", true};
  world.storage.submit(1ull << 63,
                       storage::AddMembers{"testapp0001", group, {&bob, 1}, "alice", false, 0, 1});
  world.storage.flush();
  world.settle();
  world.hub.forgetGroup("testapp0001", group);
  world.send("A", say("alice", group, "two"));
  CHECK(heard(world, "B") == "two");
  world.hub.forgetGroup("testapp0001", "none");
  world.hub.forgetGroup("other", group);
  CHECK(world.hub.isOnline("testapp0001", "bob"));
  CHECK_FALSE(world.hub.isOnline("testapp0001", "dave"));
  CHECK_FALSE(world.hub.isOnline("other", "bob"));
}

/// alice invites 99 peers, which need not exist; `number` says which.
void inviteMany(HubWorld& world, const std::string& group, int number) {
  std::string ids;
  for (int peer = 0; peer < 99; ++peer) {
    ids += (peer == 0 ? "\"" : ",\"") + std::to_string(100 * number + peer) + '"';
  }
  world.send("A", command("alice", "invite", group, "[" + ids + "]"));
}

/// So many groups of alice's with a hundred members each. With `leave` she goes out of each, so
/// that none of its members is connected.
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
  auto options = testHub();
  options.cached_groups = 1000;
  HubWorld world(options);
  world.open("A", "alice");
  const auto kept = makeGroup(world);
  world.open("B", "bob");
  for (int i = 0; i < 1100; ++i) {
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
