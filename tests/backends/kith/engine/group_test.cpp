// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/engine_world.hpp"

namespace kith::test {
namespace {

using base::Millis;

TEST_CASE("group: create, invite, kick and leave, each with its reply and its notice (T6)") {
  EngineWorld w;
  w.openSession(1, "alice");
  w.engine.join(1, "", false, 10, w.now);
  w.server("room joined alice i=2 room=g1 by=alice");
  w.server("room members-joined alice room=g1 peers=alice by=alice");
  CHECK(w.take() == Lines{"> room join alice i=2", "done 10 ok room=g1", "1 GroupJoined g1",
                          "1 MembersJoined g1 [alice] by=alice"});
  w.engine.invite(1, "g1", {"bob", "carol"}, 11, w.now);
  w.server("room invited alice i=3 room=g1 peers=bob by=alice");
  CHECK(w.take() == Lines{"> room invite alice room=g1 [bob,carol] i=3", "done 11 ok [bob]",
                          "1 PeersInvited g1 [bob]"});
  w.engine.kick(1, "g1", {"bob"}, 12, w.now);
  w.server("room kicked alice i=4 room=g1 by=alice");
  w.server("room members-left alice room=g1 peers=bob by=alice");
  CHECK(w.take() == Lines{"> room kick alice room=g1 [bob] i=4", "done 12 ok [bob]",
                          "1 PeersKicked g1 [bob]", "1 MembersLeft g1 [bob] by=alice"});
  w.engine.leave(1, "g1", 13, w.now);
  w.server("room left alice i=5 room=g1 by=alice");
  CHECK(w.take() ==
        Lines{"> room leave alice room=g1 i=5", "done 13 ok", "1 GroupLeft g1 by=alice"});
}

TEST_CASE("group: an open group is created with transient (T12)") {
  EngineWorld w;
  w.openSession(1, "alice");
  w.engine.join(1, "", true, 10, w.now);
  CHECK(w.take() == Lines{"> room join alice transient i=2"});
}

TEST_CASE("group: an invitation does not pass for the reply to a join of one's own") {
  EngineWorld w;
  w.openSession(1, "alice");
  w.engine.join(1, "g2", false, 10, w.now);
  w.take();
  w.server("room joined alice room=g1 by=bob");
  CHECK(w.take() == Lines{"1 GroupInvited g1 by=bob"});
  w.server("room joined alice room=g2 by=alice");  // an old server without i
  CHECK(w.take() == Lines{"done 10 ok room=g2", "1 GroupJoined g2"});
}

TEST_CASE("group: being kicked is a notice that names the kicker") {
  EngineWorld w;
  w.openSession(1, "alice");
  w.server("room left alice room=g1 by=bob");
  CHECK(w.take() == Lines{"1 GroupLeft g1 by=bob"});
}

TEST_CASE("group: kicking oneself out of one group does not answer the leaving of another") {
  EngineWorld w;
  w.openSession(1, "alice");
  w.engine.kick(1, "g1", {"alice"}, 10, w.now);
  w.engine.leave(1, "g2", 11, w.now);
  w.engine.leave(1, "g1", 12, w.now);
  w.take();
  w.server("room kicked alice i=2 room=g1 peers=alice by=alice");
  w.server("room left alice room=g1 by=alice");
  CHECK(w.take() ==
        Lines{"done 10 ok [alice]", "1 PeersKicked g1 [alice]", "1 GroupLeft g1 by=alice"});
  w.server("room left alice i=3 room=g2 by=alice");
  CHECK(w.take() == Lines{"done 11 ok", "1 GroupLeft g2 by=alice"});
  w.server("room left alice i=4 room=g1 by=alice");
  CHECK(w.take() == Lines{"done 12 ok", "1 GroupLeft g1 by=alice"});
}

TEST_CASE(
    "group: kicking oneself on another device does not answer the leaving of the same group") {
  EngineWorld w;
  w.openSession(1, "alice");
  w.engine.kick(1, "g1", {"bob"}, 9, w.now);
  w.engine.leave(1, "g1", 10, w.now);
  w.server("room kicked alice i=2 room=g1 peers=bob by=alice");
  w.take();
  w.server("room left alice room=g1 by=alice");
  CHECK(w.take() == Lines{"1 GroupLeft g1 by=alice"});
  w.server("room left alice i=3 room=g1 by=alice");
  CHECK(w.take() == Lines{"done 10 ok", "1 GroupLeft g1 by=alice"});
}

TEST_CASE("group: an old server without serials answers a leave with what names the group") {
  EngineWorld w;
  w.openSession(1, "alice");
  w.engine.leave(1, "g2", 10, w.now);
  w.take();
  w.server("room left alice room=g1 by=alice");
  CHECK(w.take() == Lines{"1 GroupLeft g1 by=alice"});
  w.server("room left alice room=g2 by=alice");
  CHECK(w.take() == Lines{"done 10 ok", "1 GroupLeft g2 by=alice"});
}

TEST_CASE("group: a reject fails the operation and tells what was refused (row 22)") {
  EngineWorld w;
  w.openSession(1, "dave");
  w.engine.kick(1, "g1", {"alice"}, 10, w.now);
  w.engine.join(1, "", false, 11, w.now);
  w.take();
  w.server("room reject dave i=2 room=g1 peers=alice code=4317");
  w.server("room reject dave i=3 room=");
  CHECK(w.take() == Lines{"done 10 NotAMember/4317", "1 Rejected g1 kick [alice] NotAMember/4317",
                          "done 11 Rejected", "1 Rejected  join [] Rejected"});
}

TEST_CASE("group: join, invite and kick are signed, leave is not, and the order of calls is kept") {
  EngineWorld w(signedOptions());
  w.engine.addSession(1, "alice");
  w.engine.open(1, {}, 9, w.now);
  w.up();
  w.sign();
  w.server("session opened alice");
  w.take();
  w.engine.join(1, "g", false, 10, w.now);
  w.engine.invite(1, "g", {"bob"}, 11, w.now);
  w.engine.leave(1, "g", 12, w.now);
  CHECK(w.take() == Lines{"sign join alice room=g []"});
  w.sign("one");
  CHECK(w.take() ==
        Lines{"> room join alice room=g s=one t=7 n=n i=2", "sign invite alice room=g [bob]"});
  w.sign("two");
  CHECK(w.take() == Lines{"> room invite alice room=g [bob] s=two t=7 n=n i=3",
                          "> room leave alice room=g i=4"});
}

TEST_CASE("group: an operation in flight fails with the connection, one that was not sent waits") {
  EngineWorld w(signedOptions());
  w.engine.addSession(1, "alice");
  w.engine.open(1, {}, 9, w.now);
  w.up();
  w.sign();
  w.server("session opened alice");
  w.engine.join(1, "", false, 10, w.now);
  w.sign();
  w.engine.join(1, "g", false, 11, w.now);
  w.take();
  w.down();
  CHECK(w.take() == Lines{"1 Paused NetworkDown", "done 10 NetworkDown may-have-arrived",
                          "1 Retrying 1 NetworkDown"});
  w.pass(Millis{1000});
  w.up();
  w.engine.signatureReady(w.output.questions.back(), Signature{"s", 1, "n", {}}, w.now);
  w.take();
  w.server("session opened alice");
  CHECK(w.take() == Lines{"1 Resumed []", "sign join alice room=g []"});
}

TEST_CASE("group: a thousand operations wait at most, one more is QueueFull") {
  EngineWorld w;
  w.openSession(1, "alice");
  for (engine::OpId op = 10; op < 1010; ++op) w.engine.join(1, "g", false, op, w.now);
  for (const std::string& line : w.take()) CHECK(line.find("QueueFull") == std::string::npos);
  w.engine.join(1, "g", false, 1010, w.now);
  const Lines last = w.take();
  REQUIRE(last.size() == 1);
  CHECK(last[0].find("done 1010 QueueFull") == 0);
}

TEST_CASE("group: a signer that declines fails the operation only") {
  EngineWorld w(signedOptions());
  w.engine.addSession(1, "alice");
  w.engine.open(1, {}, 9, w.now);
  w.up();
  w.sign();
  w.server("session opened alice");
  w.engine.join(1, "g", false, 10, w.now);
  w.take();
  w.refuseToSign({Errc::SignatureRefused, 0, "no", false});
  CHECK(w.take() == Lines{"done 10 SignatureRefused"});
  CHECK(w.engine.state(1) == SessionState::Open);
  w.engine.join(1, "g", false, 11, w.now);
  for (int i = 0; i < 2; ++i) {
    w.refuseToSign({Errc::ServerBusy, 0, "busy", false});
    w.pass(Millis{2000});
  }
  w.take();
  w.refuseToSign({Errc::ServerBusy, 0, "busy", false});
  CHECK(w.take() == Lines{"done 11 ServerBusy"});
}

}  // namespace
}  // namespace kith::test
