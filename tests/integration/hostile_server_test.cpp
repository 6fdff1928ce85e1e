// SPDX-License-Identifier: Apache-2.0
// A server that never stops talking does not fill the client's memory (docs/limits.md).
#include <kith/kith.hpp>
#include <kith/limits.hpp>

#include <atomic>
#include <string>

#include "support/recorder.hpp"
#include "support/waiter.hpp"
#include "support/ws_peer.hpp"

using namespace kith;
using kith::testing::Answer;
using kith::testing::eventually;
using kith::testing::SeenFrame;
using kith::testing::Waiter;
using kith::testing::WsPeer;
using kith::testing::WsTalk;

namespace {

/// Answers the handshake and the first `open`.
bool letIn(WsTalk& talk, const std::string& watched) {
  talk.shakeHands();
  const SeenFrame open = talk.readFrame();
  const std::size_t at = open.payload.find("\"i\":");
  if (at == std::string::npos) return false;
  const std::string serial = open.payload.substr(at, open.payload.find_first_of(",}", at) - at);
  return talk.sendText(R"({"cmd":"session","op":"opened","peerId":"tom",)" + serial +
                       R"(,"sessionPeerIds":[)" + watched + "]}");
}

Options optionsFor(const WsPeer& peer) {
  Options options;
  options.app_id = "app";
  options.server = peer.url();
  options.reconnect.first_delay = std::chrono::hours(1);
  options.reconnect.max_delay = std::chrono::hours(1);
  return options;
}

}  // namespace

TEST_CASE("limits: a server whose events outrun the callbacks is disconnected") {
  std::atomic<std::size_t> sent{0};
  WsPeer flood([&](WsTalk& talk) {
    if (!letIn(talk, R"("bob")")) return;
    // The callback holds on to the first event; what follows waits. Bounded, should the client
    // never hang up.
    for (std::size_t i = 0; i < 4 * limits::kEventsPerSession; ++i) {
      if (!talk.sendText(R"({"cmd":"presence","peerId":"tom","sessionPeerIds":["bob"],"status":")" +
                         std::string(i % 2 == 0 ? "off" : "on") + "\"}")) {
        return;
      }
      ++sent;
    }
    talk.waitForEnd();
  });
  Waiter waiter;
  bool released = false;
  struct Slow : MessageReceiver {
    Slow(Waiter& its_waiter, bool& its_end) : waiter(its_waiter), end(its_end) {}
    void onSessionOpen(Session&, const SessionOpened&) override {
      (void)waiter.until([this] { return end; });
    }
    Waiter& waiter;
    bool& end;
  };
  SessionManager manager(optionsFor(flood));
  const auto tom = manager.session("tom");
  tom->setReceiver(std::make_shared<Slow>(waiter, released));
  tom->open({"bob"});
  CHECK(eventually([&] { return manager.stats().disconnects == 1; }));
  CHECK(sent >= limits::kEventsPerSession);
  waiter.change([&] { released = true; });
  Answer<void> closed;
  manager.close(closed);
  closed.value();
}

TEST_CASE("limits: a server at the pace of the callbacks may say as much as it likes") {
  struct Counter : MessageReceiver {
    void onStatusOnline(Session&, const std::vector<std::string>&) override { count(); }
    void onStatusOffline(Session&, const std::vector<std::string>&) override { count(); }
    void count() {
      waiter.change([this] { ++events; });
    }
    /// False when it is over before.
    bool has(std::size_t many) {
      return waiter.until([this, many] { return events >= many || over; }) &&
             waiter.look([this, many] { return events >= many; });
    }
    Waiter waiter;
    std::size_t events{0};
    bool over{false};
  };
  constexpr std::size_t kBurst = limits::kEventsPerSession / 5;
  const auto counter = std::make_shared<Counter>();
  WsPeer calm([&](WsTalk& talk) {
    if (!letIn(talk, "")) return;
    for (std::size_t i = 0; i < 2 * limits::kEventsPerSession; ++i) {
      if (i % kBurst == 0 && !counter->has(i)) return;
      if (!talk.sendText(R"({"cmd":"presence","peerId":"tom","sessionPeerIds":["bob"],"status":")" +
                         std::string(i % 2 == 0 ? "on" : "off") + "\"}")) {
        return;
      }
    }
    talk.waitForEnd();
  });
  SessionManager manager(optionsFor(calm));
  const auto tom = manager.session("tom");
  tom->setReceiver(counter);
  tom->open({"bob"});
  const auto heard = [&] { return counter->waiter.look([&] { return counter->events; }); };
  CHECK(eventually(
      [&] { return heard() == 2 * limits::kEventsPerSession || manager.stats().disconnects > 0; }));
  CHECK(manager.stats().disconnects == 0);
  counter->waiter.change([&] { counter->over = true; });
  Answer<void> closed;
  manager.close(closed);
  closed.value();
}

TEST_CASE("limits: a session remembers the members of so many groups and no more") {
  WsPeer busy([&](WsTalk& talk) {
    if (!letIn(talk, "")) return;
    for (std::size_t i = 0; i < limits::kGroupsPerSession + 2; ++i) {
      const std::string group = "g" + std::to_string(i);
      if (!talk.sendText(R"({"cmd":"room","op":"members-joined","peerId":"tom","roomId":")" +
                         group + R"(","byPeerId":"eve","roomPeerIds":["eve"]})")) {
        return;
      }
    }
    talk.sendText(R"({"cmd":"direct","peerId":"tom","fromPeerId":"eve","msg":"all","id":"1"})");
    talk.waitForEnd();
  });
  struct Ear : MessageReceiver {
    void onMessage(Session&, const Message&) override {
      told.change([this] { heard = true; });
    }
    Waiter told;
    bool heard{false};
  };
  SessionManager manager(optionsFor(busy));
  const auto tom = manager.session("tom");
  const auto ear = std::make_shared<Ear>();
  tom->setReceiver(ear);
  tom->open();
  REQUIRE(ear->told.until([&] { return ear->heard; }));
  const auto known = [&](std::size_t group) {
    return tom->group("g" + std::to_string(group))->knownMembers().size();
  };
  CHECK(known(0) == 1);
  CHECK(known(limits::kGroupsPerSession - 1) == 1);
  CHECK(known(limits::kGroupsPerSession) == 0);
  CHECK(known(limits::kGroupsPerSession + 1) == 0);
  Answer<void> closed;
  manager.close(closed);
  closed.value();
}
