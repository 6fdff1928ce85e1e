// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

core::HubOptions manyOffline() {
  auto app = testApp();
  app.require_watch = RequireWatch::Off;
  app.offline_messages = 1000;
  return testHub(app);
}

void sendMany(HubWorld& world, const std::string& to, int from, int count) {
  for (int i = from; i < from + count; ++i) {
    world.feed("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":[")" + to + R"("],"msg":")" +
                        std::to_string(i) + "\"}");
  }
  world.settle();
  world.takeAll("A");
}

void expectRange(HubWorld& world, const std::string& name, int from, int count) {
  for (int i = from; i < from + count; ++i) {
    CHECK(textOf(world.take(name), "msg") == std::to_string(i));
  }
}

TEST_CASE("replay: what waited comes after opened, oldest first, flagged, as it was (§8)") {
  HubWorld world(manyOffline());
  world.open("A", "alice");
  sendMany(world, "bob", 0, 2);
  const auto sent = world.now().wall.count();
  world.advance(base::Millis(5000));
  world.open("B", "bob");
  const Frame first(world.take("B"));
  CHECK(first["msg"] == "0");
  CHECK(first["offline"] == "true");
  CHECK(first["timestamp"] == std::to_string(sent));
  CHECK(first["peerId"] == "bob");
  CHECK_FALSE(first.has("roomId"));
  expectRange(world, "B", 1, 1);
  world.expectNothing("B");
}

TEST_CASE("replay: what comes while the first page is on its way did not find the peer away") {
  HubWorld world(manyOffline());
  world.open("A", "alice");
  sendMany(world, "bob", 0, 1);
  world.advance(base::Millis(5000));
  world.storage.held = true;
  world.open("B", "bob");
  world.advance(base::Millis(1));
  world.feed("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"now"})");
  world.storage.held = false;
  world.settle();
  const Frame before(world.take("B"));
  CHECK(before["msg"] == "0");
  CHECK(before["offline"] == "true");
  const Frame now(world.take("B"));
  CHECK(now["msg"] == "now");
  CHECK_FALSE(now.has("offline"));
  world.expectNothing("B");
}

TEST_CASE("replay: by default 50 messages are kept, the oldest go (Q8)") {
  auto app = testApp();
  app.require_watch = RequireWatch::Off;
  HubWorld world(testHub(app));
  world.open("A", "alice");
  sendMany(world, "bob", 0, 60);
  world.open("B", "bob");
  expectRange(world, "B", 10, 50);
  world.expectNothing("B");
}

TEST_CASE("replay: a connected receiver keeps more than that (decision 003)") {
  auto app = testApp();
  app.require_watch = RequireWatch::Off;
  HubWorld world(testHub(app));
  world.open("A", "alice");
  world.open("B", "bob");
  sendMany(world, "bob", 0, 80);
  world.drop("B");
  world.open("B", "bob");
  expectRange(world, "B", 0, 80);
}

using Story = std::vector<std::string>;

TEST_CASE("replay: the limit is applied by a session's first page, which says what it left out") {
  auto app = testApp();
  app.require_watch = RequireWatch::Off;
  HubWorld world(testHub(app));
  world.open("A", "alice");
  sendMany(world, "bob", 0, 60);
  world.storage.story.clear();
  world.storage.left_out.clear();
  world.auto_drain = false;
  world.open("B", "bob");
  expectRange(world, "B", 10, 50);
  CHECK(world.storage.left_out == std::vector<std::size_t>{10});
  CHECK(world.storage.story == Story{"bob online", "bob first", "bob settled"});
  // What it has now came, as far as the limit goes, to one that was here.
  world.drop("B");
  sendMany(world, "bob", 60, 45);
  world.open("B", "bob");
  expectRange(world, "B", 10, 95);
  CHECK(world.storage.left_out == std::vector<std::size_t>{10, 0});
}

TEST_CASE("replay: pages after the first have no limit, and a second device settles for itself") {
  HubWorld world(manyOffline());
  world.open("A", "alice");
  sendMany(world, "bob", 0, 150);
  world.storage.story.clear();
  world.open("B1", "bob");
  expectRange(world, "B1", 0, 150);
  CHECK(world.storage.story == Story{"bob online", "bob first", "bob settled", "bob page"});
  world.storage.story.clear();
  world.open("B2", "bob");
  expectRange(world, "B2", 0, 150);
  CHECK(world.storage.story == Story{"bob first", "bob settled", "bob page"});
}

