// SPDX-License-Identifier: Apache-2.0
// Messages and the store: what is kept until it is accepted or shown, and what of it comes back.
#include <variant>

#include "backends/kith/engine/stored_peers.hpp"
#include "support/catch.hpp"

namespace kith::test {
namespace {

using base::Millis;

// --- outgoing ------------------------------------------------------------------------------------

TEST_CASE("store: a message is kept when it is sent, and no longer when it is accepted") {
  EngineWorld w(storedOptions());
  open(w, 1, "alice");
  w.send(1, "hi", 20);
  CHECK(w.take() ==
        Lines{"keep alice +out c20 \"hi\" to=[bob]", "> direct alice to=[bob] \"hi\" dt=c20 i=2"});
  const auto& added = std::get<store_change::AddOutgoing>(w.output.changes.at(0));
  CHECK(added.entry.queued == Timestamp{w.now.wall});
  w.server("ack alice i=2 uid=m1");
  CHECK(w.take() ==
        Lines{"keep alice -out c20", "done 20 ok uid=m1", "1 SendDone \"hi\" to=[bob] uid=m1"});
}

TEST_CASE("store: refused, expired and closed messages are not kept; transient ones never were") {
  engine::EngineOptions options = storedOptions();
  options.outbox.max_messages = 2;
  EngineWorld w(options);
  open(w, 1, "alice");
  Message transient;
  transient.to = {"bob"};
  transient.transient = true;
  w.engine.send(1, transient, "t1", 19, w.now);
  w.send(1, "refused", 20);
  w.send(1, "expired", 21);
  w.send(1, "no room", 22);
  w.server("ack alice i=2 code=4401");
  w.pass(Millis{300000});
  w.send(1, "closed", 23);
  w.engine.close(1, 24, w.now);
  Lines kept;
  for (const std::string& line : w.take()) {
    if (line.rfind("keep", 0) == 0) kept.push_back(line.substr(11));
  }
  CHECK(kept == Lines{"+out c20 \"refused\" to=[bob]", "+out c21 \"expired\" to=[bob]", "-out c20",
                      "-out c21", "+out c23 \"closed\" to=[bob]", "-out c23"});
}

TEST_CASE(
    "store: what was sent in an earlier life goes out first, as it was, and has no completion") {
  EngineWorld w(storedOptions());
  w.engine.addSession(1, "alice");
  w.engine.open(1, {}, 10, w.now);
  w.up();
  w.send(1, "new", 20);
  StoredPeer peer;
  peer.outgoing = {outgoing("x1", "first", w.now), outgoing("x2", "second", w.now)};
  w.loaded(1, peer);
  w.take();
  w.server("session opened alice i=1");
  CHECK(w.takeBut("keep") == Lines{"done 10 ok", "1 Opened []",
                                   "> direct alice to=[bob] \"first\" dt=x1 i=2",
                                   "> direct alice to=[bob] \"second\" dt=x2 i=3",
                                   "> direct alice to=[bob] \"new\" dt=c20 i=4"});
  w.server("ack alice i=2 uid=m1");
  CHECK(w.take() == Lines{"keep alice -out x1", "1 SendDone \"first\" to=[bob] uid=m1"});
  w.server("ack alice i=3 code=4401");
  CHECK(w.take() == Lines{"keep alice -out x2",
                          "1 SendFailed \"second\" to=[bob] InvalidTarget/4401 may-have-arrived"});
}

TEST_CASE("store: a restored message has what is left of its time, by the wall clock") {
  EngineWorld w(storedOptions());
  w.engine.addSession(1, "alice");
  w.engine.open(1, {}, 10, w.now);
  const auto at = [&](long seconds) {
    return base::Instant{w.now.mono, w.now.wall + std::chrono::seconds{seconds}};
  };
  StoredPeer peer;
  peer.outgoing = {outgoing("x1", "long ago", at(-1000)), outgoing("x2", "a while ago", at(-200)),
                   outgoing("x3", "tomorrow", at(86400))};
  w.engine.pause(0, w.now);
  w.loaded(1, peer);
  w.take();
  w.pass(Millis{0});
  CHECK(w.take() ==
        Lines{"keep alice -out x1", "1 SendFailed \"long ago\" to=[bob] Expired may-have-arrived"});
  w.pass(Millis{99999});
  CHECK(w.take().empty());
  w.pass(Millis{1});
  CHECK(w.take() == Lines{"keep alice -out x2",
                          "1 SendFailed \"a while ago\" to=[bob] Expired may-have-arrived"});
  w.pass(Millis{200000});
  CHECK(w.take() ==
        Lines{"keep alice -out x3", "1 SendFailed \"tomorrow\" to=[bob] Expired may-have-arrived"});
}

TEST_CASE("store: a restored message that waits longest holds back no younger one's end") {
  EngineWorld w(storedOptions());
  w.engine.addSession(1, "alice");
  w.engine.open(1, {}, 10, w.now);
  const auto at = [&](long seconds) {
    return base::Instant{w.now.mono, w.now.wall + std::chrono::seconds{seconds}};
  };
  StoredPeer peer;  // in the order of send(), but the wall clock was set back in between
  peer.outgoing = {outgoing("x1", "first", at(-60)), outgoing("x2", "second", at(-240))};
  w.engine.pause(0, w.now);
  w.loaded(1, peer);
  w.take();
  w.pass(Millis{59999});
  CHECK(w.take().empty());
  w.pass(Millis{1});
  CHECK(w.takeBut("keep") == Lines{"1 SendFailed \"first\" to=[bob] Expired may-have-arrived",
                                   "1 SendFailed \"second\" to=[bob] Expired may-have-arrived"});
}

TEST_CASE("store: more than the outbox holds is restored, and then there is no room for more") {
  engine::EngineOptions options = storedOptions();
  options.outbox.max_messages = 1;
  EngineWorld w(options);
  StoredPeer peer;
  peer.outgoing = {outgoing("x1", "1", w.now), outgoing("x2", "2", w.now)};
  open(w, 1, "alice", peer);
  w.send(1, "3", 20);
  CHECK(w.take() == Lines{"done 20 QueueFull", "1 SendFailed \"3\" to=[bob] QueueFull"});
}

TEST_CASE(
    "store: when the manager closes or the session is dropped, what waits stays in the store") {
  EngineWorld w(storedOptions());
  open(w, 1, "alice", {}, {"amy"});
  open(w, 2, "zoe");
  w.send(1, "hi", 20);
  w.send(2, "ho", 21);
  w.take();
  w.engine.removeSession(1, w.now);
  CHECK(w.take() == Lines{"> session close alice i=5", "done 20 Closed may-have-arrived"});
  w.engine.closeAll(30, w.now);
  CHECK(w.take() == Lines{"> session close zoe i=6", "done 21 Closed may-have-arrived",
                          "2 SendFailed \"ho\" to=[bob] Closed may-have-arrived", "2 Closed",
                          "disconnect 1000"});
}

TEST_CASE("store: what waits when the engine gives up connecting goes out in the next life") {
  engine::EngineOptions options = storedOptions();
  options.reconnect.max_attempts = 1;
  EngineWorld w(options);
  w.engine.addSession(1, "alice");
  w.engine.open(1, {}, 10, w.now);
  w.loaded(1);
  w.send(1, "hi", 20);
  w.take();
  w.down();
  CHECK(w.take() == Lines{"done 10 NetworkDown", "done 20 Closed may-have-arrived",
                          "1 SendFailed \"hi\" to=[bob] Closed may-have-arrived",
                          "1 Closed NetworkDown"});
}

// --- incoming ------------------------------------------------------------------------------------

TEST_CASE("store: a message is shown once it is kept, and acknowledged once it was shown") {
  EngineWorld w(storedOptions());
  open(w, 1, "bob");
  w.server("direct bob from=alice msg=hi id=m1");
  CHECK(w.take() == Lines{"keep bob +in \"hi\" from=alice id=m1"});
  w.server("direct bob from=alice msg=hi id=m1");
  CHECK(w.take().empty());
  w.kept(1);
  CHECK(w.take() == Lines{"1 Incoming \"hi\" from=alice id=m1"});
  w.engine.delivered(1, 1, w.now);
  CHECK(w.take() == Lines{"> ack bob [m1]", "keep bob shown [m1]"});
  w.kept(1);
  CHECK(w.take().empty());
}

TEST_CASE("store: whatever follows a message waits behind it, in order") {
  EngineWorld w(storedOptions());
  open(w, 1, "bob", {}, {"amy"});
  open(w, 2, "zoe");
  w.send(1, "mine", 20);
  w.take();
  w.server("direct bob from=alice msg=1 id=m1");
  w.server("presence bob list=amy status=on");
  w.server("direct bob from=alice msg=t id=t1 transient");
  w.server("ack bob i=3 uid=m9");
  w.server("direct bob from=alice msg=2 id=m2");
  w.server("rcp bob id=m9 t=9");
  w.server("rcp zoe id=m8 t=9");
  CHECK(w.takeBut("keep") == Lines{"2 Delivered m8"});
  w.kept(1);  // the one that was sent
  CHECK(w.take().empty());
  w.kept(1);
  CHECK(w.take() == Lines{"1 Incoming \"1\" from=alice id=m1", "1 Online [amy]",
                          "1 Incoming \"t\" from=alice id=t1 transient", "done 20 ok uid=m9",
                          "1 SendDone \"mine\" to=[bob] uid=m9"});
  w.kept(2);
  CHECK(w.take() == Lines{"1 Incoming \"2\" from=alice id=m2", "1 Delivered m9"});
  w.server("rcp bob id=m7 t=9");
  CHECK(w.take() == Lines{"1 Delivered m7"});
}

TEST_CASE(
    "store: what was not shown in an earlier life is shown first, and what was shown is not") {
  EngineWorld w(storedOptions());
  w.engine.addSession(1, "bob");
  w.engine.open(1, {}, 10, w.now);
  w.up();
  w.take();
  StoredPeer peer;
  peer.incoming = {incoming("m2"), incoming("m3")};
  peer.shown_ids = {"m1"};
  w.loaded(1, peer);
  CHECK(w.take() == Lines{"1 Incoming \"old\" from=alice id=m2",
                          "1 Incoming \"old\" from=alice id=m3", "> session open bob [] i=1"});
  w.engine.delivered(1, 1, w.now);
  CHECK(w.take() == Lines{"keep bob shown [m2]"});
  w.server("session opened bob i=1");
  w.take();
  for (const char* id : {"m1", "m2", "m3", "m4"}) {
    w.server("direct bob from=alice msg=old offline id=" + std::string(id));
  }
  CHECK(w.take() ==
        Lines{"> ack bob [m1]", "> ack bob [m2]", "keep bob +in \"old\" from=alice id=m4 offline"});
  w.engine.delivered(1, 1, w.now);
  CHECK(w.take() == Lines{"> ack bob [m3]", "keep bob shown [m3]"});
}

TEST_CASE("store: a message that the store still has but that was shown is taken off again") {
  EngineWorld w(storedOptions());
  open(w, 1, "bob");
  w.server("direct bob from=alice msg=old id=m1");
  w.kept(1);
  w.engine.delivered(1, 1, w.now);
  w.notKept(1);
  w.engine.close(1, 20, w.now);
  w.engine.open(1, {}, 21, w.now);
  w.take();
  StoredPeer peer;
  peer.incoming = {incoming("m1")};
  w.loaded(1, peer);
  CHECK(w.takeBut("1 Failed") == Lines{"keep bob shown [m1]"});
}

TEST_CASE("store: a message on its way when the server ends the session is not shown again") {
  EngineWorld w(storedOptions());
  open(w, 1, "bob");
  open(w, 2, "zoe");
  w.server("direct bob from=alice msg=old id=m1");
  w.kept(1);
  w.server("direct bob from=alice msg=old id=m2");  // not committed: was not handed over
  w.take();
  w.server("session closed bob code=4106");
  CHECK(w.take() == Lines{"1 Closed Blacklisted/4106"});
  w.kept(1);
  w.engine.open(1, {}, 21, w.now);
  StoredPeer peer;
  peer.incoming = {incoming("m1"), incoming("m2")};
  w.take();
  w.loaded(1, peer);
  CHECK(w.take() == Lines{"1 Incoming \"old\" from=alice id=m2", "> session open bob [] i=3"});
}

TEST_CASE("store: close lets everything out but messages, in order, and then nothing") {
  EngineWorld w(storedOptions());
  open(w, 1, "bob", {}, {"amy"});
  open(w, 2, "zoe");
  w.send(1, "mine", 20);
  w.server("direct bob from=alice msg=1 id=m1");
  w.server("ack bob i=3 uid=m9");
  w.server("presence bob list=amy status=on");
  w.take();
  w.engine.close(1, 30, w.now);
  CHECK(w.take() == Lines{"> session close bob i=4", "keep bob watched []", "done 20 ok uid=m9",
                          "1 SendDone \"mine\" to=[bob] uid=m9", "1 Online [amy]", "done 30 ok",
                          "1 Closed"});
  w.kept(4);
  CHECK(w.take().empty());
}

TEST_CASE("store: dropping a session lets completions out and nothing else") {
  EngineWorld w(storedOptions());
  open(w, 1, "bob", {}, {"amy"});
  open(w, 2, "zoe");
  w.send(1, "mine", 20);
  w.server("direct bob from=alice msg=1 id=m1");
  w.server("ack bob i=3 uid=m9");
  w.server("presence bob list=amy status=on");
  w.take();
  w.engine.removeSession(1, w.now);
  CHECK(w.take() == Lines{"> session close bob i=4", "done 20 ok uid=m9"});
  w.kept(3);
  CHECK(w.take().empty());
}

// --- bounds --------------------------------------------------------------------------------------

TEST_CASE("store: what is beyond InboxOptions is not kept, and restored messages count") {
  engine::EngineOptions options = storedOptions();
  options.inbox.max_messages = 2;
  EngineWorld w(options);
  StoredPeer peer;
  peer.incoming = {incoming("m1"), incoming("m2"), incoming("m3")};
  open(w, 1, "bob", peer);
  w.server("direct bob from=alice msg=new id=m4");
  CHECK(w.take().empty());
  w.engine.delivered(1, 3, w.now);
  CHECK(w.take() == Lines{"> ack bob [m1,m2,m3]", "keep bob shown [m1,m2,m3]",
                          "> session close bob i=2", "1 Paused QueueFull",
                          "> session open bob [] i=3"});
  w.server("session opened bob i=3");
  w.server("direct bob from=alice msg=new id=m4");
  CHECK(w.take() == Lines{"1 Resumed []", "keep bob +in \"new\" from=alice id=m4"});
}

}  // namespace
}  // namespace kith::test
