// SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>

#include <array>
#include <fstream>
#include <string>
#include <vector>

#include "sqlite/database.hpp"
#include "sqlite/migrate.hpp"
#include "sqlite/packed.hpp"
#include "sqlite/statement.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace kith::sqlite {
namespace {

constexpr std::array<const char*, 2> kSteps{"CREATE TABLE one(a); INSERT INTO one VALUES(7)",
                                            "CREATE TABLE two(a); INSERT INTO two VALUES(8)"};

}  // namespace

TEST_CASE("sqlite: a failure stays until it is cleared, and nothing runs meanwhile") {
  Database database;
  CHECK_FALSE(database.run("CREATE TABLE t(a)"));
  REQUIRE(database.open(":memory:"));
  REQUIRE(database.run("CREATE TABLE t(a)"));
  Statement insert(database, "INSERT INTO t VALUES(?)");
  Statement wrong(database, "INSERT INTO nowhere VALUES(?)");
  CHECK(insert.start().number(1).run() == 1);
  CHECK(wrong.start().number(1).run() == 0);
  CHECK(database.fault() == Fault::Other);
  CHECK_THAT(database.failure(), Catch::Contains("nowhere"));
  CHECK(insert.start().number(2).run() == 0);
  CHECK_FALSE(database.run("also wrong"));
  CHECK_THAT(database.failure(), Catch::Contains("nowhere"));
  database.clearFailure();
  CHECK_FALSE(database.failed());
  CHECK(database.pragmaNumber("SELECT COUNT(*) FROM t") == 1);
}

TEST_CASE("sqlite: a fault says what its owner can do about it") {
  testing::TemporaryFolder folder;
  const std::string file = folder.file("a.db");
  Database database;
  REQUIRE(database.open(file));
  REQUIRE(database.run("CREATE TABLE t(a)"));
  SECTION("another connection holds the file") {
    Database other;
    REQUIRE(other.open(file));
    REQUIRE(other.run("BEGIN EXCLUSIVE"));
    CHECK_FALSE(database.run("INSERT INTO t VALUES(1)"));
    CHECK(database.fault() == Fault::Busy);
  }
  SECTION("no room") {
    REQUIRE(database.run("PRAGMA max_page_count=2"));
    CHECK_FALSE(database.run("INSERT INTO t VALUES(zeroblob(100000))"));
    CHECK(database.fault() == Fault::Full);
  }
  SECTION("no right to write") {
    REQUIRE(database.run("PRAGMA query_only=ON"));
    CHECK_FALSE(database.run("INSERT INTO t VALUES(1)"));
    CHECK(database.fault() == Fault::ReadOnly);
  }
  SECTION("no database") {
    const std::string text = folder.file("text");
    std::ofstream(text) << std::string(5000, 'x');
    Database other;
    REQUIRE(other.open(text));
    CHECK_FALSE(other.run("CREATE TABLE t(a)"));
    CHECK(other.fault() == Fault::Damaged);
  }
  SECTION("no such folder") {
    Database other;
    CHECK_FALSE(other.open(folder.file("missing/a.db")));
    CHECK(other.fault() == Fault::Other);
    CHECK_THAT(other.failure(), Catch::Contains("No such file or directory"));
  }
  database.rollBack();
  CHECK_FALSE(database.failed());
}

TEST_CASE("sqlite: rolling back ends the transaction and its failure") {
  Database database;
  database.rollBack();
  REQUIRE(database.open(":memory:"));
  REQUIRE(database.run("CREATE TABLE t(a)"));
  REQUIRE(database.run("BEGIN"));
  REQUIRE(database.run("INSERT INTO t VALUES(1)"));
  CHECK_FALSE(database.run("wrong"));
  database.rollBack();
  CHECK_FALSE(database.inTransaction());
  CHECK(database.pragmaNumber("SELECT COUNT(*) FROM t") == 0);
}

TEST_CASE("sqlite: texts and blobs come back byte by byte, and empty is not null") {
  Database database;
  REQUIRE(database.open(":memory:"));
  const std::string odd("a\0b\xff", 4);
  Statement row(database, "SELECT ?, ?, ?, ?, ?");
  REQUIRE(row.start().text(odd).blob(odd).text({}).blob({}).null().step());
  CHECK(row.textAt(0) == odd);
  CHECK(row.blobAt(1) == odd);
  CHECK_FALSE(row.nullAt(2));
  CHECK_FALSE(row.nullAt(3));
  CHECK(row.nullAt(4));
}

TEST_CASE("sqlite: a value that is too long is a failure, not a null") {
  Database database;
  REQUIRE(database.open(":memory:"));
  sqlite3_limit(database.handle(), SQLITE_LIMIT_LENGTH, 1000);
  Statement row(database, "SELECT ?");
  CHECK_FALSE(row.start().text(std::string(2000, 'x')).step());
  CHECK_THAT(database.failure(), Catch::Contains("too big"));
}

TEST_CASE("sqlite: a file of any older version gets the steps that it lacks") {
  Database database;
  std::string why;
  REQUIRE(database.open(":memory:"));
  SECTION("new") {}
  SECTION("one step behind") {
    REQUIRE(migrate(database, std::span(kSteps).first(1), why));
    REQUIRE(database.run("UPDATE one SET a=70"));
  }
  const std::int64_t before = database.pragmaNumber("PRAGMA user_version");
  REQUIRE(migrate(database, kSteps, why));
  REQUIRE(migrate(database, kSteps, why));
  CHECK(database.pragmaNumber("PRAGMA user_version") == 2);
  CHECK(database.pragmaNumber("SELECT a FROM one") == (before == 1 ? 70 : 7));
  CHECK(database.pragmaNumber("SELECT a FROM two") == 8);
}

TEST_CASE("sqlite: a step that fails leaves the file as it was") {
  Database database;
  std::string why;
  REQUIRE(database.open(":memory:"));
  const std::array<const char*, 2> broken{kSteps[0], "wrong"};
  CHECK_FALSE(migrate(database, broken, why));
  CHECK_THAT(why, Catch::Contains("cannot be used") && Catch::Contains("wrong"));
  database.rollBack();
  CHECK(database.pragmaNumber("PRAGMA user_version") == 0);
  CHECK(database.pragmaNumber("SELECT COUNT(*) FROM sqlite_master") == 0);
}

TEST_CASE("sqlite: a version that this program does not know is refused") {
  Database database;
  std::string why;
  REQUIRE(database.open(":memory:"));
  SECTION("newer") { REQUIRE(database.run("PRAGMA user_version=3")); }
  SECTION("none that any program wrote") { REQUIRE(database.run("PRAGMA user_version=-2")); }
  CHECK_FALSE(migrate(database, kSteps, why));
  CHECK_THAT(why, Catch::Contains("newer version of Kith") && Catch::Contains("knows 2"));
  CHECK_FALSE(database.failed());
}

TEST_CASE("sqlite: packed lists come back, and cut anywhere they are only shorter") {
  const std::vector<std::string_view> texts{"a", "", std::string_view("b\0c", 3)};
  std::string bytes;
  Writer(bytes).number(-5).texts(texts).text("end");
  std::vector<std::string_view> found;
  Reader reader(bytes);
  CHECK(reader.number() == -5);
  reader.texts(found);
  CHECK(found == texts);
  CHECK(reader.text() == "end");
  CHECK(reader.atEnd());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Reader cut(std::string_view(bytes).substr(0, size));
    cut.number();
    cut.texts(found);
    CHECK(found.size() <= texts.size());
    CHECK(cut.text() != "end");
  }
}

}  // namespace kith::sqlite
