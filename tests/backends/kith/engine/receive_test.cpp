// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

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

std::size_t countOf(const Lines& lines, std::string_view beginning) {
  return static_cast<std::size_t>(std::count_if(
      lines.begin(), lines.end(), [&](const auto& line) { return line.starts_with(beginning); }));
}

/// Stored messages `first` to `last` come and are shown, each at once.
Lines show(EngineWorld& w, int first, int last) {
  Lines lines;
  for (int i = first; i < last; ++i) {
    w.server("direct bob from=alice msg=hi id=m" + std::to_string(i));
    w.engine.delivered(1, 1, w.now);
    for (std::string& line : w.take()) lines.push_back(std::move(line));
  }
  return lines;
}

TEST_CASE(
    "receive: what was shown while acknowledgements were lost is not shown again, however much") {
  EngineWorld w;
  w.openSession(1, "bob");
  const Lines before = show(w, 0, 3000);  // the server hears nothing of it
  CHECK(countOf(before, "1 Incoming") == 3000);
  CHECK(countOf(before, "> {}") == 1);
  w.cutAndReturn();
  w.server("session opened bob");
  w.take();
  const Lines after = show(w, 0, 3000);
  CHECK(countOf(after, "1 Incoming") == 0);
  CHECK(countOf(after, "> ack bob") == 3000);
  CHECK(countOf(after, "> {}") == 1);
  CHECK(countOf(show(w, 3000, 3010), "1 Incoming") == 10);
}

TEST_CASE("receive: every 256 acknowledgements a heartbeat asks whether they arrived") {
  EngineWorld w;
  w.openSession(1, "bob");
  CHECK(countOf(show(w, 0, 255), "> {}") == 0);
  CHECK(show(w, 255, 256) ==
        Lines{"1 Incoming \"hi\" from=alice id=m255", "> ack bob [m255]", "> {}"});
  CHECK(countOf(show(w, 256, 600), "> {}") == 0);  // one at a time
  w.server("{} -");
  CHECK(w.take().empty());
  CHECK(countOf(show(w, 600, 601), "> {}") == 1);
  w.server("{} -");
  for (int i = 601; i < 3161; i += 256) {
    REQUIRE(countOf(show(w, i, i + 256), "> {}") == 1);
    w.server("{} -");
  }
  // Confirmed, so that they are forgotten but for the last 1024.
  CHECK(countOf(show(w, 3161 - 1024, 3161), "1 Incoming") == 0);
  CHECK(countOf(show(w, 0, 1), "1 Incoming") == 1);
}

TEST_CASE("receive: the answer to a keepalive before them proves nothing of acknowledgements") {
  engine::EngineOptions options = plainOptions();
  EngineWorld w(options);
  w.openSession(1, "bob");
  w.pass(options.keepalive.interval);
  CHECK(countOf(w.take(), "> {}") == 1);
  show(w, 0, 3000);
  w.server("{} -");
  CHECK(countOf(w.take(), "> {}") == 1);
  CHECK(countOf(show(w, 0, 3000), "1 Incoming") == 0);
  w.server("{} -");
  CHECK(countOf(show(w, 3000, 3001), "1 Incoming") == 1);
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

TEST_CASE("receive: a message of one's own that another connection had taken is not shown") {
  EngineWorld w;
  w.openSession(1, "alice");
  Message message;
  message.text = "hi";
  std::string copy;
  SECTION("of a group") {
    message.group_id = "g";
    copy = "direct alice from=alice room=g msg=hi";
  }
  SECTION("of an open group") {
    message.group_id = "g";
    copy = "direct alice from=alice room=g msg=hi transient";
  }
  SECTION("to peers, one of whom may not be written to") {
    message.to = {"bob", "carol"};
    copy = "direct alice from=alice to=bob msg=hi";
  }
  w.engine.send(1, message, "c20", 20, w.now);
  w.cutAndReturn();  // the server still has the old connection, and the message on it
  w.server("session opened alice");
  w.take();
  w.server(copy + " id=m1");
  CHECK(w.take().empty());
  w.server("ack alice uid=m1 t=5");
  const Lines lines = w.take();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "done 20 ok uid=m1");
  CHECK(lines[1].rfind("1 SendDone ", 0) == 0);
}

TEST_CASE("receive: what another device says meanwhile is shown, the same words too") {
  EngineWorld w;
  w.openSession(1, "alice");
  const auto sendToGroup = [&](engine::OpId op, const std::string& text) {
    Message message;
    message.text = text;
    message.group_id = "g";
    w.engine.send(1, std::move(message), "c" + std::to_string(op), op, w.now);
  };
  const std::string copy = "direct alice from=alice room=g msg=";
  sendToGroup(20, "ok");
  w.server(copy + "ok id=d1");  // what was written on this connection only has no echo
  CHECK(w.take().back() == "1 Incoming \"ok\" from=alice room=g id=d1");
  w.cutAndReturn();
  w.server("session opened alice");
  w.take();
  w.server(copy + "other id=d2");
  CHECK(w.take() == Lines{"1 Incoming \"other\" from=alice room=g id=d2"});
  w.server(copy + "ok id=d3");
  CHECK(w.take().empty());  // ours or not?
  w.server("ack alice uid=m1 t=5");
  CHECK(w.takeBut("done") ==
        Lines{"1 SendDone \"ok\" room=g uid=m1", "1 Incoming \"ok\" from=alice room=g id=d3"});
  w.server(copy + "ok id=d4");
  CHECK(w.take() == Lines{"1 Incoming \"ok\" from=alice room=g id=d4"});
}

TEST_CASE("receive: of equal messages each echo is told by its id, and none waits for ever") {
  EngineWorld w;
  w.openSession(1, "alice");
  for (engine::OpId op = 20; op < 23; ++op) w.send(1, "ok", op);
  w.cutAndReturn();
  w.server("session opened alice");
  w.take();
  w.server("direct alice from=alice to=bob msg=ok id=m1");
  w.server("direct alice from=alice to=bob msg=ok id=m2");
  w.server("direct alice from=alice to=bob msg=ok id=x1");
  w.server("direct alice from=alice to=bob msg=ok id=x2");  // more than there are messages
  CHECK(w.take() == Lines{"1 Incoming \"ok\" from=alice to=[bob] id=x2"});
  w.server("ack alice uid=m1");
  w.server("ack alice uid=m2");
  CHECK(w.takeBut("done") ==
        Lines{"1 SendDone \"ok\" to=[bob] uid=m1", "1 SendDone \"ok\" to=[bob] uid=m2"});
  w.server("ack alice code=4401");
  CHECK(w.takeBut("done") == Lines{"1 SendFailed \"ok\" to=[bob] InvalidTarget/4401 "
                                   "may-have-arrived",
                                   "1 Incoming \"ok\" from=alice to=[bob] id=x1"});
}

TEST_CASE("receive: a message to oneself is one, also after a new connection") {
  EngineWorld w;
  w.openSession(1, "alice");
  w.send(1, "note", 20, "alice");
  w.cutAndReturn();
  w.server("session opened alice");
  w.take();
  w.server("direct alice from=alice msg=note id=m1");
  CHECK(w.take() == Lines{"1 Incoming \"note\" from=alice id=m1"});
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
  CHECK(countOf(lines, "> ack bob") == 3);
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

TEST_CASE("receive: an answer to another session's request, or of the wrong kind, has no effect") {
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
