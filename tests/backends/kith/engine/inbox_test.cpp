// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/inbox.hpp"

#include <kith/limits.hpp>

#include <deque>
#include <map>

#include "base/random.hpp"
#include "support/catch.hpp"

namespace kith::engine {
namespace {

const InboxOptions kAmple;
const AckBarrier kUnproven;

/// A server that has all acknowledgements and repeats nothing.
struct Trusted {
  AckBarrier barrier;
  Confirmed confirmed() const { return {barrier, true}; }
};

std::string name(std::size_t i) { return "id" + std::to_string(i); }

void deliver(Inbox& inbox, std::size_t most, std::vector<std::string>& acks, bool acknowledged) {
  std::vector<std::string_view> ids;
  inbox.delivered(most, ids, acknowledged);
  acks.insert(acks.end(), ids.begin(), ids.end());
  inbox.letGo();
}

/// Messages `first` to `last` come and are shown one by one.
void show(Inbox& inbox, std::size_t first, std::size_t last, bool acknowledged = true) {
  std::vector<std::string> acks;
  for (std::size_t i = first; i < last; ++i) {
    REQUIRE(inbox.arrived(name(i), true, 1) == Inbox::Verdict::New);
    deliver(inbox, 1, acks, acknowledged);
  }
}

std::size_t repeats(Inbox& inbox, std::size_t first, std::size_t last) {
  std::size_t count = 0;
  for (std::size_t i = first; i < last; ++i) {
    const bool repeated = inbox.arrived(name(i), true, 1) == Inbox::Verdict::Repeated;
    if (repeated) inbox.acknowledgedAgain(name(i));
    count += repeated ? 1 : 0;
  }
  return count;
}

void answerHeartbeat(AckBarrier& from) {
  from.heartbeatSent();
  REQUIRE(from.heartbeatAnswered());
}

TEST_CASE("inbox: an id is new once, waits until delivered, and is then a repeat") {
  Inbox inbox(kAmple, kUnproven);
  CHECK(inbox.arrived("a", true, 1) == Inbox::Verdict::New);
  CHECK(inbox.arrived("a", true, 1) == Inbox::Verdict::Waiting);
  std::vector<std::string> acks;
  deliver(inbox, 1, acks, true);
  CHECK(acks == std::vector<std::string>{"a"});
  CHECK(inbox.arrived("a", true, 1) == Inbox::Verdict::Repeated);
}

TEST_CASE("inbox: a message without an id is never a repeat and never acknowledged") {
  Inbox inbox(kAmple, kUnproven);
  CHECK(inbox.arrived("", true, 1) == Inbox::Verdict::New);
  CHECK(inbox.arrived("", true, 1) == Inbox::Verdict::New);
  std::vector<std::string> acks;
  deliver(inbox, 7, acks, true);
  CHECK(acks.empty());
  CHECK(inbox.waiting() == 0);
}

TEST_CASE("inbox: the memory holds the last kRememberedIds that were delivered and no more") {
  const Trusted server;
  RememberedIds ids;
  for (std::size_t i = 0; i < limits::kRememberedIds + 10; ++i) {
    ids.add(RememberedIds::printOf(name(i)), server.confirmed());
    ids.markDelivered(RememberedIds::printOf(name(i)), AckBarrier::kNothing);
  }
  for (std::size_t i = 0; i < 10; ++i)
    CHECK(ids.look(RememberedIds::printOf(name(i))) == RememberedIds::Seen::Never);
  for (std::size_t i = 10; i < limits::kRememberedIds + 10; ++i) {
    REQUIRE(ids.look(RememberedIds::printOf(name(i))) == RememberedIds::Seen::Delivered);
  }
}

TEST_CASE("inbox: what waits is never taken for new, however much waits") {
  AckBarrier barrier;
  barrier.connected();
  Inbox inbox(kAmple, barrier);
  constexpr std::size_t kMany = limits::kRememberedIds * 5;
  for (std::size_t i = 0; i < kMany; ++i) {
    REQUIRE(inbox.arrived(name(i), true, 1) == Inbox::Verdict::New);
  }
  for (std::size_t i = 0; i < kMany; ++i) {
    REQUIRE(inbox.arrived(name(i), true, 1) == Inbox::Verdict::Waiting);
  }
  std::vector<std::string> acks;
  deliver(inbox, kMany, acks, true);
  CHECK(acks.size() == kMany);
  CHECK(inbox.arrived(name(0), true, 1) == Inbox::Verdict::Repeated);  // it may not be acknowledged
  answerHeartbeat(barrier);
  inbox.acksConfirmed();
  for (std::size_t i = kMany - limits::kRememberedIds; i < kMany; ++i) {
    REQUIRE(inbox.arrived(name(i), true, 1) == Inbox::Verdict::Repeated);
  }
  CHECK(inbox.arrived(name(0), true, 1) == Inbox::Verdict::New);
}

TEST_CASE("inbox: what may not be acknowledged is remembered, until it is confirmed") {
  AckBarrier barrier;
  barrier.connected();
  Inbox inbox(kAmple, barrier);
  show(inbox, 0, 3000);
  CHECK(inbox.wantsBarrier());
  CHECK(inbox.isLarge());
  answerHeartbeat(barrier);
  CHECK_FALSE(inbox.wantsBarrier());
  inbox.acksConfirmed();
  CHECK_FALSE(inbox.isLarge());
  CHECK(repeats(inbox, 3000 - limits::kRememberedIds, 3000) == limits::kRememberedIds);
  CHECK(inbox.arrived(name(0), true, 1) == Inbox::Verdict::New);
}

TEST_CASE("inbox: an answer proves what was acknowledged before its heartbeat, and no more") {
  AckBarrier barrier;
  barrier.connected();
  Inbox inbox(kAmple, barrier);
  show(inbox, 0, 10);
  barrier.heartbeatSent();
  show(inbox, 10, 3000);
  REQUIRE(barrier.heartbeatAnswered());
  CHECK_FALSE(barrier.heartbeatAnswered());  // no other was sent
  inbox.acksConfirmed();
  CHECK(repeats(inbox, 10, 3000) == 2990);
}

TEST_CASE("inbox: a heartbeat is due after 256 acknowledgements, one at a time") {
  AckBarrier barrier;
  barrier.connected();
  Inbox inbox(kAmple, barrier);
  show(inbox, 0, kAcksPerBarrier - 1);
  CHECK_FALSE(inbox.wantsBarrier());
  show(inbox, 1000, 1001);
  CHECK(inbox.wantsBarrier());
  barrier.heartbeatSent();
  show(inbox, 2000, 2000 + kAcksPerBarrier);
  CHECK_FALSE(inbox.wantsBarrier());  // one is under way
  REQUIRE(barrier.heartbeatAnswered());
  CHECK(inbox.wantsBarrier());
}

TEST_CASE("inbox: what is not stored needs no confirmation") {
  Inbox inbox(kAmple, kUnproven);
  std::vector<std::string> acks;
  for (std::size_t i = 0; i < 5000; ++i) {
    inbox.arrived(name(i), false, 1);
    deliver(inbox, 1, acks, true);
  }
  CHECK_FALSE(inbox.isLarge());
  CHECK_FALSE(inbox.wantsBarrier());
}

TEST_CASE(
    "inbox: an answer on a new connection confirms nothing of the one before while it repeats") {
  AckBarrier barrier;
  barrier.connected();
  Inbox inbox(kAmple, barrier);
  show(inbox, 0, 3000);
  barrier.heartbeatSent();  // never answered
  barrier.connected();
  inbox.acksConfirmed();  // for another session's heartbeat
  CHECK(inbox.isLarge());
  inbox.opened();
  // Page after page, and every time that it is due a heartbeat is answered at once.
  for (std::size_t i = 0; i < 3000; i += 100) {
    REQUIRE(repeats(inbox, i, i + 100) == 100);
    answerHeartbeat(barrier);
    inbox.acksConfirmed();
  }
  CHECK_FALSE(inbox.isLarge());  // all of them were acknowledged anew
}

TEST_CASE("inbox: what is not repeated is forgotten behind new messages and two heartbeats") {
  AckBarrier barrier;
  barrier.connected();
  Inbox inbox(kAmple, barrier);
  show(inbox, 0, 3000);
  barrier.connected();
  inbox.opened();
  answerHeartbeat(barrier);
  answerHeartbeat(barrier);
  inbox.acksConfirmed();
  CHECK(inbox.isLarge());  // the repeats may be still to come
  show(inbox, 3000, 3001);
  answerHeartbeat(barrier);
  inbox.acksConfirmed();
  CHECK(inbox.isLarge());
  SECTION("one that is repeated after all begins it anew") {
    CHECK(repeats(inbox, 2999, 3000) == 1);
    answerHeartbeat(barrier);
    inbox.acksConfirmed();
    CHECK(inbox.isLarge());
  }
  SECTION("so do some that were shown without a connection") {
    show(inbox, 3001, 3002, false);
    answerHeartbeat(barrier);
    inbox.acksConfirmed();
    CHECK(inbox.isLarge());
  }
  SECTION("nor does it count once that connection is gone") {
    answerHeartbeat(barrier);
    barrier.connected();
    inbox.acksConfirmed();
    CHECK(inbox.isLarge());
  }
  SECTION("the second answer is proof") {
    answerHeartbeat(barrier);
    inbox.acksConfirmed();
    CHECK_FALSE(inbox.isLarge());
  }
}

TEST_CASE("inbox: at most kUnconfirmedIds are remembered for want of confirmation") {
  AckBarrier barrier;
  barrier.connected();
  Inbox inbox(kAmple, barrier);
  show(inbox, 0, limits::kUnconfirmedIds + 10);
  CHECK(inbox.arrived(name(0), true, 1) == Inbox::Verdict::New);
  barrier.connected();
  inbox.opened();
  CHECK(repeats(inbox, 11, limits::kUnconfirmedIds + 10) == limits::kUnconfirmedIds - 1);
}

TEST_CASE("inbox: beyond its bounds nothing is taken until nothing waits") {
  const InboxOptions two{2, 100};
  Inbox inbox(two, kUnproven);
  std::vector<std::string> acks;
  CHECK(inbox.arrived("a", true, 1) == Inbox::Verdict::New);
  CHECK(inbox.arrived("b", true, 1) == Inbox::Verdict::New);
  CHECK(inbox.arrived("t", false, 1) == Inbox::Verdict::NoRoom);
  deliver(inbox, 1, acks, true);
  CHECK(inbox.arrived("c", true, 1) == Inbox::Verdict::New);  // a transient one leaves no gap
  CHECK(inbox.arrived("d", true, 1) == Inbox::Verdict::NoRoom);
  deliver(inbox, 1, acks, true);
  CHECK(inbox.arrived("e", true, 1) == Inbox::Verdict::NoRoom);  // d was before it
  CHECK(inbox.arrived("c", true, 1) == Inbox::Verdict::Waiting);
  CHECK(inbox.arrived("a", true, 1) == Inbox::Verdict::Repeated);
  CHECK_FALSE(inbox.takeMissed());
  deliver(inbox, 1, acks, true);
  CHECK(acks == std::vector<std::string>{"a", "b", "c"});
  CHECK(inbox.takeMissed());
  CHECK_FALSE(inbox.takeMissed());
  CHECK(inbox.arrived("d", true, 1) == Inbox::Verdict::New);
}

TEST_CASE("inbox: bytes count too, but one message always goes in") {
  const InboxOptions small{10, 100};
  Inbox inbox(small, kUnproven);
  CHECK(inbox.arrived("a", true, 500) == Inbox::Verdict::New);
  CHECK(inbox.arrived("b", true, 1) == Inbox::Verdict::NoRoom);
  inbox.forgetWaiting();
  CHECK_FALSE(inbox.takeMissed());
  CHECK(inbox.arrived("a", true, 60) == Inbox::Verdict::New);
  CHECK(inbox.arrived("b", true, 40) == Inbox::Verdict::New);
  CHECK(inbox.arrived("c", true, 1) == Inbox::Verdict::NoRoom);
}

TEST_CASE("inbox: what was shown takes no room any more") {
  const InboxOptions small{10, 100};
  Inbox inbox(small, kUnproven);
  std::vector<std::string> acks;
  for (int round = 0; round < 3; ++round) {
    CAPTURE(round);
    CHECK(inbox.arrived("a" + std::to_string(round), true, 60) == Inbox::Verdict::New);
    CHECK(inbox.arrived("b" + std::to_string(round), true, 40) == Inbox::Verdict::New);
    deliver(inbox, 2, acks, true);
  }
  CHECK_FALSE(inbox.takeMissed());
}

TEST_CASE("inbox: what was stored has room, and counts") {
  const InboxOptions one{1, 100};
  Inbox inbox(one, kUnproven);
  inbox.restoreShown("s");
  CHECK(inbox.restored("a", true, 1) == Inbox::Verdict::New);
  CHECK(inbox.restored("b", true, 1) == Inbox::Verdict::New);
  CHECK(inbox.restored("s", true, 1) == Inbox::Verdict::Repeated);
  CHECK(inbox.arrived("c", true, 1) == Inbox::Verdict::NoRoom);
  std::vector<std::string> acks;
  deliver(inbox, 2, acks, true);
  CHECK(inbox.takeMissed());
}

TEST_CASE("inbox: the newest are forgotten, the others still wait") {
  Inbox inbox(kAmple, kUnproven);
  for (const char* id : {"a", "b", "c"}) inbox.arrived(id, true, 1);
  inbox.forgetNewest(2);
  CHECK(inbox.arrived("a", true, 1) == Inbox::Verdict::Waiting);
  CHECK(inbox.arrived("b", true, 1) == Inbox::Verdict::New);
}

TEST_CASE("inbox: the memory agrees with a simple model under random use") {
  base::SeededRandom random(7);
  const Trusted server;
  RememberedIds ids;
  std::deque<std::string> order;  // the model: oldest first; a forgotten one leaves an empty place
  std::map<std::string, bool> known;
  for (int step = 0; step < 30000; ++step) {
    const std::string id = std::to_string(random.upTo(3000));
    const auto at = known.find(id);
    const auto seen = ids.look(RememberedIds::printOf(id));
    REQUIRE((seen == RememberedIds::Seen::Never) == (at == known.end()));
    if (at == known.end()) {
      // Only what was delivered makes room.
      if (order.size() == limits::kRememberedIds) {
        ids.markDelivered(RememberedIds::printOf(order.front()), AckBarrier::kNothing);
      }
      ids.add(RememberedIds::printOf(id), server.confirmed());
      known[id] = false;
      order.push_back(id);
      if (order.size() > limits::kRememberedIds) {
        known.erase(order.front());
        order.pop_front();
      }
    } else if (random.upTo(3) == 0) {
      ids.forget(RememberedIds::printOf(id));
      known.erase(id);
      *std::find(order.begin(), order.end(), id) = "";
    } else {
      REQUIRE((seen == RememberedIds::Seen::Delivered) == at->second);
      ids.markDelivered(RememberedIds::printOf(id), AckBarrier::kNothing);
      at->second = true;
    }
  }
}

}  // namespace
}  // namespace kith::engine
