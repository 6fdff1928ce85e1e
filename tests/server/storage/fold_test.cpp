// SPDX-License-Identifier: Apache-2.0
// When the storage on disk brings its tables up to date, and what it leaves out of them.
#include <sqlite3.h>

#include <filesystem>

#include "server/storage/storage_bench.hpp"

namespace kith::storage {
namespace {

/// A number out of the file, which is in use.
int numberIn(const Bench& bench, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(bench.folder.file("kith.db").c_str(), &database) == SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  REQUIRE(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_step(statement) == SQLITE_ROW);
  const int number = sqlite3_column_int(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_close(database);
  return number;
}
int recordsIn(const Bench& bench) { return numberIn(bench, "SELECT COUNT(*) FROM unfolded"); }
int behindIn(const Bench& bench) {
  return numberIn(bench, "SELECT COUNT(*) FROM members WHERE behind=1");
}

/// A commit of so many messages to an open group: each is one thing done.
void commit(Bench& bench, int messages) {
  Append message = Bench::make("busy", 100);
  message.conv_id = "busy";
  message.kind = ConversationKind::OpenGroup;
  for (int i = 0; i < messages; ++i) bench.append(message);
  bench.finish();
}

/// With one message that waits for bob, which is here.
Token startWaiting(Bench& bench) {
  bench.create("busy", true, {});
  const Token waiting = bench.append("m1", 100, {&kBobHere, 1});
  bench.finish();
  return waiting;
}

/// Enough commits that the tables are brought up to date once.
void bringUpToDate(Bench& bench) {
  int before = 0;
  do {
    before = recordsIn(bench);
    REQUIRE(before <= 40);
    commit(bench, 100);
  } while (recordsIn(bench) > before);
}

}  // namespace

TEST_CASE("fold: a small commit behind large ones does not bring the tables up to date") {
  Bench bench(Kind::Sqlite);
  bench.create("busy", true, {});
  commit(bench, 3000);
  const int before = recordsIn(bench);
  commit(bench, 1);
  CHECK(recordsIn(bench) == before + 1);
  for (int i = 0; i < 40; ++i) commit(bench, 1);
  CHECK(recordsIn(bench) < before + 20);
}

TEST_CASE(
    "fold: small commits wait until they are many, and large ones until there is much to do") {
  Bench bench(Kind::Sqlite);
  bench.create("busy", true, {});
  for (int i = 0; i < 100; ++i) commit(bench, 1);
  CHECK(recordsIn(bench) >= 100);
  commit(bench, 33'000);
  CHECK(recordsIn(bench) == 0);
}

TEST_CASE("fold: a message on its way is not written into the table of members") {
  Bench bench(Kind::Sqlite);
  const Token waiting = startWaiting(bench);
  bringUpToDate(bench);
  CHECK(behindIn(bench) == 0);
  bench.acknowledge("bob", {waiting});
  bringUpToDate(bench);
  CHECK(behindIn(bench) == 0);
  CHECK(bench.pendingIds("bob").empty());
}

TEST_CASE("fold: what has waited since the tables were brought up to date before is in them") {
  Bench bench(Kind::Sqlite);
  const Token waiting = startWaiting(bench);
  bringUpToDate(bench);
  CHECK(bench.pendingIds("bob") == Ids{"m1"});
  bringUpToDate(bench);
  CHECK(behindIn(bench) == 1);
  CHECK(bench.pendingIds("bob") == Ids{"m1"});
  bench.acknowledge("bob", {waiting});
  bringUpToDate(bench);
  CHECK(behindIn(bench) == 0);
  CHECK(bench.pendingIds("bob").empty());
}

TEST_CASE("fold: a message on its way when the tables were brought up to date survives a crash") {
  Bench bench(Kind::Sqlite);
  startWaiting(bench);
  bringUpToDate(bench);
  REQUIRE(behindIn(bench) == 0);
  TemporaryFolder crashed;
  for (const char* name : {"kith.db", "kith.db-wal"}) {
    std::filesystem::copy_file(bench.folder.file(name), crashed.file(name));
  }
  bench.storage = std::move(openSqliteStorage(crashed.path(), [&] { bench.bell.ring(); })).value();
  bench.tell(ConfigureApp{"app", {}});
  CHECK(bench.pendingIds("bob") == Ids{"m1"});
  bench.append("m2", 100, {&kBobHere, 1});
  CHECK(bench.pendingIds("bob") == Ids{"m1", "m2"});
  bench.storage.reset();
}

TEST_CASE("fold: a storage that is closed leaves nothing out of its tables") {
  Bench bench(Kind::Sqlite);
  startWaiting(bench);
  bench.storage->close();
  CHECK(behindIn(bench) == 1);
  CHECK(recordsIn(bench) == 0);
}

}  // namespace kith::storage
