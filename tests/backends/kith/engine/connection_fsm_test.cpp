// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/engine_world.hpp"

namespace kith::test {
namespace {

using base::Millis;
using base::Route;

EngineWorld routed() {
  engine::EngineOptions options = plainOptions();
  options.server.clear();
  return EngineWorld(options);
}

TEST_CASE("connection: the router is asked once per ttl") {
  engine::EngineOptions options = plainOptions();
  options.server.clear();
  EngineWorld w(options);
  w.engine.addSession(1, "a");
  w.engine.open(1, {}, 10, w.now);
  CHECK(w.take() == Lines{"fetchRoute"});
  w.engine.routeAnswered(Route{"ws://one", "ws://two", "", Millis{60000}}, w.now);
  CHECK(w.take() == Lines{"connect ws://one"});
  w.up();
  w.server("session opened a");
  w.take();
  w.down();
  w.pass(Millis{1000});
  CHECK(w.takeBut("1 ") == Lines{"connect ws://one"});
  w.up();
  w.server("session opened a");
  w.take();
  w.pass(Millis{29000});
  w.server("session closed zoe");  // anything: the connection is alive
  w.pass(Millis{29000});
  w.server("session closed zoe");
  w.pass(Millis{3000});
  w.take();
  w.down();
  w.pass(Millis{1000});
  CHECK(w.takeBut("1 ") == Lines{"fetchRoute"});
}

TEST_CASE(
    "connection: a failed connect turns to secondary, a second one asks the router again (avos-v1 "
    "§1.3)") {
  EngineWorld w = [] {
    engine::EngineOptions options = plainOptions();
    options.server.clear();
    return EngineWorld(options);
  }();
  w.engine.addSession(1, "a");
  w.engine.open(1, {}, 10, w.now);
  w.engine.routeAnswered(Route{"ws://one", "ws://two", "", Millis{600000}}, w.now);
  w.take();
  w.down();
  CHECK(w.take() == Lines{"1 Retrying 2 NetworkDown"});
  w.pass(Millis{1000});
  CHECK(w.take() == Lines{"connect ws://two"});
  w.down();
  w.pass(Millis{2000});
  CHECK(w.takeBut("1 ") == Lines{"fetchRoute"});
}

TEST_CASE(
    "connection: a router that fails or stays silent is asked again after the back-off (R6)") {
  EngineWorld w = routed();
  w.engine.addSession(1, "a");
  w.engine.open(1, {}, 10, w.now);
  w.take();
  w.engine.routeAnswered(Error{Errc::RouterFailed, 0, "503", false}, w.now);
  CHECK(w.take() == Lines{"1 Retrying 2 RouterFailed"});
  w.pass(Millis{1000});
  CHECK(w.take() == Lines{"fetchRoute"});
  w.pass(Millis{15000});
  CHECK(w.takeBut("fetchRoute") == Lines{"1 Retrying 3 RouterFailed"});
  // The late answer serves; the router is not asked twice at a time.
  w.engine.routeAnswered(Route{"ws://one", "", "", Millis{1000}}, w.now);
  w.pass(Millis{4000});
  CHECK(w.take() == Lines{"connect ws://one"});
}

TEST_CASE("connection: the first connect is tried again too, and max_attempts ends it") {
  engine::EngineOptions options = plainOptions();
  options.reconnect.max_attempts = 3;
  EngineWorld w(options);
  w.engine.addSession(1, "a");
  w.engine.open(1, {}, 10, w.now);
  w.take();
  w.down();
  w.pass(Millis{1000});
  w.down();
  w.pass(Millis{2000});
  CHECK(w.take() == Lines{"1 Retrying 2 NetworkDown", "connect ws://server",
                          "1 Retrying 3 NetworkDown", "connect ws://server"});
  w.down();
  CHECK(w.take() == Lines{"done 10 NetworkDown", "1 Closed NetworkDown"});
  CHECK(w.engine.deadline() == base::kNever);
  w.engine.open(1, {}, 11, w.now);
  CHECK(w.take() == Lines{"connect ws://server"});
}

TEST_CASE("connection: a connect that hangs is given up after connect_timeout") {
  EngineWorld w;
  w.engine.addSession(1, "a");
  w.engine.open(1, {}, 10, w.now);
  w.take();
  w.pass(Millis{14999});
  CHECK(w.take().empty());
  w.pass(Millis{1});
  CHECK(w.takeBut("connect") == Lines{"abandon", "1 Retrying 2 Timeout"});
}

TEST_CASE("connection: silence gets a heartbeat, then a PING, then a new connection (R7)") {
  EngineWorld w;
  w.openSession(1, "a");
  w.pass(Millis{29999});
  CHECK(w.take().empty());
  w.pass(Millis{1});
  CHECK(w.take() == Lines{"> {}"});
  w.pass(Millis{5000});
  CHECK(w.take() == Lines{"ping"});
  w.engine.heard(w.now);  // the PONG
  w.pass(Millis{29999});
  CHECK(w.take().empty());
  w.pass(Millis{1 + 10000});
  CHECK(w.take() == Lines{"> {}", "ping", "abandon", "1 Paused Timeout", "1 Retrying 1 Timeout"});
}

TEST_CASE("connection: a process that slept drops the connection at once (R12)") {
  EngineWorld w;
  w.openSession(1, "a");
  w.step(Millis{3600000});
  w.server("direct a from=b msg=zombie id=m1");
  CHECK(w.take() == Lines{"abandon", "1 Paused NetworkDown", "1 Retrying 1 NetworkDown"});
}

TEST_CASE("connection: a wall clock that ran ahead raises doubt, a heartbeat clears it") {
  EngineWorld w;
  w.openSession(1, "a");
  w.now.wall += Millis{600000};
  w.engine.timeReached(w.now);
  CHECK(w.take() == Lines{"> {}"});
  w.server("{} -");
  w.engine.timeReached(w.now);
  CHECK(w.take().empty());
}

TEST_CASE("connection: an unanswered command replaces the connection and fails no message") {
  EngineWorld w;
  w.openSession(1, "a");
  w.send(1, "hi", 20);
  w.take();
  w.pass(Millis{10000});
  CHECK(w.takeBut("connect") == Lines{"abandon", "1 Paused Timeout", "1 Retrying 1 Timeout"});
  w.pass(Millis{1000});
  w.up();
  w.server("session opened a");
  w.server("ack a i=2 uid=m1");
  CHECK(w.take().back() == "1 SendDone \"hi\" to=[bob] uid=m1");
}

TEST_CASE(
    "connection: networkChanged starts a waiting try at once, at most one per hint_interval") {
  EngineWorld w;
  w.openSession(1, "a");
  w.down();
  w.take();
  w.engine.networkChanged(w.now);
  CHECK(w.take() == Lines{"connect ws://server"});
  w.down();
  w.take();
  w.engine.networkChanged(w.now);
  CHECK(w.take().empty());
  CHECK(w.engine.deadline() <= w.now.mono + Millis{1000});
}

TEST_CASE("connection: networkChanged probes a live connection and replaces a suspect one") {
  EngineWorld w;
  w.openSession(1, "a");
  w.engine.networkChanged(w.now);
  CHECK(w.take() == Lines{"> {}"});
  w.pass(Millis{1000});
  w.engine.networkChanged(w.now);
  CHECK(w.take() == Lines{"abandon", "1 Paused NetworkDown", "1 Retrying 1 NetworkDown"});
}

TEST_CASE(
    "connection: hints of a changed network start a connect anew once an interval, not each") {
  EngineWorld w;
  w.engine.addSession(1, "a");
  w.engine.open(1, {}, 10, w.now);
  w.take();
  w.engine.networkChanged(w.now);
  CHECK(w.take() == Lines{"abandon", "connect ws://server"});
  w.pass(Millis{999});
  w.engine.networkChanged(w.now);
  CHECK(w.take().empty());
  w.pass(Millis{1});
  w.engine.networkChanged(w.now);
  CHECK(w.take() == Lines{"abandon", "connect ws://server"});
}

TEST_CASE(
    "connection: connections that come up and stay silent count as failed, however long they "
    "last") {
  engine::EngineOptions options = plainOptions();
  options.reconnect.max_attempts = 3;
  EngineWorld w(options);
  w.engine.addSession(1, "a");
  w.engine.open(1, {}, 10, w.now);
  for (int tries = 0; tries < 3; ++tries) {
    CHECK(w.output.completions[10] == 0);
    w.up();
    w.pass(Millis{25000});  // command_timeout, and the delay after it
  }
  CHECK(w.output.completions[10] == 1);
  CHECK(w.engine.state(1) == SessionState::Closed);
}

TEST_CASE("connection: the time that the other side names is waited for, up to the longest delay") {
  engine::EngineOptions options = plainOptions();
  options.server.clear();
  options.reconnect.first_delay = Millis{100};
  options.reconnect.max_delay = Millis{20000};
  EngineWorld w(options);
  w.engine.addSession(1, "a");
  w.engine.open(1, {}, 10, w.now);
  w.take();
  w.engine.routeAnswered(Error{Errc::RouterFailed, 0, "429", false, Millis{5000}}, w.now);
  CHECK(w.take() == Lines{"1 Retrying 2 RouterFailed"});
  w.pass(Millis{4999});
  CHECK(w.take().empty());
  w.pass(Millis{101});
  CHECK(w.take() == Lines{"fetchRoute"});
  w.engine.routeAnswered(Error{Errc::RouterFailed, 0, "503", false, std::chrono::hours{9}}, w.now);
  w.take();
  w.pass(Millis{20000});
  CHECK(w.take() == Lines{"fetchRoute"});
}

TEST_CASE("connection: pause closes politely and leaves no timer, resume connects at once (R12)") {
  EngineWorld w;
  w.openSession(1, "a");
  w.engine.pause(30, w.now);
  CHECK(w.take() == Lines{"1 Paused Paused", "disconnect 1000"});
  CHECK(w.engine.deadline() == base::kNever);
  w.down(1000);
  CHECK(w.take() == Lines{"done 30 ok"});
  CHECK(w.engine.deadline() == base::kNever);
  w.engine.networkChanged(w.now);
  w.engine.heard(w.now);
  CHECK(w.take().empty());
  w.engine.resume(w.now);
  CHECK(w.take() == Lines{"connect ws://server"});
}

TEST_CASE("connection: resume does not wait for a transport that is still closing") {
  EngineWorld w;
  w.openSession(1, "a");
  w.engine.pause(30, w.now);
  w.take();
  w.engine.resume(w.now);
  CHECK(w.take() == Lines{"abandon", "connect ws://server", "done 30 ok"});
}

TEST_CASE("connection: garbage closes with 1007 and is tried again after the back-off") {
  EngineWorld w;
  w.openSession(1, "a");
  w.engine.receivedGarbage({Errc::ProtocolError, 0, "not JSON", false}, w.now);
  CHECK(w.take() == Lines{"disconnect 1007", "1 Paused ProtocolError"});
  w.down(1007);
  CHECK(w.take() == Lines{"1 Retrying 1 ProtocolError"});
}

TEST_CASE(
    "connection: events that outrun the application close with 1008 and are no fault of protocol") {
  EngineWorld w;
  w.openSession(1, "a");
  for (int i = 0; i < 5; ++i) {
    w.engine.overrun(w.now);
    CHECK(w.take() == Lines{"disconnect 1008", "1 Paused QueueFull"});
    w.down(1008);
    CHECK(w.take() == Lines{"1 Retrying 1 QueueFull"});
    w.pass(w.engine.deadline() - w.now.mono);
    w.up();
    w.server("session opened a");
    w.take();
  }
}

TEST_CASE("connection: connections that never last make the delay grow all the same") {
  EngineWorld w;
  w.openSession(1, "a");
  Millis longest{0};
  for (int i = 0; i < 12; ++i) {
    w.down();
    longest = std::max(longest, w.engine.deadline() - w.now.mono);
    w.pass(w.engine.deadline() - w.now.mono);
    w.up();
    w.server("session opened a");
  }
  CHECK(longest > Millis{5000});
}

TEST_CASE(
    "connection: a new session while the last one's connection closes waits for the end of it") {
  EngineWorld w;
  w.openSession(1, "a");
  w.engine.close(1, 20, w.now);
  w.take();
  w.engine.open(1, {}, 21, w.now);
  CHECK(w.take().empty());
  w.down(1000);
  CHECK(w.take() == Lines{"connect ws://server"});
}

}  // namespace
}  // namespace kith::test
