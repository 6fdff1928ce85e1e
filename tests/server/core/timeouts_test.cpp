// SPDX-License-Identifier: Apache-2.0
#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

TEST_CASE("timeouts: without a session a connection lives 60 s, frames or not (4108)") {
  HubWorld world;
  world.connect("A");
  world.connect("B");
  world.advance(base::Millis(59000));
  world.send("A", "{}");
  world.advance(base::Millis(999));
  CHECK_FALSE(world.closed("A"));
  world.advance(base::Millis(1));
  world.expectClose("A", 4108, "LOGIN_TIMEOUT");
  world.expectClose("B", 4108, "LOGIN_TIMEOUT");
}

TEST_CASE("timeouts: a session or Android's login satisfies the login timeout (§2, §4.5)") {
  HubWorld world;
  world.open("A", "alice");
  world.send("B", R"({"cmd":"login","appId":"testapp0001","installationId":"7d1c"})");
  world.expectNothing("B");
  world.advance(base::Millis(61000));
  CHECK_FALSE(world.closed("A"));
  CHECK_FALSE(world.closed("B"));
}

TEST_CASE("timeouts: 360 s without a frame or PING close with 4107") {
  HubWorld world;
  world.open("A", "alice");
  world.open("B", "bob", R"(["alice"])");
  world.advance(base::Millis(300000));
  world.send("B", "{}");
  world.advance(base::Millis(59999));
  CHECK_FALSE(world.closed("A"));
  world.advance(base::Millis(1));
  world.expectClose("A", 4107, "READ_TIMEOUT");
  CHECK(textOf(world.takeAll("B").back(), "status") == "off");
  world.advance(base::Millis(200000));
  CHECK_FALSE(world.closed("B"));
}

TEST_CASE("timeouts: a PING counts as life") {
  HubWorld world;
  world.open("A", "alice");
  for (int i = 0; i < 4; ++i) {
    world.advance(base::Millis(180000));
    world.hub.heard(1, world.now());
  }
  CHECK_FALSE(world.closed("A"));
}

TEST_CASE("timeouts: frames set no timers; a busy connection is looked at once a period") {
  HubWorld world;
  world.open("A", "alice");
  world.advance(base::Millis(60000));
  world.wakeups = 0;
  for (int i = 0; i < 720; ++i) {
    world.send("A", "{}");
    world.advance(base::Millis(1000));
  }
  CHECK(world.wakeups <= 4);
  CHECK_FALSE(world.closed("A"));
}

TEST_CASE("timeouts: the storage is told to forget old things now and every hour") {
  HubWorld world;
  CHECK(world.hub.deadline() == base::kNever);
  world.connect("A");
  world.advance(base::Millis(61000));
  CHECK(world.storage.expired == 1);
  world.advance(base::Millis(3 * 3600 * 1000));
  CHECK(world.storage.expired == 4);
}

TEST_CASE("timeouts: connections that come and go leave no timers behind") {
  HubWorld world;
  for (int i = 0; i < 5000; ++i) {
    world.connect("A");
    world.drop("A");
  }
  world.wakeups = 0;
  world.advance(base::Millis(400000));
  CHECK(world.wakeups < 5);
  CHECK(world.hub.stats().connections == 0);
}

TEST_CASE("timeouts: a connection number may be used again at once") {
  HubWorld world;
  world.open("A", "alice");
  world.hub.disconnected(1, world.now());
  world.hub.connected(1, world.dialect, world.now());
  world.advance(base::Millis(60000));
  world.expectClose("A", 4108, "LOGIN_TIMEOUT");
  world.hub.disconnected(99, world.now());
  world.hub.drained(99, world.now());
  world.hub.heard(99, world.now());
}

}  // namespace
}  // namespace kith::testing
