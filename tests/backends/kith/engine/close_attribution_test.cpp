// SPDX-License-Identifier: Apache-2.0
// R10: each class of close codes, and the sessions it is attributed to.
#include "base/close_codes.hpp"
#include "support/catch.hpp"
#include "support/engine_world.hpp"

namespace kith::test {
namespace {

using base::Millis;

Lines closeWhileOpen(int code) {
  EngineWorld w;
  w.openSession(1, "a");
  w.openSession(2, "b");
  w.down(code);
  return w.take();
}

TEST_CASE("close attribution: every code of §6.2 pauses or ends open sessions as its class says") {
  for (const int code : {0,    1000, 1001, 1006, 4100, 4102, 4103, 4105, 4106, 4107, 4108,
                         4109, 4110, 4111, 4112, 4113, 4114, 4115, 4116, 4200, 4999}) {
    INFO(code);
    const Lines lines = closeWhileOpen(code);
    const bool is_final = base::closeClass(code) == base::CloseClass::Final;
    REQUIRE(lines.size() == 4);
    CHECK(lines[0].rfind("1 Paused", 0) == 0);
    CHECK((lines[2].rfind("1 Closed", 0) == 0) == is_final);
    CHECK((lines[3].rfind("2 Closed", 0) == 0) == is_final);
  }
}

TEST_CASE(
    "close attribution: a signature refused once is asked for again, refused for good after three "
    "times") {
  EngineWorld w(signedOptions());
  w.engine.addSession(1, "a");
  w.engine.open(1, {}, 10, w.now);
  for (int i = 1; i <= 3; ++i) {
    w.up();
    w.sign("try" + std::to_string(i));
    w.take();
    w.down(4102);
    if (i < 3) w.pass(Millis{10000});
  }
  CHECK(w.take() == Lines{"done 10 SignatureFailed/4102", "1 Closed SignatureFailed/4102"});
  CHECK(w.engine.deadline() == base::kNever);
}

TEST_CASE("close attribution: without a signer a refused signature is final at once") {
  EngineWorld w;
  w.engine.addSession(1, "a");
  w.engine.open(1, {}, 10, w.now);
  w.up();
  w.take();
  w.down(4102);
  CHECK(w.take() == Lines{"done 10 SignatureFailed/4102", "1 Closed SignatureFailed/4102"});
}

TEST_CASE("close attribution: one bad session among three is found by opening them one at a time") {
  EngineWorld w;
  for (engine::SessionRef ref = 1; ref <= 3; ++ref) {
    w.engine.addSession(ref, "p" + std::to_string(ref));
    w.engine.open(ref, {}, 10 + ref, w.now);
  }
  w.up();
  w.take();
  w.down(4106);
  CHECK(w.take() == Lines{"1 Retrying 1 Blacklisted/4106", "2 Retrying 1 Blacklisted/4106",
                          "3 Retrying 1 Blacklisted/4106"});
  w.pass(Millis{2000});
  w.up();
  CHECK(w.take() == Lines{"connect ws://server", "> session open p1 [] i=1"});
  w.server("session opened p1 i=1");
  CHECK(w.take() == Lines{"done 11 ok", "1 Opened []", "> session open p2 [] i=2"});
  w.down(4106);
  CHECK(w.take() == Lines{"1 Paused Blacklisted/4106", "done 12 Blacklisted/4106",
                          "2 Closed Blacklisted/4106", "1 Retrying 1 Blacklisted/4106",
                          "3 Retrying 1 Blacklisted/4106"});
  w.pass(Millis{4000});
  w.up();
  CHECK(w.take() == Lines{"connect ws://server", "> session open p1 [] i=1"});
  w.server("session opened p1 i=1");
  CHECK(w.take() == Lines{"1 Resumed []", "> session open p3 [] i=2"});
}

TEST_CASE(
    "close attribution: a final code falls on the session that is opening, not on those that are "
    "open") {
  EngineWorld w;
  w.openSession(1, "good");
  w.engine.addSession(2, "bad");
  w.engine.open(2, {}, 20, w.now);
  w.take();
  w.down(4103);
  CHECK(w.take() == Lines{"1 Paused InvalidPeerId/4103", "done 20 InvalidPeerId/4103",
                          "2 Closed InvalidPeerId/4103", "1 Retrying 1 InvalidPeerId/4103"});
}

TEST_CASE("close attribution: an unknown app ends all sessions") {
  EngineWorld w;
  w.openSession(1, "a");
  w.engine.addSession(2, "b");
  w.engine.open(2, {}, 20, w.now);
  w.take();
  w.down(4100);
  CHECK(w.take() == Lines{"1 Paused AppNotAvailable/4100", "1 Closed AppNotAvailable/4100",
                          "done 20 AppNotAvailable/4100", "2 Closed AppNotAvailable/4100"});
  CHECK(w.engine.deadline() == base::kNever);
}

TEST_CASE(
    "close attribution: a message that closes the connection each time ends its session, not a "
    "loop") {
  EngineWorld w;
  w.openSession(1, "sender");
  w.openSession(2, "bystander");
  w.send(1, "poison", 20);
  for (int i = 1; i <= 3; ++i) {
    w.take();
    w.down(4109);
    if (i == 3) break;
    w.pass(Millis{10000});
    w.up();
    w.server("session opened sender i=1");
    w.server("session opened bystander i=2");
  }
  const Lines lines = w.take();
  CHECK(lines == Lines{"1 Paused MessageTooLong/4109", "2 Paused MessageTooLong/4109",
                       "done 20 Closed/4109 may-have-arrived",
                       "1 SendFailed \"poison\" to=[bob] Closed/4109 may-have-arrived",
                       "1 Closed MessageTooLong/4109", "2 Retrying 1 MessageTooLong/4109"});
}

TEST_CASE("close attribution: session error on open is about that session alone") {
  EngineWorld w;
  w.openSession(1, "good");
  w.engine.addSession(2, "bad");
  w.engine.open(2, {}, 20, w.now);
  w.take();
  w.server("session error bad i=2 code=4106");
  CHECK(w.take() == Lines{"done 20 Blacklisted/4106", "2 Closed Blacklisted/4106"});
  CHECK(w.engine.state(1) == SessionState::Open);
}

}  // namespace
}  // namespace kith::test
