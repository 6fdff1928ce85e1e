// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/keepalive.hpp"

#include "support/catch.hpp"

namespace kith::engine {
namespace {

using base::Millis;
using Verdict = Keepalive::Verdict;

base::Instant at(int ms) { return {Millis{ms}, Millis{ms}}; }

TEST_CASE("keepalive: silence, heartbeat, ping, dead") {
  Keepalive alive(KeepaliveOptions{Millis{1000}, Millis{100}});
  CHECK(alive.deadline() == base::kNever);
  alive.start(at(0));
  CHECK(alive.timeReached(at(999)) == Verdict::Fine);
  CHECK(alive.timeReached(at(1000)) == Verdict::Heartbeat);
  CHECK(alive.waiting());
  CHECK(alive.deadline() == Millis{1050});
  CHECK(alive.timeReached(at(1050)) == Verdict::Ping);
  CHECK(alive.deadline() == Millis{1100});
  CHECK(alive.timeReached(at(1100)) == Verdict::Dead);
}

TEST_CASE("keepalive: anything heard starts the silence anew") {
  Keepalive alive(KeepaliveOptions{Millis{1000}, Millis{100}});
  alive.start(at(0));
  CHECK(alive.timeReached(at(1000)) == Verdict::Heartbeat);
  alive.heard(at(1040));
  CHECK(alive.deadline() == Millis{2040});
}

TEST_CASE("keepalive: a client that only listens still speaks before the server's read timeout") {
  Keepalive alive(KeepaliveOptions{Millis{30000}, Millis{10000}});
  alive.start(at(0));
  for (int t = 20000; t <= 160000; t += 20000) alive.heard(at(t));
  CHECK(alive.deadline() == Millis{180000});
  alive.heard(at(175000));
  CHECK(alive.timeReached(at(180000)) == Verdict::Heartbeat);
}

TEST_CASE("keepalive: interval 0 switches it off, doubt still probes") {
  Keepalive alive(KeepaliveOptions{Millis{0}, Millis{100}});
  alive.start(at(0));
  CHECK(alive.deadline() == base::kNever);
  CHECK_FALSE(alive.slept(at(10000000)));
  alive.doubt();
  CHECK(alive.timeReached(at(5)) == Verdict::Heartbeat);
  alive.stop();
  CHECK(alive.deadline() == base::kNever);
}

TEST_CASE("keepalive: a whole missed deadline is sleep, a little lateness is not (R12)") {
  Keepalive alive(KeepaliveOptions{Millis{1000}, Millis{100}});
  alive.start(at(0));
  CHECK_FALSE(alive.slept(at(1100)));
  CHECK(alive.slept(at(1101)));
}

}  // namespace
}  // namespace kith::engine
