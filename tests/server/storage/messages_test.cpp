// SPDX-License-Identifier: Apache-2.0
// What becomes of kept messages: edits, deletions, and the end of what an app no longer keeps. One
// suite for both storages.
#include <sqlite3.h>

#include "server/storage/storage_bench.hpp"

namespace kith::storage {
namespace {

class Messages : public Bench {
 public:
  using Bench::Bench;

  bool edit(std::string_view id, std::int64_t timestamp, std::string_view text) {
    storage->submit(++token, EditMessage{"app", "conv", id, timestamp, text, 5000});
    return changed();
  }
  bool erase(std::string_view id, std::int64_t timestamp, std::string_view conv = "conv") {
    storage->submit(++token, DeleteMessage{"app", conv, id, timestamp});
    return changed();
  }
  std::vector<StoredMessage> all() {
    const Token asked = history({});
    finish();
    return *results.history.at(asked);
  }
  void reopen() {
    storage.reset();
    open();
    storage->submit(kNoToken, ConfigureApp{"app", {}});
  }
  /// Takes away what is beyond, a part in each transaction.
  void expireAll(std::int64_t now) {
    storage->submit(kNoToken, Expire{now});
    for (int i = 0; i < 20; ++i) {
      add("nowhere", {});
      finish();
    }
  }

