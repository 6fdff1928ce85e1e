// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <ctime>

#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

TEST_CASE("sessions: add lists the online ones of its own ids only") {
  HubWorld world;
  world.open("B", "bob");
  world.open("C", "carol");
  CHECK(textOf(world.open("A", "alice", R"(["bob"])"), "op") == "opened");
  world.send("A", R"({"cmd":"session","op":"add","appId":"testapp0001","peerId":"alice",
                      "sessionPeerIds":["carol","dave"],"i":7})");
  world.expect("A", R"({"cmd":"session","op":"added","peerId":"alice","i":7,
                        "onlineSessionPeerIds":["carol"]})");
}

TEST_CASE("sessions: opened always has a list, also without sessionPeerIds") {
  HubWorld world;
  world.send("A", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"alice"})");
  world.expect("A", R"({"cmd":"session","op":"opened","peerId":"alice",
                        "onlineSessionPeerIds":[]})");
}

TEST_CASE("sessions: a second open replaces the watch set and tells no watcher (§7, Q25)") {
  HubWorld world;
  world.open("W", "walter", R"(["alice"])");
  world.open("A", "alice", R"(["bob"])");
  world.takeAll("W");
  world.open("A", "alice", R"(["carol"])");
  world.expectNothing("W");
  CHECK(world.hub.stats().sessions == 2);
  world.open("B", "bob");
  world.expectNothing("A");
  world.open("C", "carol");
  world.expect("A", R"({"cmd":"presence","peerId":"alice","status":"on",
                        "sessionPeerIds":["carol"]})");
}

TEST_CASE("sessions: a second open does not send again what is on its way") {
  HubWorld world;
  world.open("A", "alice", R"(["bob"])");
  world.open("B", "bob");
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"once"})");
  CHECK(textOf(world.take("B"), "msg") == "once");
  world.open("B", "bob");
  world.expectNothing("B");
}

TEST_CASE("sessions: query tells who is online, watched or not") {
  HubWorld world;
  world.open("B", "bob");
  world.open("A", "alice");
  world.send("A", R"({"cmd":"session","op":"query","peerId":"alice",
                      "sessionPeerIds":["zoe","bob",null],"i":4})");
  world.expect("A", R"({"cmd":"session","op":"query-result","peerId":"alice","i":4,
                        "onlineSessionPeerIds":["bob"]})");
}

TEST_CASE("sessions: after close nothing arrives and the next open gets it") {
  HubWorld world;
  world.open("A", "alice", R"(["bob"])");
  world.open("B", "bob");
  world.takeAll("A");
  world.send("B", R"({"cmd":"session","op":"close","peerId":"bob","sessionPeerIds":null,"i":9})");
  world.expect("B", R"({"cmd":"session","op":"closed","peerId":"bob","i":9})");
  world.expect("A", R"({"cmd":"presence","peerId":"alice","status":"off",
                        "sessionPeerIds":["bob"]})");
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"later"})");
  world.expectNothing("B");
  world.open("B", "bob");
  CHECK(textOf(world.take("B"), "msg") == "later");
}

TEST_CASE("sessions: close of a peer that is not open is answered and harmless") {
  HubWorld world;
  world.open("A", "alice");
  world.send("A", R"({"cmd":"session","op":"close","peerId":"bob","i":1})");
  world.expect("A", R"({"cmd":"session","op":"closed","peerId":"bob","i":1})");
  CHECK_FALSE(world.closed("A"));
}

TEST_CASE("sessions: two apps on one connection do not mix") {
  auto options = testHub();
  options.apps.push_back(testApp());
  options.apps[1].id = "other";
  HubWorld world(options);
  world.open("A", "alice");
  world.send("A", R"({"cmd":"session","op":"open","appId":"other","peerId":"alice"})");
  CHECK(textOf(world.take("A"), "appId") == "other");
  world.open("B", "bob", R"(["alice"])");
  world.send("B", R"({"cmd":"direct","peerId":"bob","toPeerIds":["alice"],"msg":"hi"})");
  CHECK(world.takeAll("A").size() == 1);
  world.send("A", R"({"cmd":"session","op":"query","appId":"other","peerId":"alice",
                      "sessionPeerIds":["bob"]})");
  world.expect("A", R"({"cmd":"session","op":"query-result","peerId":"alice","appId":"other",
                        "onlineSessionPeerIds":[]})");
}

