// SPDX-License-Identifier: Apache-2.0
// When the engine loads from a store, the watch list that it keeps there, and a store that fails.
// Messages are in store_messages_test.cpp.
#include "backends/kith/engine/stored_peers.hpp"
#include "support/catch.hpp"

namespace kith::test {
namespace {

using base::Millis;

// --- opening -------------------------------------------------------------------------------------

TEST_CASE("store: a session opens only after it was loaded, and is loaded in each life") {
  EngineWorld w(storedOptions());
  w.engine.addSession(1, "alice");
  w.engine.open(1, {"bob"}, 10, w.now);
  w.up();
  CHECK(w.take() == Lines{"load 1 alice", "connect ws://server"});
  w.loaded(1);
  CHECK(w.take() == Lines{"> session open alice [bob] i=1"});
  w.server("session opened alice i=1");
  CHECK(w.take() == Lines{"keep alice watched [bob]", "done 10 ok", "1 Opened []"});
  w.engine.close(1, 11, w.now);
  w.take();
  w.engine.open(1, {}, 12, w.now);
  CHECK(w.take() == Lines{"load 1 alice"});
}

TEST_CASE("store: without a store nothing is loaded or kept") {
  EngineWorld w;
  w.openSession(1, "alice", {"bob"});
  w.send(1, "hi", 20);
  w.server("ack alice i=2 uid=m1");
  w.server("direct alice from=bob msg=ho id=m2");
  w.engine.delivered(1, 1, w.now);
  w.engine.close(1, 21, w.now);
  CHECK(w.output.changes.empty());
  for (const std::string& line : w.take()) CHECK(line.rfind("load", 0) != 0);
}

TEST_CASE("store: the answer to a load of an earlier life is not taken for this one's") {
  EngineWorld w(storedOptions());
  w.engine.addSession(1, "alice");
  w.engine.open(1, {}, 10, w.now);
  w.engine.close(1, 11, w.now);
  w.engine.open(1, {}, 12, w.now);
  w.down();
  w.pass(Millis{61000});
  w.up();
  w.take();
  StoredPeer stale;
  stale.outgoing = {outgoing("c1", "stale", w.now)};
  w.loaded(1, stale);
  CHECK(w.take().empty());
  w.loaded(1);
  CHECK(w.take() == Lines{"> session open alice [] i=1"});
  w.loaded(1, stale);  // without a load
  CHECK(w.take().empty());
}

TEST_CASE("store: a load that fails is told once, and the session opens as if nothing was kept") {
  EngineWorld w(storedOptions());
  w.engine.addSession(1, "alice");
  w.engine.open(1, {}, 10, w.now);
  w.up();
  w.take();
  w.engine.loaded(1, Error{Errc::StoreFailed, 0, "no disk", false}, w.now);
  CHECK(w.take() == Lines{"1 Failed StoreFailed", "> session open alice [] i=1"});
}

TEST_CASE("store: pausing while loading changes nothing") {
  EngineWorld w(storedOptions());
  w.engine.addSession(1, "alice");
  w.engine.open(1, {}, 10, w.now);
  w.up();
  w.engine.pause(0, w.now);
  w.down();
  w.engine.resume(w.now);
  w.up();
  w.take();
  w.loaded(1);
  CHECK(w.take() == Lines{"> session open alice [] i=1"});
}

// --- the watch list ------------------------------------------------------------------------------

TEST_CASE("store: the watch list is kept when the server confirms a change") {
  EngineWorld w(storedOptions());
  open(w, 1, "alice", {}, {"bob"});
  w.engine.watch(1, {"carol"}, 20, w.now);
  CHECK(w.take() == Lines{"> session add alice [carol] i=2"});
  w.server("session added alice i=2");
  CHECK(w.takeBut("1 ") == Lines{"keep alice watched [bob,carol]", "done 20 ok"});
  w.engine.watch(1, {"carol"}, 21, w.now);
  w.server("session added alice i=3");
  CHECK(w.takeBut("1 ") == Lines{"> session add alice [carol] i=3", "done 21 ok"});
  w.engine.unwatch(1, {"bob"}, 22, w.now);
  w.server("session removed alice i=4");
  CHECK(w.takeBut("1 ") == Lines{"> session remove alice [bob] i=4", "keep alice watched [carol]",
                                 "done 22 ok [bob]"});
  w.cutAndReturn();
  w.server("session opened alice");
  for (const std::string& line : w.take()) CHECK(line.rfind("keep", 0) != 0);
}

TEST_CASE("store: the stored watch list joins the one given to open, which goes first") {
  EngineWorld w(storedOptions());
  w.engine.addSession(1, "alice");
  w.engine.open(1, {"zed"}, 10, w.now);
  w.up();
  w.engine.watch(1, {"amy"}, 11, w.now);
  w.take();
  StoredPeer peer;
  peer.watched = {"bob", "zed"};
  w.loaded(1, peer);
  CHECK(w.take() == Lines{"> session open alice [amy,bob,zed] i=1"});
  w.server("session opened alice i=1");
  CHECK(w.engine.watched(1) == Lines{"amy", "bob", "zed"});
}

TEST_CASE("store: what the server refuses of a long watch list is not kept either") {
  std::vector<std::string> many;
  for (int i = 100; i < 200; ++i) many.push_back(std::string(61, 'x') + std::to_string(i));
  EngineWorld w(storedOptions());
  w.engine.addSession(1, "alice");
  w.engine.open(1, many, 10, w.now);
  w.up();
  w.loaded(1);
  w.server("session opened alice i=1");
  const auto kept = [&] {
    std::vector<std::string> peers;
    for (const StoreChange& change : w.output.changes) {
      if (const auto* watched = std::get_if<store_change::SetWatched>(&change)) {
        peers = watched->peers;
      }
    }
    return peers;
  };
  REQUIRE(kept().size() == 100);
  w.server("session error alice i=2 code=4102");
  CHECK(w.engine.watched(1).size() < 100);
  CHECK(kept() == w.engine.watched(1));
}

TEST_CASE("store: both watch lists together are no longer than one may be") {
  EngineWorld w(storedOptions());
  w.engine.addSession(1, "alice");
  Lines named;
  StoredPeer peer;
  for (int i = 0; i < 90; ++i) named.push_back("n" + std::to_string(i));
  for (int i = 100; i < 150; ++i) peer.watched.push_back("s" + std::to_string(i));
  w.engine.open(1, named, 10, w.now);
  w.engine.watch(1, {"later"}, 11, w.now);
  w.up();
  w.loaded(1, peer);
  w.server("session opened alice i=1");
  const Lines watched = w.engine.watched(1);
  CHECK(watched.size() == 100);
  CHECK(std::count(watched.begin(), watched.end(), "n89") == 1);
  CHECK(std::count(watched.begin(), watched.end(), "later") == 1);
  CHECK(std::count(watched.begin(), watched.end(), "s108") == 1);
  CHECK(std::count(watched.begin(), watched.end(), "s109") == 0);
}

TEST_CASE("store: close empties the stored watch list, also before it was loaded") {
  EngineWorld w(storedOptions());
  w.engine.addSession(1, "alice");
  w.engine.open(1, {}, 10, w.now);
  w.take();
  w.engine.close(1, 11, w.now);
  CHECK(w.takeBut("done") == Lines{"keep alice watched []", "1 Closed", "abandon"});
}

// --- a store that fails --------------------------------------------------------------------------

TEST_CASE("store: when writing fails the sessions are told once and go on") {
  EngineWorld w(storedOptions());
  open(w, 1, "bob");
  open(w, 2, "zoe");
  w.server("direct bob from=alice msg=1 id=m1");
  w.server("direct bob from=alice msg=2 id=m2");
  w.take();
  w.notKept(1);
  CHECK(w.take() == Lines{"1 Incoming \"1\" from=alice id=m1", "2 Failed StoreFailed"});
  w.notKept(1);
  CHECK(w.take() == Lines{"1 Incoming \"2\" from=alice id=m2", "1 Failed StoreFailed"});
  open(w, 3, "eve");
  w.engine.addSession(4, "new");
  w.notKept(1);
  w.engine.open(4, {}, 904, w.now);
  w.take();
  w.loaded(4);
  CHECK(w.take() == Lines{"4 Failed StoreFailed", "> session open new [] i=4"});
  w.send(1, "x", 40);
  w.kept(1);
  w.send(1, "y", 41);
  w.take();
  w.notKept(1);
  CHECK(w.take() == Lines{"1 Failed StoreFailed", "2 Failed StoreFailed", "3 Failed StoreFailed",
                          "4 Failed StoreFailed"});
}

TEST_CASE("store: commits of nothing have no effect") {
  EngineWorld w(storedOptions());
  w.kept(3);
  w.engine.kept(0, {}, w.now);
  w.loaded(9);
  CHECK(w.take().empty());
  open(w, 1, "bob");
  w.server("direct bob from=alice msg=1 id=m1");
  CHECK(w.takeBut("keep").empty());
}

}  // namespace
}  // namespace kith::test
