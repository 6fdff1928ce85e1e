// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/engine_world.hpp"

namespace kith::test {
namespace {

using base::Millis;

TEST_CASE("session: open connects, names the watch list and tells who is online") {
  EngineWorld w;
  w.engine.addSession(1, "alice");
  CHECK(w.engine.state(1) == SessionState::Idle);
  w.engine.open(1, {"carol", "bob"}, 10, w.now);
  CHECK(w.engine.state(1) == SessionState::Opening);
  CHECK(w.take() == Lines{"connect ws://server"});
  w.up();
  CHECK(w.take() == Lines{"> session open alice [bob,carol] i=1"});
  w.server("session opened alice i=1 list=bob");
  CHECK(w.take() == Lines{"done 10 ok", "1 Opened [bob]", "1 Online [bob]"});
  CHECK(w.engine.state(1) == SessionState::Open);
  CHECK(w.engine.watched(1) == Lines{"bob", "carol"});
  CHECK(w.engine.online(1) == Lines{"bob"});
}

TEST_CASE("session: an answer without i is matched by order") {
  EngineWorld w;
  w.engine.addSession(1, "alice");
  w.engine.open(1, {}, 10, w.now);
  w.up();
  w.server("session opened alice");
  CHECK(w.engine.state(1) == SessionState::Open);
}

TEST_CASE("session: a second open is AlreadyOpen and a call before open is NotOpen") {
  EngineWorld w;
  w.engine.addSession(1, "alice");
  w.engine.watch(1, {"bob"}, 5, w.now);
  w.send(1, "x", 6);
  w.engine.query(9, {"bob"}, 7, w.now);
  CHECK(w.take() == Lines{"done 5 NotOpen", "done 6 NotOpen", "done 7 NotOpen"});
  w.engine.open(1, {}, 10, w.now);
  w.engine.open(1, {}, 11, w.now);
  CHECK(w.take() == Lines{"connect ws://server", "done 11 AlreadyOpen"});
}

TEST_CASE(
    "session: a lost connection pauses, and resume asks with the whole list and a fresh "
    "signature") {
  EngineWorld w(signedOptions());
  w.engine.addSession(1, "alice");
  w.engine.open(1, {"bob"}, 10, w.now);
  w.up();
  CHECK(w.take() == Lines{"connect ws://server", "sign open alice [bob]"});
  w.sign("first");
  CHECK(w.take() == Lines{"> session open alice [bob] s=first t=7 n=n i=1"});
  w.server("session opened alice i=1 list=bob");
  w.take();
  w.engine.watch(1, {"carol"}, 11, w.now);
  w.sign("second");
  CHECK(w.take() ==
        Lines{"sign watch alice [carol]", "> session add alice [carol] s=second t=7 n=n i=2"});
  w.server("session added alice i=2 list=carol");
  CHECK(w.take() == Lines{"done 11 ok [carol]", "1 Watched [carol]", "1 Online [carol]"});
  w.down();
  CHECK(w.take() == Lines{"1 Paused NetworkDown", "1 Retrying 1 NetworkDown"});
  CHECK(w.engine.state(1) == SessionState::Paused);
  CHECK(w.engine.online(1).empty());
  w.pass(Millis{1000});
  w.up();
  CHECK(w.take() == Lines{"connect ws://server", "sign open alice [bob,carol]"});
  w.sign("third");
  CHECK(w.take() == Lines{"> session open alice [bob,carol] s=third t=7 n=n i=1"});
  w.server("session opened alice i=1 list=carol");
  CHECK(w.take() == Lines{"1 Resumed [carol]", "1 Online [carol]"});
}

TEST_CASE("session: the signer's reduced list is what is sent and watched") {
  EngineWorld w(signedOptions());
  w.engine.addSession(1, "alice");
  w.engine.open(1, {"bob", "eve"}, 10, w.now);
  w.up();
  w.take();
  w.engine.signatureReady(w.output.questions.front(), Signature{"s", 7, "n", {"bob"}}, w.now);
  CHECK(w.take() == Lines{"> session open alice [bob] s=s t=7 n=n i=1"});
  w.server("session opened alice i=1");
  CHECK(w.engine.watched(1) == Lines{"bob"});
}

TEST_CASE("session: a signer that refuses ends the open, one that is busy is asked again") {
  EngineWorld w(signedOptions());
  w.engine.addSession(1, "alice");
  w.engine.open(1, {}, 10, w.now);
  w.up();
  w.take();
  w.refuseToSign({Errc::ServerBusy, 0, "busy", false});
  CHECK(w.take() == Lines{"1 Retrying 1 ServerBusy"});
  w.pass(Millis{1000});
  CHECK(w.take() == Lines{"sign open alice []"});
  w.pass(Millis{10000});  // signature_timeout counts as Timeout, which is retryable
  CHECK(w.takeBut("sign") == Lines{"1 Retrying 2 Timeout"});
  w.pass(Millis{2000});
  w.take();
  w.engine.signatureReady(w.output.questions.back(), Error{Errc::SignatureRefused, 0, "no", false},
                          w.now);
  CHECK(w.take() ==
        Lines{"done 10 SignatureRefused", "1 Closed SignatureRefused", "disconnect 1000"});
}

TEST_CASE("session: what may pass on the way to the signer never ends a session") {
  const Errc passing[] = {Errc::Timeout,     Errc::NetworkDown, Errc::ProxyRefused,
                          Errc::ProxyAuth,   Errc::ServerBusy,  Errc::TlsUntrusted,
                          Errc::TlsHostname, Errc::TlsExpired,  Errc::TlsProtocol};
  engine::EngineOptions options = signedOptions();
  options.reconnect.max_delay = Millis{1000};
  EngineWorld w(options);
  w.engine.addSession(1, "alice");
  w.engine.open(1, {}, 10, w.now);
  w.up();
  int tries = 0;
  const auto failAll = [&] {
    for (const Errc code : passing) {
      w.take();
      w.refuseToSign({code, 0, "on the way", false});
      const std::string name(errcName(code));
      CHECK(w.take() == Lines{"1 Retrying " + std::to_string(++tries) + " " + name});
      w.pass(Millis{1000});
    }
  };
  failAll();
  w.sign();
  w.server("session opened alice i=1");
  CHECK(w.output.completions[10] == 1);
  w.down();
  w.pass(Millis{1000});
  w.up();
  tries = 0;
  failAll();  // as it resumes
  CHECK(w.engine.state(1) == SessionState::Paused);
  w.sign();
  w.server("session opened alice");
  CHECK(w.engine.state(1) == SessionState::Open);
}

TEST_CASE("session: a passing fault fails an operation after three tries, a refusal at once") {
  EngineWorld w(signedOptions());
  w.engine.addSession(1, "alice");
  w.engine.open(1, {}, 10, w.now);
  w.up();
  w.sign();
  w.server("session opened alice i=1");
  w.engine.watch(1, {"bob"}, 20, w.now);
  for (int tries = 0; tries < 3; ++tries) {
    CHECK(w.output.completions[20] == 0);
    w.take();
    w.refuseToSign({Errc::TlsExpired, 0, "renewed soon", false});
    if (tries < 2) w.pass(Millis{3000});
  }
  CHECK(w.take() == Lines{"done 20 TlsExpired"});
  w.engine.watch(1, {"bob"}, 21, w.now);
  w.refuseToSign({Errc::SignatureRefused, 0, "no", false});
  CHECK(w.takeBut("sign") == Lines{"done 21 SignatureRefused"});
  CHECK(w.engine.state(1) == SessionState::Open);
}

TEST_CASE("session: the time that the signer names is waited for, up to the longest delay") {
  engine::EngineOptions options = signedOptions();
  options.reconnect.first_delay = Millis{100};
  options.reconnect.max_delay = Millis{8000};
  EngineWorld w(options);
  w.engine.addSession(1, "alice");
  w.engine.open(1, {}, 10, w.now);
  w.up();
  w.take();
  const auto busy = [&](Millis after) {
    w.refuseToSign({Errc::ServerBusy, 0, "429", false, after});
    w.take();
  };
  busy(Millis{5000});
  w.pass(Millis{4999});
  CHECK(w.take().empty());
  w.pass(Millis{101});  // and what is drawn by chance
  CHECK(w.take() == Lines{"sign open alice []"});
  busy(std::chrono::hours{24});
  w.pass(Millis{7999});
  CHECK(w.take().empty());
  w.pass(Millis{1});
  CHECK(w.take() == Lines{"sign open alice []"});
}

TEST_CASE("session: once it was open the count and delay of refusals begin anew") {
  EngineWorld w;
  w.engine.addSession(1, "alice");
  w.engine.open(1, {}, 10, w.now);
  w.up();
  for (int tries = 1; tries <= 3; ++tries) {
    w.take();
    w.server("session error alice code=4200");
    CHECK(w.take() == Lines{"1 Retrying " + std::to_string(tries) + " ServerBusy/4200"});
    w.pass(Millis{6400});
  }
  w.server("session opened alice");
  CHECK(w.output.completions[10] == 1);
  w.take();
  w.server("session closed alice code=4200");
  CHECK(w.take() == Lines{"1 Paused ServerBusy/4200", "1 Retrying 1 ServerBusy/4200"});
}

TEST_CASE("session: watches that do not fit into one frame with the list follow the resume") {
  const auto ids = [](int from, int to) {
    std::vector<std::string> many;
    for (int i = from; i < to; ++i) many.push_back(std::string(61, 'x') + std::to_string(i));
    return many;
  };
  EngineWorld w;
  w.openSession(1, "alice", ids(100, 150));
  w.down();
  w.engine.watch(1, ids(150, 190), 20, w.now);
  w.take();
  w.pass(Millis{1000});
  w.up();
  w.take();
  w.server("session opened alice i=1");
  CHECK(w.output.completions[20] == 0);
  const Lines lines = w.take();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "1 Resumed []");
  CHECK(lines[1].rfind("> session add alice [xxx", 0) == 0);
  CHECK(w.engine.watched(1).size() == 50);
  w.server("session added alice i=2");
  CHECK(w.output.completions[20] == 1);
  CHECK(w.engine.watched(1).size() == 90);
}

TEST_CASE("session: close completes everything, then itself, and Closed is the last") {
  EngineWorld w;
  w.openSession(1, "alice");
  w.send(1, "hi", 20);
  w.engine.watch(1, {"bob"}, 21, w.now);
  w.engine.query(1, {"bob"}, 22, w.now);
  w.take();
  w.engine.close(1, 30, w.now);
  CHECK(w.take() == Lines{"> session close alice i=5", "done 20 Closed may-have-arrived",
                          "1 SendFailed \"hi\" to=[bob] Closed may-have-arrived", "done 21 Closed",
                          "done 22 Closed", "done 30 ok", "1 Closed", "disconnect 1000"});
  w.engine.close(1, 31, w.now);
  CHECK(w.take() == Lines{"done 31 ok"});
  w.down(1000);
  CHECK(w.take().empty());
  CHECK(w.engine.deadline() == base::kNever);
}

TEST_CASE("session: a closed session opens to a new life on the same connection") {
  EngineWorld w;
  w.openSession(1, "alice", {"bob"});
  w.openSession(2, "zoe");
  w.engine.close(1, 30, w.now);
  w.engine.open(1, {"carol"}, 31, w.now);
  CHECK(w.take() == Lines{"> session close alice i=3", "done 30 ok", "1 Closed",
                          "> session open alice [carol] i=4"});
  w.server("direct alice from=bob msg=old id=m1");  // of the earlier life: comes again later
  w.server("session closed alice i=3");
  CHECK(w.take().empty());
  w.server("session opened alice i=4");
  CHECK(w.take() == Lines{"done 31 ok", "1 Opened []"});
  CHECK(w.engine.watched(1) == Lines{"carol"});
}

TEST_CASE("session: watch and unwatch called while paused are piggybacked on the resume") {
  EngineWorld w;
  w.openSession(1, "alice", {"bob", "dave"});
  w.down();
  w.engine.watch(1, {"carol"}, 20, w.now);
  w.engine.unwatch(1, {"bob"}, 21, w.now);
  w.take();
  w.pass(Millis{30000});
  w.up();
  CHECK(w.takeBut("connect") ==
        Lines{"abandon", "1 Retrying 2 Timeout", "> session open alice [carol,dave] i=1"});
  w.server("session opened alice i=1 list=carol,dave");
  CHECK(w.take() == Lines{"1 Resumed [carol,dave]", "done 20 ok [carol]", "1 Watched [carol]",
                          "done 21 ok [bob]", "1 Unwatched [bob]", "1 Online [carol,dave]"});
  CHECK(w.engine.watched(1) == Lines{"carol", "dave"});
}

TEST_CASE("session: unwatched peers that were online are reported offline (row 6)") {
  EngineWorld w;
  w.engine.addSession(1, "alice");
  w.engine.open(1, {"bob", "carol"}, 10, w.now);
  w.up();
  w.server("session opened alice i=1 list=bob");
  w.take();
  w.engine.unwatch(1, {"bob", "carol"}, 11, w.now);
  w.server("session removed alice i=2");
  CHECK(w.take() == Lines{"> session remove alice [bob,carol] i=2", "done 11 ok [bob,carol]",
                          "1 Unwatched [bob,carol]", "1 Offline [bob]"});
}

TEST_CASE("session: presence is told once per edge and only of watched peers") {
  EngineWorld w;
  w.openSession(1, "alice", {"bob"});
  w.server("presence alice status=on list=bob,stranger");
  w.server("presence alice status=on list=bob");
  w.server("presence alice status=off list=bob");
  CHECK(w.take() == Lines{"1 Online [bob]", "1 Offline [bob]"});
}

TEST_CASE("session: a refused watch fails its operation and leaves the list alone") {
  EngineWorld w;
  w.openSession(1, "alice", {"bob"});
  w.engine.watch(1, {"eve"}, 11, w.now);
  w.take();
  w.server("session error alice i=2 code=4102");
  CHECK(w.take() == Lines{"done 11 SignatureFailed/4102"});
  CHECK(w.engine.watched(1) == Lines{"bob"});
}

TEST_CASE(
    "session: query yields who is online and waits a limited time while there is no connection") {
  EngineWorld w;
  w.openSession(1, "alice");
  w.engine.query(1, {"x", "y"}, 11, w.now);
  w.server("session query-result alice i=2 list=y");
  CHECK(w.take() == Lines{"> session query alice [x,y] i=2", "done 11 ok [y]"});
  w.engine.query(1, {"x"}, 12, w.now);
  w.take();
  w.down();
  CHECK(w.take() ==
        Lines{"1 Paused NetworkDown", "done 12 NetworkDown", "1 Retrying 1 NetworkDown"});
  w.engine.query(1, {"x"}, 13, w.now);
  w.engine.join(1, "g", false, 14, w.now);
  w.pass(Millis{9999});
  CHECK(w.output.completions[13] == 0);
  w.pass(Millis{1});
  CHECK(w.output.completions[13] == 1);
  CHECK(w.output.completions[14] == 1);
}

TEST_CASE("session: a list that exceeds a frame goes on as add, each part signed") {
  EngineWorld w(signedOptions());
  std::vector<std::string> many;
  for (int i = 100; i < 200; ++i) many.push_back(std::string(61, 'x') + std::to_string(i));
  w.engine.addSession(1, "alice");
  w.engine.open(1, many, 10, w.now);
  w.up();
  w.sign();
  w.take();
  w.server("session opened alice i=1");
  const Lines lines = w.take();
  REQUIRE(lines.size() == 3);
  CHECK(lines[2].rfind("sign watch alice [xxx", 0) == 0);
  w.sign();
  w.server("session added alice i=2 list=" + many.back());
  CHECK(w.take().back() == "1 Online [" + many.back() + "]");
  CHECK(w.engine.watched(1).size() == 100);
  CHECK(w.output.requests[0].peer_ids.size() + w.output.requests[1].peer_ids.size() == 100);
}

TEST_CASE(
    "session: the rest of a long list that was cut off goes with the next open, as no event") {
  EngineWorld w;
  std::vector<std::string> many;
  for (int i = 100; i < 200; ++i) many.push_back(std::string(61, 'x') + std::to_string(i));
  w.openSession(1, "alice", many);
  w.down();
  w.pass(Millis{1000});
  w.up();
  w.take();
  w.server("session opened alice i=1");
  w.server("session added alice i=2");
  const Lines lines = w.take();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "1 Resumed []");
  CHECK(lines[1].rfind("> session add alice [xxx", 0) == 0);
  CHECK(w.engine.watched(1).size() == 100);
}