TEST_CASE("sessions: without appId the peer is found in the app it was opened in") {
  auto options = testHub();
  options.apps.push_back(testApp());
  options.apps[1].id = "other";
  HubWorld world(options);
  world.open("A", "alice");
  world.send("A", R"({"cmd":"session","op":"open","appId":"other","peerId":"olga","i":1})");
  world.take("A");
  world.send("A", R"({"cmd":"session","op":"query","peerId":"alice","i":2,
                      "sessionPeerIds":["alice","olga"]})");
  world.expect("A", R"({"cmd":"session","op":"query-result","appId":"testapp0001",
                        "peerId":"alice","i":2,"onlineSessionPeerIds":["alice"]})");
}

core::HubOptions manyApps(int apps) {
  auto options = testHub();
  for (int i = 1; i < apps; ++i) {
    options.apps.emplace_back();
    options.apps.back().id = "app" + std::to_string(i);
  }
  return options;
}

void openIn(HubWorld& world, const std::string& app, const std::string& peer) {
  world.send("A",
             R"({"cmd":"session","op":"open","appId":")" + app + R"(","peerId":")" + peer + "\"}");
  CHECK(textOf(world.take("A"), "op") == "opened");
}

/// In which app a query without appId of this peer is answered; "closed" when it is in none.
std::string appOf(HubWorld& world, const std::string& peer) {
  world.send("A",
             R"({"cmd":"session","op":"query","peerId":")" + peer + R"(","sessionPeerIds":[]})");
  return world.has("A") ? textOf(world.take("A"), "appId") : "closed";
}

TEST_CASE("sessions: without appId each peer of many apps is found, until its session ends") {
  HubWorld world(manyApps(40));
  openIn(world, "testapp0001", "first");
  for (int i = 1; i < 40; ++i) {
    openIn(world, "app" + std::to_string(i), "p" + std::to_string(i));
    openIn(world, "app" + std::to_string(i), "shared");
  }
  CHECK(appOf(world, "first") == "testapp0001");
  for (int i = 1; i < 40; ++i) {
    CHECK(appOf(world, "p" + std::to_string(i)) == "app" + std::to_string(i));
  }
  CHECK(appOf(world, "shared") == "app39");  // the app opened last comes first
  for (int i = 1; i < 40; i += 2) {
    const std::string end = R"("appId":"app)" + std::to_string(i) + R"(","peerId":")";
    world.send("A", R"({"cmd":"session","op":"close",)" + end + "p" + std::to_string(i) + "\"}");
    world.send("A", R"({"cmd":"session","op":"close",)" + end + "shared\"}");
  }
  world.takeAll("A");
  for (int i = 2; i < 40; i += 2) {
    CHECK(appOf(world, "p" + std::to_string(i)) == "app" + std::to_string(i));
  }
  CHECK(appOf(world, "shared") != "closed");
  CHECK(appOf(world, "p1") == "closed");
  world.expectClose("A", 4105, "SESSION_REQUIRED");
}

TEST_CASE("sessions: a connection that has ended all its sessions begins anew") {
  HubWorld world(manyApps(3));
  for (int round = 0; round < 3; ++round) {
    openIn(world, "testapp0001", "alice");
    openIn(world, "app1", "olga");
    CHECK(appOf(world, "alice") == "testapp0001");
    world.send("A", R"({"cmd":"session","op":"close","peerId":"alice"})");
    world.send("A", R"({"cmd":"session","op":"close","peerId":"olga"})");
    CHECK(world.takeAll("A").size() == 2);
  }
  openIn(world, "app2", "alice");
  CHECK(appOf(world, "alice") == "app2");
}

