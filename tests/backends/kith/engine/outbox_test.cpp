// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/outbox.hpp"

#include "support/catch.hpp"
#include "support/engine_world.hpp"

namespace kith::test {
namespace {

using base::Millis;
using engine::Outbox;

Message text(const std::string& text) {
  Message m;
  m.text = text;
  return m;
}

TEST_CASE("outbox: bounded by count and bytes, and both come down again") {
  OutboxOptions options;
  options.max_messages = 2;
  options.max_bytes = 10;
  Outbox box(options);
  CHECK_FALSE(box.hasRoomFor(text("12345678901")));
  box.add(text("12345"), "a", 1, {});
  CHECK(box.hasRoomFor(text("12345")));
  CHECK_FALSE(box.hasRoomFor(text("123456")));
  box.add(text("1"), "b", 2, {});
  CHECK_FALSE(box.hasRoomFor(text("1")));
  CHECK(box.bytes() == 6);
  REQUIRE(box.takeFirst()->client_id == "a");
  CHECK(box.bytes() == 1);
  CHECK(box.hasRoomFor(text("1")));
}

TEST_CASE("outbox: out-of-order answers find their message, and rewind keeps the order") {
  OutboxOptions options;
  options.max_in_flight = 3;
  Outbox box(options);
  for (engine::OpId op = 1; op <= 5; ++op) box.add(text("x"), std::to_string(op), op, {});
  std::vector<std::uint64_t> numbers;
  std::uint64_t number = 0;
  while (box.next(number) != nullptr) numbers.push_back(number);
  REQUIRE(numbers.size() == 3);
  CHECK(box.take(numbers[1])->op == 2);
  CHECK_FALSE(box.take(numbers[1]));
  REQUIRE(box.next(number) != nullptr);
  box.rewind();
  CHECK(box.inFlight() == 0);
  Lines order;
  while (Outbox::Entry* entry = box.next(number)) order.push_back(entry->client_id);
  CHECK(order == Lines{"1", "3", "4"});
  CHECK_FALSE(box.take(999));
}

TEST_CASE("outbox: messages wait for the connection and go out once each, in order") {
  EngineWorld w;
  w.engine.addSession(1, "alice");
  w.engine.open(1, {}, 10, w.now);
  w.send(1, "one", 20);
  w.send(1, "two", 21);
  w.up();
  w.take();
  w.server("session opened alice i=1");
  CHECK(w.take() == Lines{"done 10 ok", "1 Opened []", "> direct alice to=[bob] \"one\" dt=c20 i=2",
                          "> direct alice to=[bob] \"two\" dt=c21 i=3"});
  w.server("ack alice i=2 uid=m1 t=5");
  w.server("ack alice i=2 uid=m1 t=5");
  CHECK(w.take() == Lines{"done 20 ok uid=m1", "1 SendDone \"one\" to=[bob] uid=m1"});
}

TEST_CASE("outbox: an ack after reconnect completes the first send once") {
  EngineWorld w;
  w.openSession(1, "alice");
  w.send(1, "one", 20);
  w.send(1, "two", 21);
  w.down();
  w.send(1, "three", 22);
  w.pass(Millis{1000});
  w.up();
  w.take();
  w.server("session opened alice i=1");
  CHECK(w.take() == Lines{"1 Resumed []", "> direct alice to=[bob] \"one\" dt=c20 i=2",
                          "> direct alice to=[bob] \"two\" dt=c21 i=3",
                          "> direct alice to=[bob] \"three\" dt=c22 i=4"});
  for (int i = 2; i <= 4; ++i) w.server("ack alice i=" + std::to_string(i) + " uid=m");
  CHECK(w.output.completions[20] == 1);
  CHECK(w.output.completions[21] == 1);
  CHECK(w.output.completions[22] == 1);
  CHECK(w.engine.bufferedBytes(1) == 0);
}

TEST_CASE("outbox: max_in_flight holds the rest back until an answer") {
  engine::EngineOptions options = plainOptions();
  options.outbox.max_in_flight = 1;
  EngineWorld w(options);
  w.openSession(1, "alice");
  w.send(1, "one", 20);
  w.send(1, "two", 21);
  CHECK(w.take() == Lines{"> direct alice to=[bob] \"one\" dt=c20 i=2"});
  w.server("ack alice uid=m1");
  CHECK(w.take().back() == "> direct alice to=[bob] \"two\" dt=c21 i=3");
}

TEST_CASE("outbox: a full outbox refuses at once") {
  engine::EngineOptions options = plainOptions();
  options.outbox.max_messages = 1;
  EngineWorld w(options);
  w.openSession(1, "alice");
  w.send(1, "one", 20);
  w.take();
  w.send(1, "two", 21);
  CHECK(w.take() == Lines{"done 21 QueueFull", "1 SendFailed \"two\" to=[bob] QueueFull"});
}

TEST_CASE("outbox: expiry says whether the message may have arrived") {
  engine::EngineOptions options = plainOptions();
  options.outbox.expiry = Millis{30000};
  EngineWorld w(options);
  w.openSession(1, "alice");
  w.send(1, "written", 20);
  w.down();
  w.send(1, "waiting", 21);
  w.engine.pause(0, w.now);
  w.take();
  w.pass(Millis{30000});
  CHECK(w.take() == Lines{"done 20 Expired may-have-arrived",
                          "1 SendFailed \"written\" to=[bob] Expired may-have-arrived",
                          "done 21 Expired", "1 SendFailed \"waiting\" to=[bob] Expired"});
  CHECK(w.engine.deadline() == base::kNever);
}

TEST_CASE("outbox: an ack with a code fails the message and names the server's number") {
  EngineWorld w;
  w.openSession(1, "alice");
  w.send(1, "psst", 20);
  w.send(1, "bad", 21);
  w.take();
  w.server("ack alice i=2 uid=m9 code=4401");
  w.server("error alice i=3 code=4402");
  CHECK(w.take() == Lines{"done 20 InvalidTarget/4401",
                          "1 SendFailed \"psst\" to=[bob] InvalidTarget/4401",
                          "done 21 Rejected/4402", "1 SendFailed \"bad\" to=[bob] Rejected/4402"});
}

TEST_CASE("outbox: a message that is refused the second time may have arrived the first time") {
  EngineWorld w;
  w.openSession(1, "alice");
  w.send(1, "again", 20);
  w.down();
  w.send(1, "first", 21);
  w.pass(Millis{1000});
  w.up();
  w.server("session opened alice i=1");
  w.take();
  w.server("ack alice i=2 uid=m9 code=4401");
  w.server("ack alice i=3 uid=m9 code=4401");
  CHECK(w.take() == Lines{"done 20 InvalidTarget/4401 may-have-arrived",
                          "1 SendFailed \"again\" to=[bob] InvalidTarget/4401 may-have-arrived",
                          "done 21 InvalidTarget/4401",
                          "1 SendFailed \"first\" to=[bob] InvalidTarget/4401"});
}

TEST_CASE("outbox: transient messages are done once written and fail without a connection") {
  EngineWorld w;
  w.openSession(1, "alice");
  Message typing;
  typing.text = "typing";
  typing.to = {"bob"};
  typing.transient = true;
  w.engine.send(1, typing, "c20", 20, w.now);
  CHECK(w.take() == Lines{"> direct alice to=[bob] \"typing\" transient", "done 20 ok"});
  w.down();
  w.take();
  w.engine.send(1, typing, "c21", 21, w.now);
  CHECK(w.take() ==
        Lines{"done 21 NetworkDown", "1 SendFailed \"typing\" to=[bob] transient NetworkDown"});
}

TEST_CASE("outbox: group messages carry roomId and never toPeerIds (avos-v1 §16.8)") {
  EngineWorld w;
  w.openSession(1, "alice");
  Message m;
  m.text = "all";
  m.group_id = "g1";
  w.engine.send(1, m, "c20", 20, w.now);
  CHECK(w.take() == Lines{"> direct alice room=g1 \"all\" dt=c20 i=2"});
}

}  // namespace
}  // namespace kith::test
