// SPDX-License-Identifier: Apache-2.0
// What still works, and how, when a feature is switched off.
#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

constexpr Switches kAll{};

Switches without(bool Switches::*feature) {
  Switches switches;
  switches.*feature = false;
  return switches;
}

core::HubOptions freely() {
  AppOptions app = testApp();
  app.require_watch = RequireWatch::Off;
  return testHub(app);
}

void apply(HubWorld& world, const Switches& switches) {
  world.setSwitches(switches);
  world.settle();
}

std::string onlineOf(const std::string& frame) { return Frame(frame)["onlineSessionPeerIds"]; }

void expectPresence(HubWorld& world, const std::string& name, const std::string& status,
                    const std::string& ids) {
  const std::string frame = world.take(name);
  INFO(frame);
  CHECK(textOf(frame, "cmd") == "presence");
  CHECK(textOf(frame, "status") == status);
  CHECK(Frame(frame)["sessionPeerIds"] == ids);
}

}  // namespace

TEST_CASE("switches: without presence lists are empty and nothing is told") {
  HubWorld world;
  world.open("B", "bob");
  apply(world, without(&Switches::presence));
  CHECK(onlineOf(world.open("A", "alice", R"(["bob","carol"])")) == "[]");
  world.open("C", "carol");
  world.drop("B");
  world.send("A", R"({"cmd":"session","op":"query","peerId":"alice","sessionPeerIds":["carol"]})");
  CHECK(onlineOf(world.take("A")) == "[]");
  world.expectNothing("A");
}

TEST_CASE("switches: presence comes back with the present state for every watcher") {
  HubWorld world;
  world.open("B", "bob");
  world.open("A", "alice", R"(["bob","carol","dave"])");  // knows that bob is online
  apply(world, without(&Switches::presence));
  world.open("N", "nora", R"(["bob","carol"])");  // was told nothing
  world.drop("B");
  world.open("C", "carol");
  world.expectNothing("A");
  apply(world, kAll);
  expectPresence(world, "A", "off", R"(["bob"])");
  expectPresence(world, "A", "on", R"(["carol"])");
  world.expectNothing("A");
  CHECK(textOf(world.take("N"), "status") == "off");  // bob: harmless, as it was never told
  expectPresence(world, "N", "on", R"(["carol"])");
  world.expectNothing("N");
  // And edges are told again.
  world.drop("C");
  expectPresence(world, "A", "off", R"(["carol"])");
}

TEST_CASE("switches: an app without presence stays without it") {
  core::HubOptions options = testHub();
  options.apps[0].switches.presence = false;
  HubWorld world(options);
  world.open("B", "bob");
  CHECK(onlineOf(world.open("A", "alice", R"(["bob"])")) == "[]");
  apply(world, without(&Switches::presence));
  apply(world, kAll);
  world.expectNothing("A");
}

TEST_CASE("switches: without receipts a wish for one is taken and nothing comes of it") {
  HubWorld world(freely());
  world.open("A", "alice");
  world.open("B", "bob");
  const auto exchange = [&] {
    world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"x","r":true})");
    CHECK(textOf(world.take("A"), "cmd") == "ack");
    const std::string id = textOf(world.take("B"), "id");
    world.send("B", R"({"cmd":"ack","peerId":"bob","ids":[")" + id + "\"]}");
  };
  apply(world, without(&Switches::receipts));
  exchange();
  world.expectNothing("A");
  apply(world, kAll);
  exchange();
  CHECK(textOf(world.take("A"), "cmd") == "rcp");
}

TEST_CASE("switches: without priority offline queues come ten messages at a time, in turn") {
  HubWorld world(freely());
  world.open("A", "alice");
  for (int i = 0; i < 25; ++i) {
    const std::string number = std::to_string(i);
    world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob","carol"],"msg":")" +
                        number + "\"}");
  }
  world.forgetAll();
  apply(world, without(&Switches::replay_priority));
  world.storage.held = true;
  world.storage.pages = 0;
  world.connect("B");
  world.connect("C");
  world.feed("B", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"bob"})");
  world.feed("C", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"carol"})");
  world.settle();
  CHECK(world.storage.pages == 1);  // the second connection waits for the first one's page
  SECTION("all come in the end, in order") {
    world.storage.held = false;
    world.settle();
    CHECK(world.storage.pages >= 6);
    for (const std::string name : {"B", "C"}) {
      CHECK(textOf(world.take(name), "op") == "opened");
      for (int i = 0; i < 25; ++i) CHECK(textOf(world.take(name), "msg") == std::to_string(i));
      world.expectNothing(name);
    }
  }
  SECTION("switched on again nobody waits for anybody") {
    apply(world, kAll);
    CHECK(world.storage.pages == 2);
    world.storage.held = false;
    world.settle();
    CHECK(world.takeAll("B").size() == 26);
    CHECK(world.takeAll("C").size() == 26);
  }
  SECTION("a connection that goes does not stop the others") {
    world.drop("B");
    world.storage.held = false;
    world.settle();
    CHECK(world.takeAll("C").size() == 26);
  }
  SECTION("a page that cannot be read does not stop the others") {
    world.storage.held = false;
    world.storage.fail_next = true;
    world.settle();
    world.expectClose("B", 4200, "INTERNAL_ERROR");
    CHECK(world.takeAll("C").size() == 26);
  }
}

TEST_CASE("switches: an app that is without receipts or priority is so whatever the server has") {
  core::HubOptions options = freely();
  AppOptions& app = options.apps[0];
  SECTION("receipts") {
    app.switches.receipts = false;
    HubWorld world(options);
    world.open("A", "alice");
    world.open("B", "bob");
    world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"x","r":true})");
    CHECK(textOf(world.take("A"), "cmd") == "ack");
    const std::string id = textOf(world.take("B"), "id");
    world.send("B", R"({"cmd":"ack","peerId":"bob","ids":[")" + id + "\"]}");
    world.expectNothing("A");
  }
  SECTION("priority") {
    app.switches.replay_priority = false;
    HubWorld world(options);
    world.open("A", "alice");
    for (int i = 0; i < 25; ++i) {
      world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob","carol"],"msg":"x"})");
    }
    world.storage.held = true;
    world.storage.pages = 0;
    for (const std::string peer : {"bob", "carol"}) {
      world.send(peer,
                 R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":")" + peer + "\"}");
    }
    CHECK(world.storage.pages == 1);
    world.storage.held = false;
    world.settle();
    for (const std::string peer : {"bob", "carol"}) CHECK(world.takeAll(peer).size() == 26);
  }
}

}  // namespace kith::testing
