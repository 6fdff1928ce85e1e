// SPDX-License-Identifier: Apache-2.0
// Rate limits: the fast lane, the slow lane, and the end of patience.
#include "server/core/rate_limiter.hpp"

#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

using base::Millis;

constexpr const char* kToNobody =
    R"({"cmd":"direct","peerId":"loud","toPeerIds":["zoe"],"msg":"x","transient":true})";

AppOptions openApp(const std::string& id = "testapp0001") {
  AppOptions app = testApp();
  app.id = id;
  app.require_watch = RequireWatch::Off;
  return app;
}

core::HubOptions limited(std::size_t per_second, std::size_t burst) {
  AppOptions app = openApp();
  app.rates.peer_per_second = per_second;
  app.rates.peer_burst = burst;
  return testHub(app);
}

std::string numbered(const std::string& from, int number) {
  return R"({"cmd":"direct","peerId":")" + from + R"(","toPeerIds":["bob"],"msg":")" +
         std::to_string(number) + R"(","transient":true})";
}

/// How many frames the hub takes of one connection before it says wait; feeds them by hand.
struct Feeder {
  HubWorld& world;
  core::ConnectionId id;
  int taken{0};
  bool waits{false};

  void begin() {
    taken = 0;
    waits = false;
  }
  void feed(const std::string& frame, int times) {
    for (int i = 0; i < times && !waits; ++i) {
      std::string bytes = frame + '\0';
      waits = world.hub.received(id, bytes.data(), frame.size(), world.now()) == core::Flow::Wait;
      ++taken;
    }
  }
};

TEST_CASE(
    "rates: to count what is unread, or to ask what was missed, costs what a page of history "
    "does") {
  core::Intent page;
  page.body = core::ReadMessages{};
  core::Intent count;
  count.body = core::CountUnread{};
  CHECK(core::RateLimiter::costOf(page) > 1);
  CHECK(core::RateLimiter::costOf(count) == core::RateLimiter::costOf(page));
  count.body = core::AskChanges{};
  CHECK(core::RateLimiter::costOf(count) == core::RateLimiter::costOf(page));
  count.body = core::AskEdits{};
  CHECK(core::RateLimiter::costOf(count) == core::RateLimiter::costOf(page));
}

}  // namespace

TEST_CASE("rates: below its rate a peer is never made to wait") {
  HubWorld world(limited(10, 5));
  world.open("A", "loud");
  Feeder feeder{world, 1};
  for (int second = 0; second < 100; ++second) {
    feeder.feed(kToNobody, 10);
    world.settle();
    world.advance(Millis(1000));
  }
  // The burst is 5, so that the tenth of each second would not have its token at once.
  CHECK(feeder.waits);
  CHECK(feeder.taken == 6);

  HubWorld other(limited(10, 20));
  other.open("A", "loud");
  Feeder good{other, 1};
  for (int second = 0; second < 100; ++second) {
    good.feed(kToNobody, 10);
    other.settle();
    other.advance(Millis(1000));
  }
  CHECK_FALSE(good.waits);
  CHECK(good.taken == 1000);
}

TEST_CASE("rates: beyond its rate nothing is lost and the order stays") {
  HubWorld world(limited(1, 5));
  world.open("A", "loud");
  world.open("B", "bob");
  for (int i = 0; i < 2000; ++i) world.feed("A", numbered("loud", i));
  world.settle();
  for (int i = 0; i < 2000; ++i) {
    if (textOf(world.take("B"), "msg") != std::to_string(i)) FAIL("message " << i);
  }
  world.expectNothing("B");
  CHECK_FALSE(world.closed("A"));
}

TEST_CASE("rates: beside others a turn gives the slow lane 16 frames, alone 1024") {
  HubWorld world(limited(10, 5));
  world.open("A", "loud");
  world.open("C", "calm");
  world.advance(Millis(1000));
  Feeder loud{world, 1};
  loud.feed(kToNobody, 100);
  REQUIRE(loud.waits);
  const auto turn = [&] {
    loud.begin();
    world.hub.endTurn(world.now());
    loud.feed(kToNobody, 5000);
    REQUIRE(loud.waits);
    return loud.taken;
  };
  CHECK(turn() == 16);  // it used the fast lane itself a moment ago
  world.pass(Millis(50));
  CHECK(turn() == 1024);
  Feeder{world, 2}.feed(numbered("calm", 1), 1);
  CHECK(turn() == 16);
  CHECK(world.hub.hasWaiting());
  CHECK(world.hub.deadline() == world.now().mono);
}

