// SPDX-License-Identifier: Apache-2.0
#include "base/token_bucket.hpp"

#include "support/catch.hpp"

namespace kith::base {
namespace {

constexpr Rate kRate{10, 5};

TEST_CASE("bucket: it fills with time up to its size, and debt is limited to the same") {
  TokenBucket bucket;
  CHECK(bucket.take(kRate, 5, Millis(0)));
  CHECK_FALSE(bucket.take(kRate, 1, Millis(0)));
  CHECK(bucket.emptySince() == Millis(0));
  CHECK_FALSE(bucket.take(kRate, 100, Millis(50)));  // the debt is 5 now, not 100
  CHECK_FALSE(bucket.take(kRate, 1, Millis(300)));
  CHECK(bucket.emptySince() == Millis(0));
  CHECK(bucket.take(kRate, 1, Millis(1000)));
  CHECK(bucket.emptySince() == kNever);
  CHECK(bucket.take(kRate, 5, Millis(1'000'000)));  // full again, and not more than that
  CHECK_FALSE(bucket.take(kRate, 1, Millis(1'000'000)));
  CHECK(bucket.take({0, 1}, 1e9, Millis(0)));  // no limit
}

TEST_CASE("bucket: one at a time it never runs into debt") {
  TokenBucket bucket;
  for (int i = 0; i < 5; ++i) CHECK(bucket.takeOne(kRate, Millis(0)));
  for (int i = 0; i < 100; ++i) CHECK_FALSE(bucket.takeOne(kRate, Millis(0)));
  CHECK_FALSE(bucket.takeOne(kRate, Millis(99)));
  CHECK(bucket.takeOne(kRate, Millis(100)));
  CHECK_FALSE(bucket.takeOne(kRate, Millis(100)));
  CHECK(bucket.takeOne({0, 1}, Millis(100)));  // no limit
}

TEST_CASE("bucket: it is full when it is new and again after its burst's time") {
  TokenBucket bucket;
  CHECK(bucket.isFull(kRate, Millis(0)));
  CHECK_FALSE(bucket.wasSpent(kRate));
  CHECK(bucket.take(kRate, 2, Millis(0)));
  CHECK_FALSE(bucket.wasSpent(kRate));
  CHECK(bucket.takeOne(kRate, Millis(0)));
  CHECK(bucket.wasSpent(kRate));
  CHECK_FALSE(bucket.isFull(kRate, Millis(299)));
  CHECK(bucket.isFull(kRate, Millis(300)));
}

TEST_CASE("bucket: a clock that goes back takes nothing away and gives nothing") {
  TokenBucket bucket;
  CHECK(bucket.take(kRate, 5, Millis(1000)));
  CHECK_FALSE(bucket.takeOne(kRate, Millis(500)));
  CHECK_FALSE(bucket.takeOne(kRate, Millis(550)));
  CHECK(bucket.takeOne(kRate, Millis(600)));
}

}  // namespace
}  // namespace kith::base