/// Processor time of so many acknowledgements without appId by a peer that is not there.
std::chrono::nanoseconds timeOfStrayAcks(int apps) {
  HubWorld world(manyApps(apps));
  world.open("A", "alice");
  const std::string ack = R"({"cmd":"ack","peerId":"nobody","id":"AAAAAAAAAAAAAAAAAAAAAA"})";
  const auto now = [] {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  };
  const auto begin = now();
  for (int i = 0; i < 500; ++i) world.send("A", ack);
  return now() - begin;
}

TEST_CASE("sessions: a frame without appId costs the same however many apps there are") {
  // With a look into each app it took some hundred times as long.
  CHECK(timeOfStrayAcks(5000) < 10 * timeOfStrayAcks(1));
}

TEST_CASE("sessions: a connection takes no more peers than its limit") {
  core::HubOptions options = testHub();
  options.peers_per_connection = 2;
  HubWorld world(options);
  world.open("A", "p1");
  world.open("A", "p2");
  world.open("A", "p2");  // again is not one more
  world.send("A", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"p3"})");
  const Frame refused(world.take("A"));
  CHECK(refused["op"] == "error");
  CHECK(refused["code"] == "4113");
  world.open("B", "p3");
}

TEST_CASE("sessions: the watch limit refuses the whole command with a session error") {
  auto app = testApp();
  app.watched_peers = 2;
  HubWorld world(testHub(app));
  world.send("A", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"alice",
                      "sessionPeerIds":["b","c","d"],"i":1})");
  world.expect("A", R"({"cmd":"session","op":"error","peerId":"alice","i":1,"code":4113,
                        "reason":"APP_QUOTA_EXCEEDED"})");
  CHECK(world.hub.stats().sessions == 0);
  world.open("A", "alice", R"(["b","b","c"])");
  world.send("A", R"({"cmd":"session","op":"add","peerId":"alice","sessionPeerIds":["c","b"]})");
  CHECK(textOf(world.take("A"), "op") == "added");
  world.send("A", R"({"cmd":"session","op":"add","peerId":"alice","sessionPeerIds":["d"]})");
  CHECK(textOf(world.take("A"), "op") == "error");
  world.send("A", R"({"cmd":"session","op":"remove","peerId":"alice","sessionPeerIds":["b"]})");
  CHECK(textOf(world.take("A"), "op") == "removed");
  world.send("A", R"({"cmd":"session","op":"add","peerId":"alice","sessionPeerIds":["d"]})");
  CHECK(textOf(world.take("A"), "op") == "added");
}

TEST_CASE("sessions: a connection has only as many peers as the setting says") {
  auto options = testHub();
  options.peers_per_connection = 2;
  HubWorld world(options);
  world.open("A", "p1");
  world.open("A", "p2");
  world.send("A", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"p3"})");
  CHECK(textOf(world.take("A"), "op") == "error");
  world.open("A", "p2");
  world.send("A", R"({"cmd":"session","op":"close","peerId":"p1"})");
  world.take("A");
  world.open("A", "p3");
  CHECK(world.hub.stats().sessions == 2);
}

TEST_CASE(
    "sessions: beyond a peer's limit the device that was silent longest is closed with 4111") {
  auto app = testApp();
  app.sessions_per_peer = 3;
  HubWorld world(testHub(app));
  world.open("W", "walter", R"(["alice"])");
  for (const std::string device : {"A", "B", "C"}) {
    world.open(device, "alice");
    world.advance(base::Millis(1000));
  }
  world.open("B", "anna");  // shares B's connection
  world.send("A", "{}");    // so C has been silent for longest
  world.takeAll("A");
  world.takeAll("W");
  world.open("D", "alice");
  world.expect("C", R"({"cmd":"session","op":"closed","peerId":"alice","code":4111,
                        "reason":"SESSION_CONFLICT"})");
  CHECK_FALSE(world.closed("C"));
  CHECK(world.hub.stats().sessions == 5);
  world.expectNothing("W");  // alice was online all the time
  for (const std::string device : {"A", "B", "C", "D"}) world.expectNothing(device);
  // The others get what comes, and the way back is open.
  world.send("W", R"({"cmd":"direct","peerId":"walter","toPeerIds":["alice"],"msg":"x"})");
  for (const std::string device : {"A", "B", "D"}) CHECK(textOf(world.take(device), "msg") == "x");
  world.expectNothing("C");
  world.open("C", "alice");
  CHECK(world.hub.stats().sessions == 5);
}

