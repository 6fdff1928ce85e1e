// SPDX-License-Identifier: Apache-2.0
#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

std::string presence(const std::string& watcher, const std::string& status,
                     const std::string& peer) {
  return R"({"cmd":"presence","appId":"testapp0001","peerId":")" + watcher + R"(","status":")" +
         status + R"(","sessionPeerIds":[")" + peer + "\"]}";
}

TEST_CASE("presence: only the first and the last device of a peer are told (§7.1, Q20)") {
  HubWorld world;
  world.open("W", "walter", R"(["bob"])");
  world.open("B1", "bob");
  world.expect("W", presence("walter", "on", "bob"));
  world.open("B2", "bob");
  world.expectNothing("W");
  world.drop("B1");
  world.expectNothing("W");
  world.drop("B2");
  world.expect("W", presence("walter", "off", "bob"));
}

TEST_CASE("presence: each watching session is told, removed ones are not") {
  HubWorld world;
  world.open("W", "w1", R"(["bob"])");
  world.open("W", "w2", R"(["bob"])");
  world.open("V", "w3", R"(["x","bob","y"])");
  world.send("W", R"({"cmd":"session","op":"remove","peerId":"w1","sessionPeerIds":["bob"]})");
  world.take("W");
  world.open("B", "bob");
  world.expect("W", presence("w2", "on", "bob"));
  world.expectNothing("W");
  world.expect("V", presence("w3", "on", "bob"));
}

TEST_CASE("presence: who watches itself hears its own edge after opened") {
  HubWorld world;
  world.send("A", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"alice",
                      "sessionPeerIds":["alice"]})");
  world.expect("A", R"({"cmd":"session","op":"opened","peerId":"alice",
                        "onlineSessionPeerIds":[]})");
  world.expect("A", presence("alice", "on", "alice"));
  world.open("A2", "alice", R"(["alice"])");
  world.expectNothing("A");
  world.expectNothing("A2");
}

TEST_CASE("presence: a peer that comes back within the grace never went offline (Q21)") {
  auto app = testApp();
  app.offline_grace = std::chrono::milliseconds(2000);
  HubWorld world(testHub(app));
  world.open("W", "walter", R"(["bob"])");
  world.open("B", "bob");
  world.takeAll("W");
  world.drop("B");
  world.advance(base::Millis(1999));
  world.send("W", R"({"cmd":"session","op":"query","peerId":"walter","sessionPeerIds":["bob"]})");
  world.expect("W", R"({"cmd":"session","op":"query-result","peerId":"walter",
                        "onlineSessionPeerIds":["bob"]})");
  world.open("B", "bob");
  world.advance(base::Millis(5000));
  world.expectNothing("W");
  world.drop("B");
  world.advance(base::Millis(2000));
  world.expect("W", presence("walter", "off", "bob"));
  world.expectNothing("W");
}

TEST_CASE(
    "presence: a peer that leaves twice within the grace is offline a grace after the last time") {
  auto app = testApp();
  app.offline_grace = std::chrono::milliseconds(2000);
  HubWorld world(testHub(app));
  world.open("W", "walter", R"(["bob"])");
  world.open("B", "bob");
  world.takeAll("W");
  world.drop("B");
  world.advance(base::Millis(1000));
  world.open("B", "bob");
  world.drop("B");
  world.advance(base::Millis(1999));
  world.expectNothing("W");
  world.advance(base::Millis(1));
  world.expect("W", presence("walter", "off", "bob"));
}

TEST_CASE("presence: watchers that come and go leave the others' lists whole") {
  HubWorld world;
  for (int i = 0; i < 6; ++i) {
    const std::string n = std::to_string(i);
    world.open("W" + n, "w" + n, R"(["a","b","c"])");
  }
  for (const auto* gone : {"W2", "W0"}) world.drop(gone);
  world.send("W4", R"({"cmd":"session","op":"remove","peerId":"w4","sessionPeerIds":["a","c"]})");
  world.take("W4");
  for (const auto* peer : {"a", "b", "c"}) world.open(std::string("P") + peer, peer);
  CHECK(world.takeAll("W1").size() == 3);
  CHECK(world.takeAll("W3").size() == 3);
  CHECK(world.takeAll("W5").size() == 3);
  world.expect("W4", presence("w4", "on", "b"));
  world.expectNothing("W4");
}

TEST_CASE("presence: it does not overtake the answer to open (§16.13)") {
  HubWorld world;
  world.open("A", "alice", R"(["bob"])");
  world.storage.held = true;
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"x"})");
  world.send("A", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"anna",
                      "sessionPeerIds":["carol"]})");
  world.open("C", "carol");
  world.send("C", R"({"cmd":"session","op":"close","peerId":"carol"})");
  world.expectNothing("A");
  world.storage.held = false;
  world.settle();
  CHECK(textOf(world.take("A"), "cmd") == "ack");
  CHECK(textOf(world.take("A"), "op") == "opened");
  world.expect("A", presence("anna", "on", "carol"));
  world.expect("A", presence("anna", "off", "carol"));
}

TEST_CASE("presence: it does not overtake the answers to add and query, which are older") {
  HubWorld world;
  world.open("A", "alice", R"(["bob"])");
  world.open("C", "carol");
  world.storage.held = true;
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"x"})");
  world.send("A", R"({"cmd":"session","op":"add","peerId":"alice","sessionPeerIds":["carol"]})");
  world.send("C", R"({"cmd":"session","op":"close","peerId":"carol"})");
  world.take("C");
  world.send("A", R"({"cmd":"session","op":"query","peerId":"alice","sessionPeerIds":["carol"]})");
  world.open("C", "carol");
  world.expectNothing("A");
  world.storage.held = false;
  world.settle();
  CHECK(textOf(world.take("A"), "cmd") == "ack");
  CHECK(textOf(world.take("A"), "op") == "added");  // carol is online
  world.expect("A", presence("alice", "off", "carol"));
  CHECK(textOf(world.take("A"), "op") == "query-result");  // she is not
  world.expect("A", presence("alice", "on", "carol"));
}

}  // namespace
}  // namespace kith::testing