TEST_CASE("rates: the slow lane goes app by app, so that many loud clients gain nothing") {
  core::HubOptions options = limited(1, 5);
  options.apps.push_back(openApp("other"));
  options.apps[1].rates = options.apps[0].rates;
  HubWorld world(options);
  std::vector<Feeder> loud;
  for (int i = 0; i < 31; ++i) {
    const std::string name = "L" + std::to_string(i);
    world.open(name, "loud");
    loud.push_back({world, static_cast<core::ConnectionId>(i + 1)});
  }
  world.send("O", R"({"cmd":"session","op":"open","appId":"other","peerId":"loud"})");
  loud.push_back({world, 32});
  for (Feeder& each : loud) each.feed(kToNobody, 100);
  // 32 connections wait, 31 of them of one app; 16 frames a turn, each app every second one.
  std::vector<int> served(2, 0);
  for (int i = 0; i < 8; ++i) {
    world.hub.endTurn(world.now());
    for (std::size_t at = 0; at < loud.size(); ++at) {
      if (world.takeResumed(loud[at].id)) {
        loud[at].waits = false;
        loud[at].feed(kToNobody, 1);
        ++served[at == 31 ? 1 : 0];
      }
    }
  }
  CHECK(served[1] == 8);
  CHECK(served[0] == 8 * 15);
}

TEST_CASE("rates: a loud app waits behind a calm one although its peers are below their rates") {
  core::HubOptions options = testHub(openApp());
  options.apps[0].rates.app_per_second = 10;
  options.apps[0].rates.app_burst = 20;
  HubWorld world(options);
  world.open("A", "p1");  // costs 5
  world.open("B", "p2");
  Feeder first{world, 1};
  Feeder second{world, 2};
  first.feed(numbered("p1", 1), 10);
  CHECK_FALSE(first.waits);
  second.feed(numbered("p2", 1), 1);
  CHECK(second.waits);
}

TEST_CASE("rates: even without limits a turn takes 64 frames of a connection, then others") {
  core::HubOptions options = limited(0, 1);
  options.apps[0].rates.app_per_second = 0;
  HubWorld world(options);
  world.open("A", "loud");
  Feeder feeder{world, 1};
  feeder.feed(kToNobody, 1000);
  CHECK(feeder.taken == 64);
  world.hub.endTurn(world.now());
  feeder.begin();
  feeder.feed(kToNobody, 1000);
  CHECK(feeder.taken == 65);  // the one that resumed it, and 64 of the new turn
}

TEST_CASE("rates: an app's connections share what a turn has for it") {
  core::HubOptions options = limited(0, 1);
  options.apps[0].rates.app_per_second = 0;
  HubWorld world(options);
  int taken = 0;
  for (int i = 1; i <= 20; ++i) world.open("A" + std::to_string(i), "loud");
  for (int i = 1; i <= 20; ++i) {
    Feeder feeder{world, static_cast<core::ConnectionId>(i)};
    feeder.feed(kToNobody, 1000);
    taken += feeder.taken;
  }
  CHECK(taken == 512 + 12);  // eight took 64 each, and of twelve one frame was looked at
}

TEST_CASE("rates: opens, junk and heartbeats are charged to their connection") {
  const auto taken = [](const std::string& frame) {
    core::HubOptions options = testHub(openApp());
    options.connections.commands_per_second = 1;
    options.connections.commands_burst = 20;
    HubWorld world(options);
    world.connect("A");
    Feeder feeder{world, 1};
    feeder.feed(frame, 1000);
    CHECK(feeder.waits);
    return feeder.taken;
  };
  CHECK(taken(R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"a"})") == 5);
  CHECK(taken("{}") == 64);  // its share of the turn comes first
  CHECK(taken(R"({"cmd":"nonsense","peerId":"a"})") == 64);
}

TEST_CASE("rates: watch, query and group commands cost more than messages") {
  const auto taken = [](const std::string& frame) {
    HubWorld world(limited(1, 20));
    world.open("A", "loud");
    Feeder feeder{world, 1};
    feeder.feed(frame, 1000);
    CHECK(feeder.waits);
    return feeder.taken;
  };
  CHECK(taken(kToNobody) == 21);
  CHECK(taken(R"({"cmd":"session","op":"query","peerId":"loud","sessionPeerIds":["a"]})") == 19);
  CHECK(taken(R"({"cmd":"session","op":"add","peerId":"loud","sessionPeerIds":["a"]})") == 10);
  CHECK(taken(R"({"cmd":"room","op":"join","peerId":"loud"})") == 5);
}