TEST_CASE("sessions: a peer may be limited to one device at a time") {
  auto app = testApp();
  app.sessions_per_peer = 1;
  HubWorld world(testHub(app));
  world.open("W", "walter", R"(["alice"])");
  world.open("A", "alice");
  world.takeAll("W");
  world.open("B", "alice");
  CHECK(Frame(world.take("A"))["code"] == "4111");
  world.expectNothing("W");
  world.open("B", "alice");  // again is not one more
  world.expectNothing("B");
  world.drop("A");
  world.expectNothing("W");
  world.drop("B");
  CHECK(textOf(world.take("W"), "status") == "off");
}

TEST_CASE("sessions: devices that come and go in any order leave the others theirs") {
  HubWorld world;
  world.open("W", "walter", R"(["alice"])");
  for (int i = 0; i < 12; ++i) world.open("A" + std::to_string(i), "alice");
  for (const int gone : {0, 11, 5, 1, 7}) world.drop("A" + std::to_string(gone));
  world.forgetAll();
  world.send("W", R"({"cmd":"direct","peerId":"walter","toPeerIds":["alice"],"msg":"x"})");
  for (const int there : {2, 3, 4, 6, 8, 9, 10}) {
    CHECK(textOf(world.take("A" + std::to_string(there)), "msg") == "x");
  }
}

TEST_CASE("sessions: counters follow what is there") {
  HubWorld world;
  world.open("A", "alice");
  world.open("A", "anna");
  world.open("B", "bob");
  CHECK(world.hub.stats().connections == 2);
  CHECK(world.hub.stats().sessions == 3);
  CHECK(world.hub.stats().frames_in == 3);
  CHECK(world.hub.stats().frames_out == 3);
  world.drop("A");
  CHECK(world.hub.stats().connections == 1);
  CHECK(world.hub.stats().sessions == 1);
}

TEST_CASE("sessions: the storage hears of the first session and the end of the last, at once") {
  AppOptions app = testApp();
  app.require_watch = RequireWatch::Off;
  app.offline_grace = base::Millis(5000);
  app.sessions_per_peer = 2;
  HubWorld world(testHub(app));
  using Story = std::vector<std::string>;
  const auto events = [&] {
    Story all;
    for (const std::string& what : std::exchange(world.storage.story, {})) {
      if (what.ends_with("online") || what.ends_with("offline") || what.ends_with("sends")) {
        all.push_back(what);
      }
    }
    return all;
  };
  world.open("A", "alice");
  CHECK(events() == Story{"alice online"});
  world.open("B1", "bob");
  world.open("B1", "bob");  // opened anew: nothing begins
  world.open("B2", "bob");
  world.open("B3", "bob");  // in the place of one of them
  CHECK(events() == Story{"bob online"});
  world.forgetAll();
  world.drop("B2");
  world.send("B3", R"({"cmd":"session","op":"close","peerId":"bob"})");
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"x"})");
  CHECK(events() == Story{"bob offline", "alice sends"});  // within the grace
  world.open("B1", "bob");
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"x"})");
  world.send("B1", "no JSON");  // the hub ends it
  CHECK(events() == Story{"bob online", "alice sends", "bob offline"});
}

TEST_CASE("sessions: the only device a peer may have is replaced without its being away") {
  AppOptions app = testApp();
  app.sessions_per_peer = 1;
  HubWorld world(testHub(app));
  world.open("B1", "bob");
  world.storage.story.clear();
  world.open("B2", "bob");
  for (const std::string& what : world.storage.story) CHECK_FALSE(what.ends_with("line"));
}

}  // namespace
}  // namespace kith::testing
