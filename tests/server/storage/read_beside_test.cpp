// SPDX-License-Identifier: Apache-2.0
// Reads beside commits: a read that stands still in its middle holds up no change, sees what was
// asked for before it, and lets the log of the database begin anew.
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string_view>

#include "server/storage/storage_bench.hpp"

namespace kith::storage {
namespace {

/// While one lives, whatever looks for messages stops in front of it, on every connection that is
/// opened meanwhile, until it is let on.
class Gate {
 public:
  Gate() {
    gate_ = this;
    REQUIRE(sqlite3_auto_extension(reinterpret_cast<void (*)()>(&Gate::watch)) == SQLITE_OK);
  }
  ~Gate() {
    sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(&Gate::watch));
    open();
    gate_ = nullptr;
  }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  void shut() {
    const std::lock_guard lock(mutex_);
    shut_ = true;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    shut_ = false;
    changed_.notify_all();
  }
  /// Lets the one that stands here go on; the next one stands again.
  void letOne() {
    const std::lock_guard lock(mutex_);
    ++let_;
    changed_.notify_all();
  }
  /// So many have come here, all in all.
  bool waitFor(int arrivals) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return arrivals_ >= arrivals; });
  }

 private:
  static int watch(sqlite3* database, char**, const void*) {
    return sqlite3_trace_v2(database, SQLITE_TRACE_STMT, &Gate::onStatement, nullptr);
  }
  static int onStatement(unsigned, void*, void*, void* sql) {
    constexpr std::string_view kMessage = "SELECT conv, seq, kind, id";
    if (std::string_view(static_cast<const char*>(sql)).starts_with(kMessage)) gate_->pass();
    return 0;
  }
  void pass() {
    std::unique_lock lock(mutex_);
    if (!shut_) return;
    ++arrivals_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !shut_ || let_ > 0; });
    if (let_ > 0) --let_;
  }

  static inline Gate* gate_{nullptr};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool shut_{false};
  int arrivals_{0};
  int let_{0};
};

HistoryRange newest(int limit) {
  HistoryRange range;
  range.limit = limit;
  return range;
}

}  // namespace

TEST_CASE("reads: a page that stands still in its middle delays no acknowledgement") {
  Gate gate;
  Bench bench(Kind::Sqlite);
  bench.append("m1", 100, {&kBobAway, 1});
  bench.finish();
  gate.shut();
  const bool is_history = GENERATE(true, false);
  const Token page = is_history ? bench.history(newest(10)) : bench.pending("bob");
  bench.storage->flush();
  REQUIRE(gate.waitFor(1));
  // Each is a commit of its own, and its answer comes while the page stands.
  for (int i = 0; i < 50; ++i) {
    const Token append = bench.append("n" + std::to_string(i), 200, {&kBobHere, 1});
    bench.finish();
    CHECK(bench.results.appended.at(append).ok());
  }
  CHECK_FALSE(bench.results.has(page));
  gate.open();
  const Token after = bench.history(newest(100));
  bench.finish();
  REQUIRE(bench.results.has(page));
  // It is a page of the time when it began.
  const auto& found =
      is_history ? bench.results.history.at(page) : bench.results.pending.at(page).messages;
  CHECK(Bench::ids(*found) == Ids{"m1"});
  CHECK(bench.results.history.at(after)->size() == 51);
  CHECK(bench.pendingIds("bob").size() == 51);
}

TEST_CASE("reads: queues and groups do not wait for the pages of the history that wait, too") {
  Gate gate;
  Bench bench(Kind::Sqlite);
  bench.append("m1", 100, {&kBobAway, 1});
  bench.create("g", false, {"bob"});
  bench.finish();
  gate.shut();
  const Token standing = bench.history(newest(10));
  bench.storage->flush();
  REQUIRE(gate.waitFor(1));
  const Token later = bench.history(newest(10));
  bench.storage->flush();
  bench.history(newest(10));
  const Token queue = bench.pending("bob");
  const Token group = bench.group("g");
  const Token last = bench.history(newest(10));
  bench.storage->flush();
  bench.results.order.clear();
  gate.open();
  bench.finish();
  CHECK(bench.results.order == std::vector<Token>{standing, queue, group, later, later + 1, last});
}

TEST_CASE("reads: hundreds in one turn are all answered, each in its order") {
  Bench bench(anyKind());
  for (int i = 0; i < 10; ++i) bench.append('m' + std::to_string(i), 100, {&kBobHere, 1});
  std::vector<Token> asked;
  // Five transactions of reads, and nothing behind the last.
  for (int i = 0; i < 320; ++i) asked.push_back(bench.pending("bob", 0, 1 + i % 10u));
  bench.finish();
  for (std::size_t i = 0; i < asked.size(); ++i) {
    CHECK(bench.results.pending.at(asked[i]).messages->size() == 1 + i % 10);
  }
  CHECK(std::is_sorted(bench.results.order.begin(), bench.results.order.end()));
}

