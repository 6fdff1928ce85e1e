// SPDX-License-Identifier: Apache-2.0
#include "net/client/timers.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "base/random.hpp"
#include "support/catch.hpp"

using kith::base::kNever;
using kith::base::Millis;
using kith::net::Alarm;
using kith::net::AlarmHeap;

TEST_CASE(
    "timers: what is due fires in the order of deadlines, equal ones in the order of arming") {
  AlarmHeap heap;
  std::vector<int> fired;
  Alarm a([&] { fired.push_back(1); });
  Alarm b([&] { fired.push_back(2); });
  Alarm c([&] { fired.push_back(3); });
  Alarm d([&] { fired.push_back(4); });
  heap.arm(a, Millis{30});
  heap.arm(b, Millis{10});
  heap.arm(c, Millis{30});
  heap.arm(d, Millis{40});
  CHECK(heap.earliest() == Millis{10});
  heap.fireDue(Millis{30});
  CHECK(fired == std::vector<int>{2, 1, 3});
  CHECK(heap.earliest() == Millis{40});
  heap.arm(d, kNever);
  CHECK(heap.earliest() == kNever);
}

TEST_CASE("timers: an alarm that arms itself again waits for the next call") {
  AlarmHeap heap;
  int fired = 0;
  Alarm* self = nullptr;
  Alarm again([&] {
    ++fired;
    heap.arm(*self, Millis{0});
  });
  self = &again;
  heap.arm(again, Millis{5});
  heap.fireDue(Millis{10});
  CHECK(fired == 1);
  heap.fireDue(Millis{10});
  CHECK(fired == 2);
}

TEST_CASE("timers: an alarm may delete itself and others while it fires") {
  AlarmHeap heap;
  std::vector<int> fired;
  auto other = std::make_unique<Alarm>([&] { fired.push_back(2); });
  std::unique_ptr<Alarm> self;
  self = std::make_unique<Alarm>([&] {
    fired.push_back(1);
    heap.cancel(*other);
    other.reset();
    self.reset();
  });
  heap.arm(*self, Millis{1});
  heap.arm(*other, Millis{2});
  heap.fireDue(Millis{3});
  CHECK(fired == std::vector<int>{1});
  CHECK(heap.earliest() == kNever);
}

TEST_CASE("timers: any mix of arming and cancelling keeps the earliest on top") {
  AlarmHeap heap;
  kith::base::SeededRandom random(7);
  std::vector<std::unique_ptr<Alarm>> alarms;
  for (int i = 0; i < 60; ++i) alarms.push_back(std::make_unique<Alarm>([] {}));
  std::vector<Millis> model(alarms.size(), kNever);
  for (int step = 0; step < 5000; ++step) {
    const std::size_t which = random.upTo(59);
    model[which] =
        random.upTo(2) == 0 ? kNever : Millis{static_cast<Millis::rep>(random.upTo(1000))};
    if (model[which] == kNever) {
      heap.cancel(*alarms[which]);
    } else {
      heap.arm(*alarms[which], model[which]);
    }
    const Millis least = *std::min_element(model.begin(), model.end());
    REQUIRE(heap.earliest() == least);
  }
}