TEST_CASE("rates: an open is paid for by the peer's groups in memory, too, which hear of it") {
  const auto opened = [](int groups) {
    core::HubOptions options = limited(0, 1);
    options.apps[0].rates.app_per_second = 0;
    options.connections.commands_per_second = 1;
    options.connections.commands_burst = 20;
    HubWorld world(options);
    world.open("A", "loud");
    for (int i = 0; i < groups; ++i) {
      world.send("A", R"({"cmd":"room","op":"join","peerId":"loud"})");
    }
    world.connect("B");
    Feeder feeder{world, 2};
    int opens = 0;
    for (; opens < 100 && !feeder.waits; ++opens) {
      feeder.feed(R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"loud"})", 1);
      feeder.feed(R"({"cmd":"session","op":"close","peerId":"loud"})", 1);
    }
    return opens;
  };
  CHECK(opened(0) == 5);
  CHECK(opened(50) == 3);  // 10 each
  CHECK(opened(2000) == 1);
}

/// How many such frames of the first connection are taken with 20 to spend.
int takenOf(HubWorld& world, const std::string& frame) {
  world.pass(Millis(1000 * 1000));
  Feeder feeder{world, 1};
  feeder.feed(frame, 1000);
  CHECK(feeder.waits);
  world.settle();
  return feeder.taken;
}

/// loud makes a group and invites so many, which may exist or not.
std::string groupOf(HubWorld& world, int members) {
  world.send("A", R"({"cmd":"room","op":"join","peerId":"loud"})");
  const std::string group = textOf(world.take("A"), "roomId");
  std::string ids;
  for (int i = 0; i < members; ++i) ids += (i == 0 ? "\"m" : ",\"m") + std::to_string(i) + '"';
  world.send("A", R"({"cmd":"room","op":"invite","peerId":"loud","roomId":")" + group +
                      R"(","roomPeerIds":[)" + ids + "]}");
  world.takeAll("A");
  return group;
}

std::string toGroup(const std::string& group, const std::string& more = "") {
  return R"({"cmd":"direct","peerId":"loud","msg":"x","roomId":")" + group + '"' + more + "}";
}

TEST_CASE("rates: each device of a receiver is paid for, in a group of those who are here") {
  HubWorld world(limited(1, 20));
  world.open("A", "loud");
  const std::string to_bob =
      R"({"cmd":"direct","peerId":"loud","toPeerIds":["bob"],"msg":"x","transient":true})";
  CHECK(takenOf(world, to_bob) == 21);
  for (int i = 0; i < 10; ++i) world.open("B" + std::to_string(i), "bob");
  CHECK(takenOf(world, to_bob) == 11);  // 1.9 each
  world.pass(Millis(1000 * 1000));
  const std::string group = groupOf(world, 10);
  CHECK(takenOf(world, toGroup(group)) == 21);  // nothing is done for those that are away
  for (int i = 0; i < 5; ++i) {
    const std::string peer = "m" + std::to_string(i);
    world.open(peer, peer);
    world.open(peer + " again", peer);
  }
  CHECK(takenOf(world, toGroup(group)) == 11);
  CHECK(takenOf(world, toGroup(group, R"(,"transient":true)")) == 11);
  // The sender's own devices get copies of what is kept.
  for (int i = 0; i < 9; ++i) world.open("L" + std::to_string(i), "loud");
  CHECK(takenOf(world, R"({"cmd":"direct","peerId":"loud","toPeerIds":["zoe"],"msg":"x"})") == 11);
}

TEST_CASE("rates: who is inside an open group is paid for") {
  HubWorld world(limited(1, 20));
  world.open("A", "loud");
  world.send("A", R"({"cmd":"room","op":"join","peerId":"loud","transient":true})");
  const std::string group = textOf(world.take("A"), "roomId");
  for (int i = 0; i < 10; ++i) {
    const std::string peer = "p" + std::to_string(i);
    world.open(peer, peer);
    world.send(
        peer, R"({"cmd":"room","op":"join","peerId":")" + peer + R"(","roomId":")" + group + "\"}");
  }
  CHECK(takenOf(world, toGroup(group)) == 11);
}

TEST_CASE("rates: a message to a group of any size costs no more than 101") {
  core::HubOptions options = limited(1, 500);
  options.frame_bytes = 100'000;
  options.apps[0].group_members = 3000;
  HubWorld world(options);
  world.open("A", "loud");
  const std::string group = groupOf(world, 2500);
  CHECK(takenOf(world, toGroup(group)) == 64);  // its share of the turn comes first
  for (int i = 0; i < 2500; ++i) {
    world.feed("M", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"m)" +
                        std::to_string(i) + "\"}");
  }
  world.settle();
  CHECK(takenOf(world, toGroup(group)) == 5);
}

