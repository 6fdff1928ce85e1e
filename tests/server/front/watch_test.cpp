// SPDX-License-Identifier: Apache-2.0
// A wall clock that is set, and what the log says of the storage.
#include "server/front/clock_watch.hpp"
#include "server/front/storage_watch.hpp"
#include "support/catch.hpp"

namespace kith::front {
namespace {

using base::Instant;
using base::Millis;
using namespace std::chrono_literals;

Millis slept{0};

struct Clocks {
  Instant now{1h, 100h};
  ClockWatch watch{(slept = Millis{0}, now), [] { return slept; }};

  Millis pass(Millis mono, Millis set_by = 0ms) {
    now.mono += mono;
    now.wall += mono + set_by;
    return watch.observe(now);
  }
};

struct Lines {
  std::vector<std::string> lines;
  base::LogFront log{[this](const LogRecord& record) {
                       lines.push_back(std::string(record.room) + ": " + std::string(record.text));
                     },
                     LogLevel::Info};
};

}  // namespace

TEST_CASE("clock watch: time that passes is no jump, however long nobody looked") {
  Clocks clocks;
  CHECK(clocks.pass(1ms) == 0ms);
  CHECK(clocks.pass(1000h) == 0ms);
}

TEST_CASE("clock watch: a clock that was set is told once, with its sign") {
  Clocks clocks;
  CHECK(clocks.pass(5s, 720h) == 720h);
  CHECK(clocks.pass(5s) == 0ms);
  CHECK(clocks.pass(5s, -720h) == -720h);
  CHECK(clocks.pass(5s, 1min) == 1min);
  CHECK(clocks.pass(5s) == 0ms);
}

TEST_CASE("clock watch: a clock that is brought right step by step is not set") {
  Clocks clocks;
  for (int i = 0; i < 1000; ++i) REQUIRE(clocks.pass(1h, 59s) == 0ms);
  CHECK(clocks.pass(1h, 720h) == 720h);
}

TEST_CASE("clock watch: a machine that slept is not one whose clock was set") {
  Clocks clocks;
  slept = 10h;
  CHECK(clocks.pass(1s, 10h) == 0ms);
  slept = 30h;
  CHECK(clocks.pass(1s, 20h + 720h) == 720h);
  CHECK(clocks.pass(1s) == 0ms);
}

TEST_CASE("storage watch: what was too old is told, together and once a minute") {
  Lines told;
  StorageWatch watch;
  storage::StorageStats stats;
  watch.observe(stats, 0ms, told.log);
  CHECK(told.lines.empty());
  stats.expired = 5;
  watch.observe(stats, 1s, told.log);
  watch.observe(stats, 2s, told.log);
  stats.expired = 7;
  watch.observe(stats, 60s, told.log);
  REQUIRE(told.lines.size() == 1);
  CHECK_THAT(told.lines[0], Catch::Contains("5 waiting messages") && Catch::Contains("dropped"));
  stats.expired = 8;
  watch.observe(stats, 61s, told.log);
  REQUIRE(told.lines.size() == 2);
  CHECK_THAT(told.lines[1], Catch::Contains("3 waiting messages"));
}

TEST_CASE("storage watch: a log that grows is told each time it has doubled") {
  Lines told;
  StorageWatch watch;
  storage::StorageStats stats;
  const auto observe = [&](std::uint64_t mega) {
    stats.log_bytes = mega << 20;
    watch.observe(stats, 0ms, told.log);
    return told.lines.size();
  };
  CHECK(observe(255) == 0);
  CHECK(observe(256) == 1);
  CHECK_THAT(told.lines[0], Catch::Contains("kith.db-wal has grown to 256 MiB"));
  CHECK(observe(511) == 1);
  CHECK(observe(512) == 2);
  CHECK(observe(0) == 2);
  CHECK(observe(300) == 3);
}

}  // namespace kith::front