TEST_CASE("session: removeSession completes what waits and says nothing more") {
  EngineWorld w;
  w.openSession(1, "alice");
  w.openSession(2, "bob");
  w.send(1, "hi", 20);
  w.take();
  w.engine.removeSession(1, w.now);
  CHECK(w.take() == Lines{"> session close alice i=4", "done 20 Closed may-have-arrived"});
  w.server("ack alice i=3 uid=m1");
  w.server("direct alice from=bob msg=x id=m2");
  CHECK(w.take().empty());
  CHECK(w.engine.state(1) == SessionState::Closed);
}

TEST_CASE(
    "session: the server's own session closed with a final code ends it, without one it is opened "
    "again") {
  EngineWorld w;
  w.openSession(1, "alice");
  w.server("session closed alice");
  CHECK(w.take() == Lines{"1 Paused NetworkDown", "1 Retrying 1 NetworkDown"});
  w.pass(Millis{1000});
  CHECK(w.take() == Lines{"> session open alice [] i=2"});
  w.server("session opened alice i=2");
  w.take();
  w.server("session closed alice code=4111");
  CHECK(w.take() == Lines{"1 Closed Kicked/4111", "disconnect 1000"});
}

TEST_CASE(
    "session: closeAll closes every session, then the connection, and is the last to complete") {
  EngineWorld w;
  w.openSession(1, "alice");
  w.openSession(2, "bob");
  w.engine.closeAll(50, w.now);
  CHECK(w.take() == Lines{"> session close alice i=3", "1 Closed", "> session close bob i=4",
                          "2 Closed", "disconnect 1000"});
  w.down(1000);
  CHECK(w.take() == Lines{"done 50 ok"});
  w.engine.open(1, {}, 51, w.now);
  w.engine.closeAll(52, w.now);
  CHECK(w.take() == Lines{"done 51 Closed", "done 52 ok"});
  CHECK(w.engine.deadline() == base::kNever);
}

TEST_CASE("session: closeAll does not wait for ever for a transport that does not close") {
  EngineWorld w;
  w.openSession(1, "alice");
  w.engine.closeAll(50, w.now);
  w.take();
  w.pass(Millis{5000});
  CHECK(w.take() == Lines{"abandon", "done 50 ok"});
}

}  // namespace
}  // namespace kith::test
