// SPDX-License-Identifier: Apache-2.0
// Apps whose settings change while they are used, and apps that come while the hub runs.
#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

using base::Millis;

core::HubOptions freely() {
  AppOptions app = testApp();
  app.require_watch = RequireWatch::Off;
  return testHub(app);
}

std::string direct(const std::string& from, const std::string& to, const std::string& text,
                   const std::string& more = "") {
  return R"({"cmd":"direct","peerId":")" + from + R"(","toPeerIds":[")" + to + R"("],"msg":")" +
         text + '"' + more + "}";
}

std::string openOf(const std::string& app, const std::string& peer, const std::string& more = "") {
  return R"({"cmd":"session","op":"open","appId":")" + app + R"(","peerId":")" + peer +
         R"(","sessionPeerIds":[])" + more + "}";
}

/// The signature fields of an open that watches no peer, made with another key than the world's.
std::string signedWith(std::string_view key, HubWorld& world, const std::string& peer,
                       const std::string& nonce) {
  const std::string time = std::to_string(world.seconds());
  const std::string text = sign::sessionText("testapp0001", peer, {}, time, nonce);
  return R"(,"s":")" + sign::Signer(key).sign(text) + R"(","t":)" + time + R"(,"n":")" + nonce +
         "\"";
}

/// Sends what is persistent to a peer that is away, and counts what is kept for it.
std::size_t keptFor(HubWorld& world, const std::string& peer, int messages) {
  for (int i = 0; i < messages; ++i) {
    world.send("A", direct("alice", peer, std::to_string(i)));
    world.take("A");
  }
  world.send(peer, openOf("testapp0001", peer));
  std::size_t kept = 0;
  for (const std::string& frame : world.takeAll(peer)) {
    if (textOf(frame, "cmd") == "direct") ++kept;
  }
  return kept;
}

}  // namespace

TEST_CASE("app settings: a burst over a change of the rate loses nothing and keeps its order") {
  HubWorld world(freely());
  world.open("A", "alice");
  world.open("B", "bob");
  for (int i = 0; i < 1000; ++i) {
    if (i == 300) {
      world.apps[0].rates.peer_per_second = world.apps[0].rates.peer_burst = 1;
      world.setApps();
      world.pass(Millis(1));
    }
    if (i == 700) {
      world.apps[0].rates.peer_per_second = 0;
      world.setApps();
    }
    world.feed("A", direct("alice", "bob", std::to_string(i), R"(,"transient":true)"));
    if (i == 699) CHECK(world.hub.hasWaiting());
  }
  world.settle();
  for (int i = 0; i < 1000; ++i) {
    if (textOf(world.take("B"), "msg") != std::to_string(i)) FAIL("message " << i);
  }
  world.expectNothing("B");
  CHECK_FALSE(world.closed("A"));
}

TEST_CASE("app settings: a new rate is the one that the next command is measured by") {
  HubWorld world(freely());
  world.open("A", "alice");
  const auto waits = [&] {
    std::string frame = direct("alice", "zoe", "x", R"(,"transient":true)") + '\0';
    return world.hub.received(1, frame.data(), frame.size() - 1, world.now()) == core::Flow::Wait;
  };
  REQUIRE_FALSE(waits());
  world.apps[0].rates.peer_per_second = world.apps[0].rates.peer_burst = 1;
  world.setApps();
  world.pass(Millis(1));
  CHECK_FALSE(waits());  // the one that its bucket has
  CHECK(waits());
}

TEST_CASE("app settings: a rotated master key signs from the next command on, the old one not") {
  HubWorld world(testHub(testApp(true)));
  world.send("A", openOf("testapp0001", "alice", world.sessionSignature("alice", {})));
  REQUIRE(textOf(world.take("A"), "op") == "opened");
  const std::string early = world.sessionSignature("bob", {});
  world.apps[0].master_key = "another-key";
  world.setApps();
  world.send("B", openOf("testapp0001", "bob", early));
  world.expectClose("B", 4102, "SIGNATURE_FAILED");
  world.send("C", openOf("testapp0001", "carol", signedWith("another-key", world, "carol", "n1")));
  CHECK(textOf(world.take("C"), "op") == "opened");
  // A session is its peer's until it ends, whatever key opened it.
  world.send("A", R"({"cmd":"session","op":"query","peerId":"alice","sessionPeerIds":["carol"]})");
  CHECK(Frame(world.take("A"))["onlineSessionPeerIds"] == R"(["carol"])");
}

TEST_CASE("app settings: a signature that was used stays so when its key goes and comes back") {
  HubWorld world(testHub(testApp(true)));
  const std::string open = openOf("testapp0001", "alice", world.sessionSignature("alice", {}));
  world.send("A", open);
  REQUIRE(textOf(world.take("A"), "op") == "opened");
  world.apps[0].master_key = "another-key";
  world.setApps();
  world.apps[0].master_key = kMasterKey;
  world.setApps();
  world.send("B", open);
  world.expectClose("B", 4102, "SIGNATURE_FAILED");
  CHECK(world.takeRefusal().fault == core::SignatureFault::Replayed);
}

