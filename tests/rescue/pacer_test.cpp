// SPDX-License-Identifier: Apache-2.0
#include "rescue/pacer.hpp"

#include <vector>

#include "support/catch.hpp"

namespace kith::rescue {
namespace {

Pace paceOf(double per_second) {
  Pace pace;
  pace.per_second = per_second;
  return pace;
}

TEST_CASE("pacer: so many requests a second, and what was not used is not saved up") {
  Pacer pacer(paceOf(4));
  Millis now{1000};
  CHECK(pacer.waitFrom(now) == Millis{0});
  pacer.sent(now);
  CHECK(pacer.waitFrom(now) == Millis{250});
  now += Millis{10'000};
  CHECK(pacer.waitFrom(now) == Millis{0});
  pacer.sent(now);
  CHECK(pacer.waitFrom(now) == Millis{250});
}

TEST_CASE("pacer: a rate of nothing is no limit") {
  Pacer pacer(paceOf(0));
  pacer.sent(Millis{5});
  CHECK(pacer.waitFrom(Millis{5}) == Millis{0});
}

TEST_CASE("pacer: pauses double up to the longest, and begin anew after a success") {
  Pacer pacer(paceOf(0));
  Millis now{0};
  std::vector<int> pauses;
  for (int i = 0; i < 9; ++i) {
    REQUIRE(pacer.failed(now, Millis{0}));
    pauses.push_back(static_cast<int>(pacer.waitFrom(now).count() / 1000));
    now += pacer.waitFrom(now);
  }
  CHECK(pauses == std::vector<int>{1, 2, 4, 8, 16, 32, 60, 60, 60});
  pacer.succeeded();
  REQUIRE(pacer.failed(now, Millis{0}));
  CHECK(pacer.waitFrom(now) == Millis{1000});
}

TEST_CASE("pacer: at least what the other side named goes by, also beyond the longest pause") {
  Pacer pacer(paceOf(0));
  REQUIRE(pacer.failed(Millis{0}, Millis{120'000}));
  CHECK(pacer.waitFrom(Millis{0}) == Millis{120'000});
  pacer.succeeded();
  REQUIRE(pacer.failed(Millis{120'000}, Millis{10}));
  CHECK(pacer.waitFrom(Millis{120'000}) == Millis{1000});
}

TEST_CASE("pacer: it gives up when the next try would be beyond the patience") {
  Pace pace = paceOf(0);
  pace.patience = Millis{10'000};
  Pacer pacer(pace);
  CHECK(pacer.failed(Millis{0}, Millis{0}));           // tries at 1 s,
  CHECK(pacer.failed(Millis{1000}, Millis{0}));        // 3 s,
  CHECK(pacer.failed(Millis{3000}, Millis{0}));        // 7 s,
  CHECK_FALSE(pacer.failed(Millis{7000}, Millis{0}));  // and 15 s
  CHECK(pacer.failures() == 4);
  Pacer told(pace);
  CHECK_FALSE(told.failed(Millis{0}, Millis{10'001}));
}

}  // namespace
}  // namespace kith::rescue
