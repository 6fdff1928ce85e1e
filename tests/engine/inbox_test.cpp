// SPDX-License-Identifier: Apache-2.0
#include "engine/inbox.hpp"

#include <kith/limits.hpp>

#include <deque>
#include <map>

#include "base/random.hpp"
#include "support/catch.hpp"

namespace kith::engine {
namespace {

const InboxOptions kAmple;

TEST_CASE("inbox: an id is new once, waits until delivered, and is then a repeat") {
  Inbox inbox(kAmple);
  CHECK(inbox.arrived("a", true, 1) == Inbox::Verdict::New);
  CHECK(inbox.arrived("a", true, 1) == Inbox::Verdict::Waiting);
  std::vector<std::string> acks;
  inbox.delivered(1, acks);
  CHECK(acks == std::vector<std::string>{"a"});
  CHECK(inbox.arrived("a", true, 1) == Inbox::Verdict::Repeated);
}

TEST_CASE("inbox: a message without an id is never a repeat and never acknowledged") {
  Inbox inbox(kAmple);
  CHECK(inbox.arrived("", true, 1) == Inbox::Verdict::New);
  CHECK(inbox.arrived("", true, 1) == Inbox::Verdict::New);
  std::vector<std::string> acks;
  inbox.delivered(7, acks);
  CHECK(acks.empty());
  CHECK(inbox.waiting() == 0);
}

TEST_CASE("inbox: the memory holds the last kRememberedIds that were delivered and no more") {
  RememberedIds ids;
  const auto name = [](std::size_t i) { return "id" + std::to_string(i); };
  for (std::size_t i = 0; i < limits::kRememberedIds + 10; ++i) {
    ids.add(name(i));
    ids.markDelivered(name(i));
  }
  for (std::size_t i = 0; i < 10; ++i) CHECK(ids.look(name(i)) == RememberedIds::Seen::Never);
  for (std::size_t i = 10; i < limits::kRememberedIds + 10; ++i) {
    REQUIRE(ids.look(name(i)) == RememberedIds::Seen::Delivered);
  }
}

TEST_CASE("inbox: what waits is never taken for new, however much waits") {
  Inbox inbox(kAmple);
  const auto name = [](std::size_t i) { return "id" + std::to_string(i); };
  constexpr std::size_t kMany = limits::kRememberedIds * 5;
  for (std::size_t i = 0; i < kMany; ++i) {
    REQUIRE(inbox.arrived(name(i), true, 1) == Inbox::Verdict::New);
  }
  for (std::size_t i = 0; i < kMany; ++i) {
    REQUIRE(inbox.arrived(name(i), true, 1) == Inbox::Verdict::Waiting);
  }
  std::vector<std::string> acks;
  inbox.delivered(kMany, acks);
  CHECK(acks.size() == kMany);
  for (std::size_t i = kMany - limits::kRememberedIds; i < kMany; ++i) {
    REQUIRE(inbox.arrived(name(i), true, 1) == Inbox::Verdict::Repeated);
  }
  CHECK(inbox.arrived(name(0), true, 1) == Inbox::Verdict::New);
}

TEST_CASE("inbox: beyond its bounds nothing is taken until nothing waits") {
  const InboxOptions two{2, 100};
  Inbox inbox(two);
  std::vector<std::string> acks;
  CHECK(inbox.arrived("a", true, 1) == Inbox::Verdict::New);
  CHECK(inbox.arrived("b", true, 1) == Inbox::Verdict::New);
  CHECK(inbox.arrived("t", false, 1) == Inbox::Verdict::NoRoom);
  inbox.delivered(1, acks);
  CHECK(inbox.arrived("c", true, 1) == Inbox::Verdict::New);  // a transient one leaves no gap
  CHECK(inbox.arrived("d", true, 1) == Inbox::Verdict::NoRoom);
  inbox.delivered(1, acks);
  CHECK(inbox.arrived("e", true, 1) == Inbox::Verdict::NoRoom);  // d was before it
  CHECK(inbox.arrived("c", true, 1) == Inbox::Verdict::Waiting);
  CHECK(inbox.arrived("a", true, 1) == Inbox::Verdict::Repeated);
  CHECK_FALSE(inbox.takeMissed());
  inbox.delivered(1, acks);
  CHECK(acks == std::vector<std::string>{"a", "b", "c"});
  CHECK(inbox.takeMissed());
  CHECK_FALSE(inbox.takeMissed());
  CHECK(inbox.arrived("d", true, 1) == Inbox::Verdict::New);
}

TEST_CASE("inbox: bytes count too, but one message always goes in") {
  const InboxOptions small{10, 100};
  Inbox inbox(small);
  CHECK(inbox.arrived("a", true, 500) == Inbox::Verdict::New);
  CHECK(inbox.arrived("b", true, 1) == Inbox::Verdict::NoRoom);
  inbox.forgetWaiting();
  CHECK_FALSE(inbox.takeMissed());
  CHECK(inbox.arrived("a", true, 60) == Inbox::Verdict::New);
  CHECK(inbox.arrived("b", true, 40) == Inbox::Verdict::New);
  CHECK(inbox.arrived("c", true, 1) == Inbox::Verdict::NoRoom);
}

TEST_CASE("inbox: what was stored has room, and counts") {
  const InboxOptions one{1, 100};
  Inbox inbox(one);
  inbox.restoreShown("s");
  CHECK(inbox.restored("a", true, 1) == Inbox::Verdict::New);
  CHECK(inbox.restored("b", true, 1) == Inbox::Verdict::New);
  CHECK(inbox.restored("s", true, 1) == Inbox::Verdict::Repeated);
  CHECK(inbox.arrived("c", true, 1) == Inbox::Verdict::NoRoom);
  std::vector<std::string> acks;
  inbox.delivered(2, acks);
  CHECK(inbox.takeMissed());
}

TEST_CASE("inbox: the newest are forgotten, the others still wait") {
  Inbox inbox(kAmple);
  for (const char* id : {"a", "b", "c"}) inbox.arrived(id, true, 1);
  inbox.forgetNewest(2);
  CHECK(inbox.arrived("a", true, 1) == Inbox::Verdict::Waiting);
  CHECK(inbox.arrived("b", true, 1) == Inbox::Verdict::New);
}

TEST_CASE("inbox: the memory agrees with a simple model under random use") {
  base::SeededRandom random(7);
  RememberedIds ids;
  std::deque<std::string> order;  // the model: oldest first; a forgotten one leaves an empty place
  std::map<std::string, bool> known;
  for (int step = 0; step < 30000; ++step) {
    const std::string id = std::to_string(random.upTo(3000));
    const auto at = known.find(id);
    const auto seen = ids.look(id);
    REQUIRE((seen == RememberedIds::Seen::Never) == (at == known.end()));
    if (at == known.end()) {
      // Only what was delivered makes room.
      if (order.size() == limits::kRememberedIds) ids.markDelivered(order.front());
      ids.add(id);
      known[id] = false;
      order.push_back(id);
      if (order.size() > limits::kRememberedIds) {
        known.erase(order.front());
        order.pop_front();
      }
    } else if (random.upTo(3) == 0) {
      ids.forget(id);
      known.erase(id);
      *std::find(order.begin(), order.end(), id) = "";
    } else {
      REQUIRE((seen == RememberedIds::Seen::Delivered) == at->second);
      ids.markDelivered(id);
      at->second = true;
    }
  }
}

}  // namespace
}  // namespace kith::engine
