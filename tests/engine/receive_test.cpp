// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/engine_world.hpp"

namespace kith::test {
namespace {

using base::Millis;

TEST_CASE("receive: a message is acknowledged only after it was delivered") {
  EngineWorld w;
  w.openSession(1, "bob");
  w.server("direct bob from=alice msg=hi id=m1 ts=5");
  CHECK(w.take() == Lines{"1 Incoming \"hi\" from=alice id=m1"});
  w.server("direct bob from=alice msg=ho id=m2 offline");
  w.take();
  w.engine.delivered(1, 2, w.now);
  CHECK(w.take() == Lines{"> ack bob [m1,m2]"});
  w.engine.delivered(1, 5, w.now);
  CHECK(w.take().empty());
}

TEST_CASE(
    "receive: a repeat is dropped; acknowledged again if the application had it, else not yet") {
  EngineWorld w;
  w.openSession(1, "bob");
  w.server("direct bob from=alice msg=hi id=m1");
  w.take();
  w.server("direct bob from=alice msg=hi id=m1");
  CHECK(w.take().empty());
  w.engine.delivered(1, 1, w.now);
  CHECK(w.take() == Lines{"> ack bob [m1]"});
  w.down();
  w.pass(Millis{1000});
  w.up();
  w.server("session opened bob");
  w.take();
  w.server("direct bob from=alice msg=hi id=m1 offline");
  CHECK(w.take() == Lines{"> ack bob [m1]"});
  CHECK(w.engine.stats().duplicates == 2);
}

TEST_CASE("receive: what was delivered while paused is acknowledged when it comes again") {
  EngineWorld w;
  w.openSession(1, "bob");
  w.server("direct bob from=alice msg=hi id=m1");
  w.down();
  w.take();
  w.engine.delivered(1, 1, w.now);
  CHECK(w.take().empty());
  w.pass(Millis{1000});
  w.up();
  w.server("session opened bob");
  w.take();
  w.server("direct bob from=alice msg=hi id=m1 offline");
  CHECK(w.take() == Lines{"> ack bob [m1]"});
}

TEST_CASE("receive: a message that was not delivered before close comes again in the next life") {
  EngineWorld w;
  w.openSession(1, "bob");
  w.openSession(2, "zoe");
  w.server("direct bob from=alice msg=hi id=m1");
  w.engine.close(1, 20, w.now);
  w.engine.open(1, {}, 21, w.now);
  w.server("session opened bob");
  w.take();
  w.server("direct bob from=alice msg=hi id=m1 offline");
  CHECK(w.take() == Lines{"1 Incoming \"hi\" from=alice id=m1 offline"});
}

TEST_CASE(
    "receive: what is on its way to the application when the server ends the session is shown "
    "once") {
  EngineWorld w;
  w.openSession(1, "bob");
  w.openSession(2, "zoe");
  w.server("direct bob from=alice msg=hi id=m1");
  w.server("session closed bob code=4106");
  w.engine.open(1, {}, 21, w.now);
  w.server("session opened bob");
  w.take();
  w.server("direct bob from=alice msg=hi id=m1 offline");
  CHECK(w.take().empty());
  w.engine.delivered(1, 1, w.now);
  CHECK(w.take() == Lines{"> ack bob [m1]"});
  // After close() nothing is shown, so that it may come again.
  w.server("direct bob from=alice msg=ho id=m2");
  w.server("session closed bob code=4106");
  w.engine.close(1, 22, w.now);
  w.engine.open(1, {}, 23, w.now);
  w.server("session opened bob");
  w.take();
  w.server("direct bob from=alice msg=ho id=m2 offline");
  CHECK(w.take() == Lines{"1 Incoming \"ho\" from=alice id=m2 offline"});
}

TEST_CASE("receive: what is beyond InboxOptions is repeated once all that waited was shown") {
  engine::EngineOptions options = plainOptions();
  options.inbox.max_messages = 2;
  EngineWorld w(options);
  w.openSession(1, "bob", {"amy"});
  for (int i = 1; i <= 4; ++i) {
    w.server("direct bob from=alice msg=hi id=m" + std::to_string(i));
  }
  w.server("direct bob from=alice msg=t transient");
  CHECK(w.take() ==
        Lines{"1 Incoming \"hi\" from=alice id=m1", "1 Incoming \"hi\" from=alice id=m2"});
  w.engine.delivered(1, 1, w.now);
  CHECK(w.take() == Lines{"> ack bob [m1]"});
  w.server("direct bob from=alice msg=hi id=m5");
  CHECK(w.take().empty());  // not before m3
  w.engine.delivered(1, 1, w.now);
  CHECK(w.take() == Lines{"> ack bob [m2]", "> session close bob i=2", "1 Paused QueueFull",
                          "> session open bob [amy] i=3"});
  w.server("direct bob from=alice msg=hi id=m6");  // from before the close
  w.server("session closed bob i=2");
  w.server("session opened bob i=3");
  CHECK(w.take() == Lines{"1 Resumed []"});
  w.server("direct bob from=alice msg=hi id=m3");
  CHECK(w.take() == Lines{"1 Incoming \"hi\" from=alice id=m3"});
}

TEST_CASE(
    "receive: what was beyond InboxOptions needs no asking when the connection broke meanwhile") {
  engine::EngineOptions options = plainOptions();
  options.inbox.max_messages = 1;
  EngineWorld w(options);
  w.openSession(1, "bob");
  w.server("direct bob from=alice msg=hi id=m1");
  w.server("direct bob from=alice msg=hi id=m2");
  w.down();
  w.engine.delivered(1, 1, w.now);
  w.pass(Millis{1000});
  w.up();
  w.server("session opened bob");
  w.take();
  w.server("direct bob from=alice msg=hi id=m1 offline");
  w.server("direct bob from=alice msg=hi id=m2 offline");
  CHECK(w.take() == Lines{"> ack bob [m1]", "1 Incoming \"hi\" from=alice id=m2 offline"});
}

TEST_CASE("receive: transient messages and copies of one's own are not acknowledged") {
  EngineWorld w;
  w.openSession(1, "bob");
  w.server("direct bob from=alice msg=t id=m1 transient");
  w.server("direct bob from=bob msg=copy id=m2 to=alice,carol");
  w.server("direct bob from=bob msg=self id=m3");
  CHECK(w.take() == Lines{"1 Incoming \"t\" from=alice id=m1 transient",
                          "1 Incoming \"copy\" from=bob to=[alice,carol] id=m2",
                          "1 Incoming \"self\" from=bob id=m3"});
  w.engine.delivered(1, 3, w.now);
  CHECK(w.take() == Lines{"> ack bob [m3]"});
}

TEST_CASE("receive: many acknowledgements are split at the frame limit") {
  EngineWorld w;
  w.openSession(1, "bob");
  for (int i = 0; i < 400; ++i) {
    w.server("direct bob from=a msg=x id=" + std::string(22, 'a') + std::to_string(i));
  }
  w.take();
  w.engine.delivered(1, 400, w.now);
  const Lines lines = w.take();
  CHECK(lines.size() == 3);
  for (const std::string& line : lines) CHECK(line.size() < 5000);
}

TEST_CASE("receive: receipts and errors without an operation are told") {
  EngineWorld w;
  w.openSession(1, "alice");
  w.server("rcp alice id=m1 t=9");
  w.server("error alice code=4200");
  CHECK(w.take() == Lines{"1 Delivered m1", "1 Failed ServerBusy/4200"});
}

TEST_CASE("receive: sessions on one connection are told apart by peerId; strangers are ignored") {
  EngineWorld w;
  w.openSession(1, "alice");
  w.openSession(2, "bob");
  w.server("direct bob from=x msg=1 id=m1");
  w.server("direct carol from=x msg=2 id=m2");
  w.server("direct - from=x msg=3 id=m3");
  CHECK(w.take() == Lines{"2 Incoming \"1\" from=x id=m1"});
}

TEST_CASE("receive: an answer to somebody else's request, or of the wrong kind, has no effect") {
  EngineWorld w;
  w.openSession(1, "alice");
  w.openSession(2, "bob");
  w.engine.query(1, {"x"}, 20, w.now);
  w.take();
  w.server("session query-result bob i=3 list=x");
  w.server("ack alice i=3 uid=m");
  w.server("session query-result alice i=77 list=x");
  w.server("session query-result alice i=-1 list=x");
  CHECK(w.take().empty());
  w.server("session query-result alice i=3 list=x");
  CHECK(w.take() == Lines{"done 20 ok [x]"});
}

}  // namespace
}  // namespace kith::test