 private:
  bool changed() {
    finish();
    const Result<Changed>& result = results.changed.at(token);
    if (!result) CHECK(result.error().code == Errc::Rejected);
    return result.ok();
  }
};

}  // namespace

TEST_CASE("messages: an edit shows in the history and in the queue, and says when it was") {
  Messages log(anyKind());
  const std::vector<std::string_view> addressed{"bob"};
  for (const char* id : {"m1", "m2", "m3"}) {
    Append message = Bench::make(id, 100, "sent");
    message.receivers = {&kBobAway, 1};
    message.addressed = addressed;
    log.append(message);
  }
  CHECK(log.edit("m2", 100, "first"));
  CHECK(log.edit("m2", 100, "a longer text than the one that was sent"));
  const auto messages = log.all();
  REQUIRE(messages.size() == 3);
  CHECK(messages[1].id == "m2");
  CHECK(messages[1].text == "a longer text than the one that was sent");
  CHECK(messages[1].edited_at == 5000);
  CHECK(messages[1].addressed == Ids{"bob"});
  CHECK(messages[0].text == "sent");
  CHECK(messages[0].edited_at == 0);
  const Token asked = log.pending("bob");
  log.finish();
  const auto& queue = *log.results.pending.at(asked).messages;
  REQUIRE(queue.size() == 3);
  CHECK(queue[1].text == messages[1].text);
  CHECK(queue[1].edited_at == 5000);
}

TEST_CASE("messages: a deleted one is on no page, and all that came before and after it is") {
  Messages log(anyKind());
  for (int i = 0; i < 60; ++i) {
    const std::string id = 'm' + std::to_string(i);
    Append message = Bench::make(id, 100 + i / 2);
    const std::string token = std::to_string(i);
    message.receivers = {&kBobHere, 1};
    message.dedupe = token;
    log.append(message);
  }
  Ids expected;
  for (int i = 59; i >= 0; --i) {
    if (i % 7 == 3) continue;
    expected.push_back('m' + std::to_string(i));
  }
  for (int i = 3; i < 60; i += 7) CHECK(log.erase('m' + std::to_string(i), 100 + i / 2));
  const auto check = [&] {
    HistoryRange range;
    CHECK(log.historyIds(range) == expected);
    range.conv_id = "conv";
    CHECK(log.historyIds(range) == expected);
    range.conv_id.clear();
    range.from = "alice";
    CHECK(log.historyIds(range) == expected);
    // A page that begins at a deleted one.
    range.before = 101;
    range.before_id = "m3";
    CHECK(log.historyIds(range) == Ids{"m2", "m1", "m0"});
    const Ids queue = log.pendingIds("bob");
    CHECK(queue == Ids(expected.rbegin(), expected.rend()));
  };
  check();
  // Its token is known as before.
  Append again = Bench::make("again", 200);
  again.dedupe = "3";
  const Token repeat = log.append(again);
  log.finish();
  CHECK(log.results.appended.at(repeat)->duplicate);
  CHECK(log.results.appended.at(repeat)->id == "m3");
}

TEST_CASE("messages: what is not there, or was deleted, is neither edited nor deleted") {
  Messages log(anyKind());
  log.append("m1", 100, {});
  log.append("m2", 100, {});
  CHECK_FALSE(log.edit("m3", 100, "text"));
  CHECK_FALSE(log.edit("m1", 101, "text"));
  CHECK_FALSE(log.erase("m1", 100, "elsewhere"));
  CHECK(log.erase("m1", 100));
  CHECK_FALSE(log.erase("m1", 100));
  CHECK_FALSE(log.edit("m1", 100, "text"));
  CHECK(log.all().size() == 1);
  CHECK(log.all().front().text == "text");
  CHECK(log.all().front().edited_at == 0);
  log.storage->submit(++log.token, DeleteMessage{"nowhere", "conv", "m2", 100});
  log.finish();
  CHECK_FALSE(log.results.changed.at(log.token).ok());
}

TEST_CASE("messages: a page of a queue is full although there are deleted ones in it") {
  Messages log(anyKind());
  for (int i = 0; i < 6; ++i) log.append('m' + std::to_string(i), 100, {&kBobAway, 1});
  CHECK(log.erase("m1", 100));
  CHECK(log.erase("m5", 100));
  SECTION("in the tables") { log.storage->submit(kNoToken, Expire{0}); }
  SECTION("or not yet") {}
  const Token page = log.pending("bob", 0, 2);
  const Token whole = log.pending("bob", 0, 4);
  log.finish();
  CHECK(Bench::ids(*log.results.pending.at(page).messages) == Ids{"m0", "m2"});
  CHECK_FALSE(log.results.pending.at(page).complete);
  CHECK(Bench::ids(*log.results.pending.at(whole).messages) == Ids{"m0", "m2", "m3", "m4"});
  CHECK(log.results.pending.at(whole).complete);
}

TEST_CASE("messages: of an app with a limit the oldest go, the newest stay, others keep theirs") {
  Messages log(anyKind());
  log.storage->submit(kNoToken, ConfigureApp{"other", {}});
  constexpr int kAll = 3000;  // more than one part of a sweep
  for (int i = 0; i < kAll; ++i) {
    const std::string id = 'm' + std::to_string(i);
    Append message = Bench::make(id, 1000 + i);
    const std::string conv = 'c' + std::to_string(i % 3);
    message.conv_id = conv;
    message.app_id = i % 4 == 0 ? "other" : "app";
    log.append(message);
    if (i % 100 == 0) log.finish();
  }
  const auto left = [&](std::string_view conv) {
    HistoryRange range;
    range.limit = kAll;
    range.conv_id = conv;
    return log.historyIds(range);
  };
  CHECK(left("").size() == 2250);
  SECTION("by age") {
    AppLimits limits;
    limits.history_age_ms = 1000;
    log.storage->submit(kNoToken, ConfigureApp{"app", limits});
    log.expireAll(1000 + kAll);
    CHECK(left("").size() == 750);
    CHECK(left("").back() == "m2001");
    CHECK(left("c0").size() == 250);
  }
  SECTION("by number") {
    AppLimits limits;
    limits.history_messages = 10;
    log.storage->submit(kNoToken, ConfigureApp{"app", limits});
    log.expireAll(0);
    CHECK(left("") == Ids{"m2999", "m2998", "m2997", "m2995", "m2994", "m2993", "m2991", "m2990",
                          "m2989", "m2987"});
    CHECK(left("c2") == Ids{"m2999", "m2993", "m2990", "m2987"});
  }
  // It goes on behind them.
  Append next = Bench::make("next", 9000);
  next.conv_id = "c2";
  log.append(next);
  CHECK(left("c2").front() == "next");
  const Token other = ++log.token;
  HistoryRange range;
  range.app_id = "other";
  range.limit = kAll;
  log.storage->submit(other, range.request());
  log.finish();
  CHECK(log.results.history.at(other)->size() == 750);
}

TEST_CASE("sqlite: no number of a message comes twice, also when all that there were are gone") {
  Messages log(Kind::Sqlite);
  AppLimits limits;
  limits.history_age_ms = 1;
  log.storage->submit(kNoToken, ConfigureApp{"app", limits});
  const Token first = log.append("m1", 100, {&kBobAway, 1});
  log.append("m2", 99, {&kBobAway, 1});  // a clock was set back
  log.finish();
  log.expireAll(5000);
  CHECK(log.all().empty());
  CHECK(log.pendingIds("bob").empty());
  const Position last = log.positionOf(first) + 1;
  log.reopen();
  log.results = {};
  const Token next = log.append("m3", 100, {});
  log.finish();
  CHECK(log.positionOf(next) == last + 1);
  CHECK(Bench::ids(log.all()) == Ids{"m3"});
}

TEST_CASE("sqlite: edits and deletions are there after a restart, and the old text nowhere") {
  Messages log(Kind::Sqlite);
  log.append("m1", 100, {&kBobAway, 1}, "the first secret");
  log.append("m2", 100, {&kBobAway, 1}, "the second secret");
  log.finish();
  CHECK(log.edit("m1", 100, "harmless"));
  CHECK(log.erase("m2", 100));
  log.reopen();
  CHECK(log.pendingIds("bob") == Ids{"m1"});
  REQUIRE(log.all().size() == 1);
  CHECK(log.all().front().text == "harmless");
  CHECK(log.all().front().edited_at == 5000);
  log.storage.reset();
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(log.folder.file("kith.db").c_str(), &database) == SQLITE_OK);
  sqlite3_stmt* secrets = nullptr;
  REQUIRE(sqlite3_prepare_v2(database, "SELECT COUNT(*) FROM messages WHERE text LIKE '%secret%'",
                             -1, &secrets, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_step(secrets) == SQLITE_ROW);
  CHECK(sqlite3_column_int(secrets, 0) == 0);
  sqlite3_finalize(secrets);
  sqlite3_close(database);
}

}  // namespace kith::storage