TEST_CASE("reads: a page has every change that was asked for before it, and comes behind it") {
  Bench bench(anyKind());
  for (int i = 0; i < 300; ++i) {
    const Token append = bench.append("m" + std::to_string(i), 100 + i, {&kBobHere, 1});
    // In the same turn, or in the next one, while the commit is under way.
    if (i % 2 == 0) bench.storage->flush();
    const Token page = bench.history(newest(1));
    bench.storage->flush();
    if (i % 3 == 0) bench.append("later" + std::to_string(i), 100 + i, {});
    bench.finish();
    while (!bench.results.has(page)) {
      if (bench.storage->drain(bench.results) == 0) REQUIRE(bench.bell.wait());
    }
    const auto& order = bench.results.order;
    CHECK(std::find(order.begin(), order.end(), append) <
          std::find(order.begin(), order.end(), page));
    const Ids ids = Bench::ids(*bench.results.history.at(page));
    CAPTURE(i, ids);
    CHECK((ids == Ids{"m" + std::to_string(i)} || ids == Ids{"later" + std::to_string(i)}));
    bench.acknowledge("bob", {append});
  }
}

TEST_CASE("reads: what was brought into the tables between two pages is not missed") {
  Bench bench(Kind::Sqlite);
  HistoryRange range = newest(100);
  range.conv_id = "conv";
  Ids expected;
  const auto append = [&] {
    const std::string id = "m" + std::to_string(expected.size());
    bench.append(id, 100, {});
    bench.finish();
    expected.insert(expected.begin(), id);
  };
  for (int round = 0; round < 5; ++round) {
    append();
    CHECK(bench.historyIds(range) == expected);
    append();
    // Brings the tables up to date.
    bench.storage->submit(kNoToken, Expire{0});
    if (round % 2 == 0) append();
    CHECK(bench.historyIds(range) == expected);
  }
}

TEST_CASE("reads: pages one behind the other leave a moment in which the log begins anew") {
  constexpr std::uint64_t kMega = 1'000'000;
  Gate gate;
  Bench bench(Kind::Sqlite);
  bench.append("m1", 100, {});
  bench.finish();
  gate.shut();
  const Token first = bench.history(newest(1));
  bench.storage->flush();
  REQUIRE(gate.waitFor(1));
  // The page needs the file as it was, so the log grows beyond the length at which it is shortened.
  const std::string text(100'000, 'x');
  const auto logBytes = [&] { return bench.storage->stats().log_bytes; };
  for (int i = 0; i < 1000 && logBytes() < 20 * kMega; ++i) {
    bench.append("t" + std::to_string(i), 200, {}, text);
    bench.finish();
  }
  REQUIRE(logBytes() >= 20 * kMega);
  bench.history(newest(1));
  bench.storage->flush();
  gate.letOne();
  REQUIRE(gate.waitFor(2));
  // The second page stands where it began: after the log was brought into the file. The length is
  // told behind the answer, so it is that of the first of two commits.
  for (const char* id : {"m2", "m3"}) {
    bench.append(id, 300, {});
    bench.finish();
  }
  CHECK(logBytes() < kMega);
  CHECK(bench.results.has(first));
  gate.open();
}

TEST_CASE("reads: what was asked for before close() is answered, and after it refused") {
  Bench bench(Kind::Sqlite);
  bench.append("m1", 100, {});
  // So many that the reader is not through when close() comes.
  std::vector<Token> pages;
  for (int i = 0; i < 1000; ++i) {
    pages.push_back(bench.history(newest(10)));
    bench.storage->flush();
  }
  bench.storage->close();
  bench.storage->drain(bench.results);
  for (const Token page : pages) {
    REQUIRE(bench.results.has(page));
    REQUIRE(Bench::ids(*bench.results.history.at(page)) == Ids{"m1"});
  }
  const Token late = bench.history(newest(10));
  bench.storage->flush();
  bench.storage->drain(bench.results);
  REQUIRE(bench.results.has(late));
  CHECK(bench.results.history.at(late).error().code == Errc::Closed);
}

TEST_CASE("reads: a file that cannot be read is said so, and is read again once it can") {
  Bench bench(Kind::Sqlite);
  bench.append("m1", 100, {});
  bench.finish();
  sqlite3* stranger = nullptr;
  REQUIRE(sqlite3_open(bench.folder.file("kith.db").c_str(), &stranger) == SQLITE_OK);
  const auto run = [&](const char* sql) {
    REQUIRE(sqlite3_exec(stranger, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  };
  run("ALTER TABLE strays RENAME TO elsewhere");
  const Token failed = bench.history(newest(10));
  bench.finish();
  REQUIRE_FALSE(bench.results.history.at(failed).ok());
  CHECK(bench.results.history.at(failed).error().code == Errc::ServerBusy);
  run("ALTER TABLE elsewhere RENAME TO strays");
  sqlite3_close(stranger);
  CHECK(bench.historyIds(newest(10)) == Ids{"m1"});
}

}  // namespace kith::storage
