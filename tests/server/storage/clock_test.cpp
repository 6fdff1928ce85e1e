// SPDX-License-Identifier: Apache-2.0
// A wall clock that is set while the storage is open. Both storages.
#include "server/storage/storage_bench.hpp"

namespace kith::storage {
namespace {

constexpr std::int64_t kDay = 24ll * 3600 * 1000;
constexpr std::int64_t kMonth = 30 * kDay;
constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kStart = 1000 * kDay;

}  // namespace

TEST_CASE("clock: set forward by a month, what is a minute old is still delivered") {
  Bench bench(anyKind());
  bench.append("m1", kStart, {&kBobAway, 1});
  bench.tell(ClockJumped{kMonth});
  const std::int64_t now = kStart + kMonth + kMinute;
  bench.append("m2", now, {&kBobAway, 1});
  bench.tell(Expire{now});
  CHECK(bench.pendingIds("bob", now) == Ids{"m1", "m2"});
  CHECK(bench.firstIds("bob", now) == Ids{"m1", "m2"});
  CHECK(bench.historyIds({}) == Ids{"m2", "m1"});
  // They age from then on.
  const std::int64_t week = kStart + kMonth + 7 * kDay;
  CHECK(bench.pendingIds("bob", week) == Ids{"m1", "m2"});
  CHECK(bench.pendingIds("bob", week + 1) == Ids{"m2"});
  bench.tell(Expire{week + 1});
  CHECK(bench.firstIds("bob", week + 1) == Ids{"m2"});
  CHECK(bench.storage->stats().expired == 1);
}

TEST_CASE("clock: set back by a month, what was accepted before does not live a month longer") {
  Bench bench(anyKind());
  bench.append("m1", kStart + kMonth, {&kBobAway, 1});
  bench.tell(ClockJumped{-kMonth});
  Append message = Bench::make("m2", kStart + kMinute);
  message.conv_id = "another";
  message.receivers = {&kBobAway, 1};
  bench.append(message);
  CHECK(bench.pendingIds("bob", kStart + 7 * kDay) == Ids{"m1", "m2"});
  CHECK(bench.pendingIds("bob", kStart + 7 * kDay + 1) == Ids{"m2"});
  CHECK(bench.firstIds("bob", kStart + 7 * kDay + 1) == Ids{"m2"});
}

TEST_CASE("clock: set twice, each message moves by what came after it") {
  Bench bench(anyKind());
  bench.append("m1", kStart, {&kBobAway, 1});
  bench.tell(ClockJumped{kMonth});
  bench.append("m2", kStart + kMonth, {&kBobAway, 1});
  bench.tell(ClockJumped{-kMonth});
  bench.tell(ClockJumped{2 * kMonth});
  const std::int64_t week = kStart + 2 * kMonth + 7 * kDay;
  CHECK(bench.pendingIds("bob", week) == Ids{"m1", "m2"});
  CHECK(bench.pendingIds("bob", week + 1).empty());
}

TEST_CASE("clock: a token is known for a day by the clock that was set") {
  Bench bench(anyKind());
  Append message = Bench::make("m1", kStart);
  message.dedupe = "token";
  bench.append(message);
  bench.tell(ClockJumped{kMonth});
  bench.storage->submit(kNoToken, Expire{kStart + kMonth + kDay});
  const Token repeat = bench.append(message);
  bench.finish();
  bench.storage->submit(kNoToken, Expire{kStart + kMonth + kDay + 1});
  const Token later = bench.append(message);
  bench.finish();
  CHECK(bench.results.appended.at(repeat)->duplicate);
  CHECK_FALSE(bench.results.appended.at(later)->duplicate);
}

TEST_CASE("clock: what an earlier run accepted keeps its age, and what this one did, for good") {
  Bench bench(Kind::Sqlite);
  bench.append("m1", kStart, {&kBobAway, 1});
  bench.finish();
  bench.storage.reset();
  bench.open();
  bench.storage->submit(kNoToken, ConfigureApp{"app", {}});
  bench.append("m2", kStart + kMinute, {&kBobAway, 1});
  bench.tell(ClockJumped{kMonth});
  bench.finish();
  bench.storage.reset();
  bench.open();
  bench.storage->submit(kNoToken, ConfigureApp{"app", {}});
  const std::int64_t now = kStart + kMonth + 2 * kMinute;
  CHECK(bench.pendingIds("bob", now) == Ids{"m2"});
  CHECK(bench.pendingIds("bob", 0) == Ids{"m1", "m2"});
  CHECK(bench.firstIds("bob", now) == Ids{"m2"});
  CHECK(bench.storage->stats().expired == 1);
}

}  // namespace kith::storage