TEST_CASE("replay: two devices that open at a time are given the same, and nothing twice") {
  auto app = testApp();
  app.require_watch = RequireWatch::Off;
  HubWorld world(testHub(app));
  world.open("A", "alice");
  sendMany(world, "bob", 0, 60);
  world.storage.held = true;
  world.send("B1", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"bob"})");
  world.send("B2", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"bob"})");
  world.storage.held = false;
  world.settle();
  for (const auto* name : {"B1", "B2"}) {
    world.take(name);
    expectRange(world, name, 10, 50);
    world.expectNothing(name);
  }
  // The limits are over for what is left.
  world.drop("B1");
  world.drop("B2");
  world.open("B3", "bob");
  expectRange(world, "B3", 10, 50);
}

TEST_CASE("replay: a first page that fails, or comes too late, settles nothing") {
  HubWorld world(manyOffline());
  world.open("A", "alice");
  sendMany(world, "bob", 0, 3);
  world.storage.left_out.clear();
  SECTION("it fails") {
    world.storage.fail_next = true;
    world.send("B", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"bob"})");
    world.expectClose("B", 4200, "INTERNAL_ERROR");
  }
  SECTION("its session has ended by then") {
    world.storage.held = true;
    world.send("B", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"bob"})");
    world.send("B", R"({"cmd":"session","op":"close","peerId":"bob"})");
    world.storage.held = false;
    world.settle();
  }
  CHECK(world.storage.left_out.empty());
  world.drop("B");
  world.open("B", "bob");
  expectRange(world, "B", 0, 3);
}

TEST_CASE("replay: the next page is read only when the connection has drained") {
  HubWorld world(manyOffline());
  world.open("A", "alice");
  sendMany(world, "bob", 0, 250);
  world.auto_drain = false;
  world.open("B", "bob");
  expectRange(world, "B", 0, 100);
  world.expectNothing("B");
  world.drained("B");
  expectRange(world, "B", 100, 100);
  world.expectNothing("B");
  world.drained("B");
  expectRange(world, "B", 200, 50);
  world.drained("B");
  world.expectNothing("B");
}

TEST_CASE("replay: a message to a group waits for its members, named as the group's") {
  HubWorld world(manyOffline());
  world.open("A", "alice");
  world.open("B", "bob");
  world.send("A", R"({"cmd":"room","op":"join","peerId":"alice"})");
  const auto id = textOf(world.take("A"), "roomId");
  world.send("B", R"({"cmd":"room","op":"join","peerId":"bob","roomId":")" + id + "\"}");
  world.drop("B");
  world.send("A", R"({"cmd":"direct","peerId":"alice","roomId":")" + id + R"(","msg":"x"})");
  world.open("B", "bob");
  const Frame message(world.take("B"));
  CHECK(message["msg"] == "x");
  CHECK(message["roomId"] == id);
  world.expectNothing("B");
  world.storage.acknowledged.clear();
  world.send("B", R"({"cmd":"ack","peerId":"bob","ids":[")" + message["id"] + "\"]}");
  CHECK(world.storage.acknowledged == std::vector<std::size_t>{1});
  world.drop("B");
  world.open("B", "bob");
  world.expectNothing("B");
}

TEST_CASE("replay: what comes in between is neither doubled nor lost") {
  HubWorld world(manyOffline());
  world.open("A", "alice");
  sendMany(world, "bob", 0, 150);
  world.auto_drain = false;
  world.storage.held = true;
  // Accepted before, while and after the queue is read.
  sendMany(world, "bob", 150, 1);
  world.send("B", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"bob"})");
  sendMany(world, "bob", 151, 1);
  world.storage.held = false;
  world.settle();
  sendMany(world, "bob", 152, 1);
  CHECK(textOf(world.take("B"), "op") == "opened");
  expectRange(world, "B", 0, 100);
  world.expectNothing("B");
  world.storage.held = true;
  world.drained("B");
  sendMany(world, "bob", 153, 1);  // after the last page was asked for
  world.storage.held = false;
  world.settle();
  expectRange(world, "B", 100, 53);
  const Frame live(world.take("B"));
  CHECK(live["msg"] == "153");
  CHECK_FALSE(live.has("offline"));
  world.expectNothing("B");
}

TEST_CASE("replay: each device reads the queue, acknowledged ones are gone") {
  HubWorld world(manyOffline());
  world.open("A", "alice");
  sendMany(world, "bob", 0, 3);
  world.open("B1", "bob");
  const auto id = textOf(world.take("B1"), "id");
  world.send("B1", R"({"cmd":"ack","peerId":"bob","ids":[")" + id + "\"]}");
  world.open("B2", "bob");
  expectRange(world, "B2", 1, 2);
  world.expectNothing("B2");
}