TEST_CASE("app settings: signatures are asked for from the next open on, open sessions stay") {
  HubWorld world(freely());
  world.open("A", "alice");
  world.apps[0].require_signature = true;
  world.setApps();
  world.send("A", direct("alice", "alice", "to myself", R"(,"transient":true)"));
  CHECK(textOf(world.take("A"), "msg") == "to myself");
  world.send("A", R"({"cmd":"session","op":"add","peerId":"alice","sessionPeerIds":["bob"]})");
  CHECK(textOf(world.take("A"), "op") == "error");
  world.send("B", openOf("testapp0001", "bob"));
  world.expectClose("B", 4102, "SIGNATURE_FAILED");
  world.apps[0].require_signature = false;
  world.setApps();
  world.open("C", "carol");
}

TEST_CASE("app settings: an app that is added is served, and the others go on as before") {
  HubWorld world(freely());
  world.open("A", "alice");
  world.send("B", openOf("second", "bob"));
  world.expectClose("B", 4100, "APP_NOT_AVAILABLE");
  AppOptions second;
  second.id = "second";
  second.require_watch = RequireWatch::Off;
  world.apps.push_back(second);
  world.setApps();
  world.send("C", openOf("second", "carol"));
  REQUIRE(textOf(world.take("C"), "op") == "opened");
  // Persistent, so the storage knows the app, too.
  world.send("C", direct("carol", "carol", "kept"));
  CHECK(textOf(world.take("C"), "cmd") == "ack");
  CHECK(textOf(world.take("C"), "msg") == "kept");
  world.send("A", direct("alice", "alice", "kept"));
  CHECK(textOf(world.take("A"), "cmd") == "ack");
  CHECK(textOf(world.take("A"), "msg") == "kept");
}

TEST_CASE("app settings: an app that is left out of the next snapshot stays as it is") {
  HubWorld world(freely());
  world.open("A", "alice");
  world.apps[0].id = "instead";
  world.setApps();
  world.send("A", direct("alice", "alice", "still here", R"(,"transient":true)"));
  CHECK(textOf(world.take("A"), "msg") == "still here");
  world.open("B", "bob");
}

TEST_CASE("app settings: the storage keeps as many messages for who is away as is said last") {
  HubWorld world(freely());
  world.open("A", "alice");
  CHECK(keptFor(world, "bob", 6) == 6);
  world.apps[0].offline_messages = 4;
  world.setApps();
  CHECK(keptFor(world, "carol", 6) == 4);
  const std::uint64_t flushes = world.storage.flushes;
  world.apps[0].rates.peer_burst = 400;  // no business of the storage's
  world.setApps();
  world.settle();
  CHECK(world.storage.flushes == flushes);
}

TEST_CASE("app settings: presence that is switched on in one app is told there and nowhere else") {
  core::HubOptions options = freely();
  options.apps[0].switches.presence = false;
  options.apps.push_back(options.apps[0]);
  options.apps[1].id = "second";
  HubWorld world(options);
  for (const std::string app : {"testapp0001", "second"}) {
    world.send("bob of " + app, openOf(app, "bob"));
    world.send("alice of " + app, R"({"cmd":"session","op":"open","appId":")" + app +
                                      R"(","peerId":"alice","sessionPeerIds":["bob"]})");
    CHECK(Frame(world.take("alice of " + app))["onlineSessionPeerIds"] == "[]");
  }
  world.apps[1].switches.presence = true;
  world.setApps();
  world.settle();
  const std::string told = world.take("alice of second");
  CHECK(textOf(told, "status") == "on");
  CHECK(Frame(told)["sessionPeerIds"] == R"(["bob"])");
  world.expectNothing("alice of testapp0001");
  // What has nothing to do with it repeats nothing.
  world.apps[1].watched_peers = 50;
  world.setApps();
  world.settle();
  world.expectNothing("alice of second");
}

TEST_CASE("app settings: who is beyond a lower limit stays, and no more may come") {
  HubWorld world(freely());
  world.open("A", "alice", R"(["bob","carol","dave"])");
  world.open("B", "alice");
  world.apps[0].watched_peers = 2;
  world.apps[0].sessions_per_peer = 1;
  world.setApps();
  world.open("C", "carol");
  const std::string told = world.take("A");
  CHECK(Frame(told)["sessionPeerIds"] == R"(["carol"])");
  CHECK_FALSE(world.closed("A"));
  CHECK_FALSE(world.closed("B"));
  world.send("A", R"({"cmd":"session","op":"add","peerId":"alice","sessionPeerIds":["eve"]})");
  CHECK(textOf(world.take("A"), "op") == "error");
  world.send("D", openOf("testapp0001", "alice"));
  REQUIRE(textOf(world.take("D"), "op") == "opened");
}

}  // namespace kith::testing
