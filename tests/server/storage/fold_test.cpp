// SPDX-License-Identifier: Apache-2.0
// When the storage on disk brings its tables up to date.
#include <sqlite3.h>

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

/// A commit of so many messages to an open group: each is one thing done.
void commit(Bench& bench, int messages) {
  Append message = Bench::make("busy", 100);
  message.conv_id = "busy";
  message.kind = ConversationKind::OpenGroup;
  for (int i = 0; i < messages; ++i) bench.append(message);
  bench.finish();
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

}  // namespace kith::storage