TEST_CASE("rates: acknowledgements of what was delivered are free, others are not") {
  HubWorld world(limited(1, 10));
  world.open("A", "alice");
  world.open("B", "loud");
  const std::string useless = R"({"cmd":"ack","peerId":"loud","ids":["AAAAAAAAAAAAAAAAAAAAAA"]})";
  for (int i = 0; i < 30; ++i) {
    world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["loud"],"msg":"x"})");
    const std::string id = textOf(world.take("B"), "id");
    Feeder feeder{world, 2};
    feeder.feed(R"({"cmd":"ack","peerId":"loud","ids":[")" + id + "\"]}", 1);
    CHECK_FALSE(feeder.waits);
    world.settle();
  }
  Feeder feeder{world, 2};
  feeder.feed(useless, 1000);
  CHECK(feeder.taken == 41);
}

TEST_CASE("rates: who stays beyond its rate for longer than the patience is closed with 4116") {
  core::HubOptions options = limited(1, 5);
  options.apps[0].rates.patience = std::chrono::seconds(60);
  HubWorld world(options);
  world.open("A", "loud");
  for (int second = 0; second < 60; ++second) {
    for (int i = 0; i < 10; ++i) world.send("A", kToNobody);
    REQUIRE_FALSE(world.closed("A"));
    world.advance(Millis(1000));
  }
  world.send("A", kToNobody);
  world.expectClose("A", 4116, "MESSAGE_SENT_QUOTA_EXCEEDED");
}

TEST_CASE("rates: a pause long enough to pay the debt starts the patience anew") {
  core::HubOptions options = limited(1, 5);
  options.apps[0].rates.patience = std::chrono::seconds(60);
  HubWorld world(options);
  world.open("A", "loud");
  for (int minute = 0; minute < 10; ++minute) {
    for (int i = 0; i < 50; ++i) world.send("A", kToNobody);
    world.advance(Millis(30000));
  }
  CHECK_FALSE(world.closed("A"));
}

TEST_CASE("rates: a held command and the slow lane do not resume a connection twice") {
  HubWorld world(limited(1, 5));
  world.open("A", "loud");
  world.storage.held = true;
  for (int i = 0; i < 20; ++i) {
    world.feed("A", R"({"cmd":"direct","peerId":"loud","roomId":"none","msg":"x","i":)" +
                        std::to_string(i) + "}");
  }
  world.settle();
  world.expectNothing("A");
  world.storage.held = false;
  world.settle();
  for (int i = 0; i < 20; ++i) CHECK(Frame(world.take("A"))["i"] == std::to_string(i));
  CHECK_FALSE(world.closed("A"));
}

TEST_CASE("rates: a connection that goes while it waits leaves no trace") {
  HubWorld world(limited(1, 5));
  for (int i = 0; i < 100; ++i) {
    const std::string name = "A" + std::to_string(i);
    world.open(name, "loud");
    Feeder feeder{world, static_cast<core::ConnectionId>(i + 1)};
    feeder.feed(kToNobody, 100);
    world.drop(name);
  }
  CHECK_FALSE(world.hub.hasWaiting());
}

TEST_CASE("rates: twenty refused signatures close a connection with 4102") {
  HubWorld world(testHub(testApp(true)));
  world.open("A", "alice", "[]", world.sessionSignature("alice", {}));
  const std::string add =
      R"({"cmd":"session","op":"add","peerId":"alice","sessionPeerIds":["b"],"s":"no","t":1,"n":"x"})";
  const std::string join = R"({"cmd":"room","op":"join","peerId":"alice","roomId":"g"})";
  for (int i = 0; i < 19; ++i) world.send("A", i % 2 == 0 ? add : join);
  CHECK_FALSE(world.closed("A"));
  CHECK(world.takeAll("A").size() == 19);
  world.send("A", join);
  world.expectClose("A", 4102, "SIGNATURE_FAILED");
}

TEST_CASE("rates: a server that refuses silently closes after twenty tries, too") {
  AppOptions app = testApp(true);
  app.legacy_silent = true;
  HubWorld world(testHub(app));
  const std::string open = R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"eve"})";
  for (int i = 0; i < 19; ++i) world.send("A", open);
  CHECK_FALSE(world.closed("A"));
  world.send("A", open);
  world.expectClose("A", 4102, "SIGNATURE_FAILED");
}

}  // namespace kith::testing
