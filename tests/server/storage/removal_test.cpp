// SPDX-License-Identifier: Apache-2.0
// Conversations that are taken away. One suite for both storages, and what only the disk has.
#include <sqlite3.h>

#include "server/storage/storage_bench.hpp"
#include "support/waiter.hpp"

namespace kith::storage {
namespace {

/// A group "g" of alice, bob and carol, in which something was said.
struct RemovalBench : Bench {
  explicit RemovalBench(Kind kind) : Bench(kind) {
    create("g", false, {"alice", "bob", "carol"});
    appendTo("g", "g1", 100);
    appendTo("g", "g2", 101, "bob");
    finish();
  }
  Result<Changed> take(std::string_view group) {
    const Token asked = ask(RemoveConversation{"app", group});
    finish();
    return results.changed.at(asked);
  }
  Ids said(std::string_view conv, std::string_view from = {}) {
    HistoryRange range;
    range.conv_id = conv;
    range.from = from;
    return historyIds(range);
  }
};

/// A number that the file says, read beside the storage.
std::int64_t numberIn(const Bench& bench, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(bench.folder.file("kith.db").c_str(), &database) == SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  REQUIRE(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
  const std::int64_t number =
      sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
  sqlite3_finalize(statement);
  sqlite3_close(database);
  return number;
}

constexpr const char* kFilled =
    "SELECT COUNT(*) FROM messages m JOIN conversations c ON c.row=m.conv "
    "WHERE c.kind=4 AND (m.deleted=0 OR m.text<>'' OR m.addressed NOTNULL)";

}  // namespace

TEST_CASE("removal: nothing of a conversation is left, and all others are as they were") {
  RemovalBench bench(anyKind());
  bench.create("other", false, {"alice", "bob"});
  bench.appendTo("other", "o1", 102, "bob");
  bench.ask(SetStanding{"app", "g", StandingKind::Blocked, true, {}, 0});
  CHECK(bench.pendingIds("carol") == Ids{"g1", "g2"});
  CHECK(bench.unread("g", "carol") == 2);
  REQUIRE(bench.take("g").ok());
  CHECK_FALSE(bench.load("g"));
  CHECK(bench.said("g").empty());
  CHECK(bench.said({}) == Ids{"o1"});
  CHECK(bench.said({}, "bob") == Ids{"o1"});
  CHECK(bench.said({}, "alice").empty());
  CHECK(bench.pendingIds("carol").empty());
  CHECK(bench.pendingIds("alice") == Ids{"o1"});
  CHECK(bench.unread("g", "carol") == 0);
  CHECK(bench.found(R"({"m":"carol"})").empty());
  CHECK(bench.found("{}").size() == 1);
  CHECK(bench.load("other")->members == Ids{"alice", "bob"});
  const Token unread = bench.ask(ListUnread{"app", "carol"});
  const Token changes = bench.ask(ReadChanges{"app", "carol", 0});
  bench.finish();
  CHECK(bench.results.unread_lists.at(unread)->conversations.empty());
  CHECK(bench.results.changes.at(changes)->changes.empty());
}

TEST_CASE("removal: what is asked of a conversation that is gone finds none") {
  RemovalBench bench(anyKind());
  REQUIRE(bench.take("g").ok());
  const Token said = bench.appendTo("g", "late", 103);
  const Token added = bench.add("g", {"dave"});
  const Token edited = bench.ask(EditMessage{"app", "g", "g1", 100, "x", 104});
  bench.finish();
  CHECK(bench.appended(said).refusal == Refusal::NoGroup);
  CHECK(bench.changed(added).refusal == Refusal::NoGroup);
  CHECK_FALSE(bench.results.changed.at(edited).ok());
  for (const char* none : {"g", "never", "removed 1"}) {
    const Result<Changed> again = bench.take(none);
    REQUIRE_FALSE(again.ok());
    CHECK(again.error().code == Errc::Rejected);
    CHECK(again.error().server_code == 4303);
  }
}

TEST_CASE("removal: the id is free for another conversation, which has nothing of the first") {
  RemovalBench bench(anyKind());
  bench.ask(SetStanding{"app", "g", StandingKind::Blocked, true,
                        std::vector{std::string_view("eve")}, 0});
  REQUIRE(bench.take("g").ok());
  bench.create("g", false, {"eve"});
  bench.appendTo("g", "new", 200, "eve");
  CHECK(bench.said("g") == Ids{"new"});
  CHECK(bench.load("g")->members == Ids{"eve"});
  CHECK(bench.load("g")->standings.empty());
  CHECK(bench.pendingIds("bob").empty());
  CHECK(bench.found("{}").size() == 1);
}

TEST_CASE("removal: one that has left, and one that comes later, find nothing either") {
  RemovalBench bench(anyKind());
  bench.remove("g", {"carol"}, 102);
  REQUIRE(bench.take("g").ok());
  const Token changes = bench.ask(ReadChanges{"app", "carol", 0});
  bench.finish();
  CHECK(bench.results.changes.at(changes)->changes.empty());
  CHECK(bench.pendingIds("carol").empty());
}

TEST_CASE("removal: a pair that is listed is gone, and begins anew with the next message") {
  Bench bench(anyKind());
  Append message = Bench::make("m1", 100);
  message.receivers = {&kBobAway, 1};
  message.listed = true;
  const Token first = bench.append(message);
  bench.finish();
  const std::string listed = bench.appended(first).listed;
  REQUIRE_FALSE(listed.empty());
  // Not by its name as a pair.
  const Token by_pair = bench.ask(RemoveConversation{"app", "conv"});
  const Token by_id = bench.ask(RemoveConversation{"app", listed});
  bench.finish();
  CHECK_FALSE(bench.results.changed.at(by_pair).ok());
  REQUIRE(bench.results.changed.at(by_id).ok());
  CHECK(bench.pendingIds("bob").empty());
  message.id = "m2";
  message.timestamp = 101;
  bench.append(message);
  HistoryRange range;
  range.conv_id = "conv";
  CHECK(bench.historyIds(range) == Ids{"m2"});
  CHECK(bench.pendingIds("bob") == Ids{"m2"});
}

TEST_CASE("removal: it holds when the file is opened again") {
  RemovalBench bench(Kind::Sqlite);
  REQUIRE(bench.take("g").ok());
  bench.storage.reset();
  bench.open();
  bench.tell(ConfigureApp{"app", {}});
  CHECK_FALSE(bench.load("g"));
  CHECK(bench.said({}).empty());
  CHECK(bench.pendingIds("carol").empty());
  // Numbers of rows that are gone do not come again.
  bench.create("g", false, {"bob"});
  const Token later = bench.appendTo("g", "g3", 300, "bob");
  bench.finish();
  CHECK(bench.positionOf(later) == 5);
}

TEST_CASE("removal: a long log is emptied in parts, and nobody waits for that") {
  RemovalBench bench(Kind::Sqlite);
  constexpr int kRows = 3500;
  for (int i = 0; i < kRows; ++i) bench.appendTo("g", "m" + std::to_string(i), 200 + i);
  bench.finish();
  const std::uint64_t before = bench.storage->stats().commits;
  REQUIRE(bench.take("g").ok());
  CHECK(bench.said({}).empty());
  REQUIRE(testing::eventually([&] { return numberIn(bench, kFilled) == 0; }));
  CHECK(bench.storage->stats().commits - before >= 4);
  REQUIRE(testing::eventually([&] {
    return numberIn(bench, "SELECT COUNT(*) FROM conversations WHERE kind=4 AND newest<>0") == 0;
  }));
  CHECK(numberIn(bench, "SELECT COUNT(*) FROM members") == 0);
  CHECK(numberIn(bench, "SELECT COUNT(*) FROM objects") == 0);
}

TEST_CASE("removal: what a server that was stopped has not emptied, the next one does") {
  RemovalBench bench(Kind::Sqlite);
  REQUIRE(bench.take("g").ok());
  REQUIRE(testing::eventually([&] { return numberIn(bench, kFilled) == 0; }));
  bench.storage.reset();
  numberIn(bench, "UPDATE messages SET text='left', deleted=0");
  numberIn(bench, "UPDATE conversations SET newest=(SELECT MAX(position) FROM messages)");
  REQUIRE(numberIn(bench, kFilled) == 3);
  bench.open();
  bench.tell(ConfigureApp{"app", {}});
  CHECK(bench.said({}).empty());
  bench.tell(Expire{1000});
  bench.storage->flush();
  CHECK(testing::eventually([&] { return numberIn(bench, kFilled) == 0; }));
}

}  // namespace kith::storage