TEST_CASE("replay: a session that ends while its queue is read harms nobody") {
  HubWorld world(manyOffline());
  world.open("A", "alice");
  sendMany(world, "bob", 0, 150);
  world.auto_drain = false;
  world.storage.held = true;
  world.send("B", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"bob"})");
  world.send("B", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"ben"})");
  world.send("B", R"({"cmd":"session","op":"close","peerId":"bob"})");
  world.storage.held = false;
  world.settle();
  CHECK(world.takeAll("B").size() == 3);
  world.send("B", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"bob"})");
  CHECK(world.takeAll("B").size() == 101);
  world.drop("B");
}

TEST_CASE("replay: many sessions of one connection all get theirs") {
  HubWorld world(manyOffline());
  world.open("A", "alice");
  for (int i = 0; i < 200; ++i) sendMany(world, "p" + std::to_string(i), 0, 12);
  for (int i = 0; i < 200; ++i) {
    world.feed("B", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"p)" +
                        std::to_string(i) + "\"}");
  }
  world.settle();
  std::map<std::string, int> next;
  for (const auto& frame : world.takeAll("B")) {
    const Frame f(frame);
    if (f["cmd"] != "direct") continue;
    CHECK(f["msg"] == std::to_string(next[f["peerId"]]++));
  }
  CHECK(next.size() == 200);
  for (const auto& [peer, count] : next) CHECK(count == 12);
}

constexpr int kLongTexts = 10;
const std::string kLongText(4000, 'x');

/// So many peers, each with kLongTexts long messages waiting.
void fillQueues(HubWorld& world, int peers) {
  world.open("A", "alice");
  for (int i = 0; i < peers; ++i) {
    for (int text = 0; text < kLongTexts; ++text) {
      world.feed("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["p)" + std::to_string(i) +
                          R"("],"msg":")" + kLongText + "\"}");
    }
    world.settle();
  }
  world.forgetAll();
}

void feedOpens(HubWorld& world, int from, int until) {
  for (int i = from; i < until; ++i) {
    world.feed("B", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"p)" +
                        std::to_string(i) + "\"}");
  }
}

/// Bytes that were written to B, and how many messages came.
struct Received {
  std::size_t bytes{0};
  int messages{0};
};

void takeMessages(HubWorld& world, Received& all) {
  for (const auto& frame : world.takeAll("B")) {
    all.bytes += frame.size();
    if (frame.find(R"("cmd":"direct")") != frame.npos) ++all.messages;
  }
}

TEST_CASE("replay: what a connection has not read yet counts, however many sessions it opens") {
  constexpr int kPeers = 240;
  constexpr std::size_t kMost = 4u * 1024 * 1024;  // half of what a slow reader may have by default
  HubWorld world(manyOffline());
  fillQueues(world, kPeers);
  world.auto_drain = false;
  world.connect("B");
  SECTION("all at once, with a storage that takes its time") {
    world.storage.held = true;
    feedOpens(world, 0, kPeers);
    world.settle();
    world.storage.held = false;
    world.settle();
  }
  SECTION("few at a time, so that nothing waits to be read in between") {
    for (int at = 0; at < kPeers; at += 12) {
      feedOpens(world, at, at + 12);
      world.settle();
    }
  }
  Received received;
  takeMessages(world, received);
  CHECK(received.bytes < kMost);
  // The rest comes when this has been read.
  for (int turns = 0; turns < kPeers && received.messages < kPeers * kLongTexts; ++turns) {
    world.drained("B");
    takeMessages(world, received);
  }
  CHECK(received.messages == kPeers * kLongTexts);
}

TEST_CASE("replay: what an app never acknowledges is remembered up to twice its limit") {
  core::HubOptions options = manyOffline();
  options.apps[0].unacknowledged_messages = 10;
  HubWorld world(options);
  world.open("A", "alice");
  world.open("B", "bob");
  sendMany(world, "bob", 0, 100);
  CHECK(world.takeAll("B").size() == 100);
  world.storage.acknowledged.clear();
  world.send("B", R"({"cmd":"ack","peerId":"bob"})");
  REQUIRE(world.storage.acknowledged.size() == 1);
  CHECK(world.storage.acknowledged[0] >= 10);
  CHECK(world.storage.acknowledged[0] <= 20);
}

}  // namespace
}  // namespace kith::testing
