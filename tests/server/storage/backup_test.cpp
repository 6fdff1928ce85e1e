// SPDX-License-Identifier: Apache-2.0
// Copies of a database that is in use, and what becomes of them.
#include "server/storage/backup.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "server/storage/storage_bench.hpp"

namespace kith::storage {
namespace {

namespace fs = std::filesystem;

void fill(Bench& bench, int messages, std::string_view text = "text") {
  for (int i = 0; i < messages; ++i) {
    bench.append('m' + std::to_string(i), 100 + i, {&kBobAway, 1}, text);
  }
  bench.finish();
}

std::string refusalOf(const std::string& folder, const std::string& file) {
  const auto report = backUp(folder, file);
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().detail.find('\n') == std::string::npos);
  CHECK(report.error().detail.rfind("backup: ", 0) == 0);
  return report.error().detail;
}

std::vector<std::string> namesIn(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// A storage on the copy in a folder of its own.
struct Restored {
  explicit Restored(const std::string& copy) {
    fs::copy_file(copy, folder.file("kith.db"));
    auto opened = openSqliteStorage(folder.path(), [this] { bell.ring(); });
    REQUIRE(opened.ok());
    storage = std::move(opened).value();
    storage->submit(kNoToken, ConfigureApp{"app", {}});
  }
  void finish(Token last) {
    storage->flush();
    while (!results.has(last)) {
      if (storage->drain(results) == 0) REQUIRE(bell.wait());
    }
  }

  testing::TemporaryFolder folder;
  Bell bell;
  RecordedResults results;
  std::unique_ptr<Storage> storage;
};

}  // namespace

TEST_CASE("backup: a copy of a storage in use is one private file that a server starts with") {
  Bench bench(Kind::Sqlite);
  fill(bench, 100);
  testing::TemporaryFolder elsewhere;
  const std::string file = elsewhere.file("backup.db");
  const auto report = backUp(bench.folder.path(), file);
  REQUIRE(report.ok());
  CHECK(report->messages == 100);
  CHECK(report->bytes == fs::file_size(file));
  CHECK(namesIn(elsewhere.path()) == Ids{"backup.db"});
  CHECK((fs::status(file).permissions() & fs::perms::mask) ==
        (fs::perms::owner_read | fs::perms::owner_write));
  fill(bench, 20);

  Restored restored(file);
  restored.storage->submit(1, ReadPending{"app", "bob", 0, 1000, 1000, true});
  HistoryRange range;
  range.app_id = "app";
  range.limit = 1000;
  restored.storage->submit(2, range.request());
  restored.finish(2);
  restored.storage->submit(3, Bench::make("next", 2000));
  restored.finish(3);
  CHECK(restored.results.pending.at(1).messages->size() == 50);
  CHECK(restored.results.history.at(2)->size() == 100);
  CHECK(restored.results.appended.at(3)->position == 101);
}

TEST_CASE("backup: commits go on while the copy is made, and it holds all that came before") {
  Bench bench(Kind::Sqlite);
  const std::string text(1000, 'x');
  fill(bench, 5000, text);
  const std::uint64_t before = bench.storage->stats().commits;
  // They wait for the storage's thread, which works them off while this one copies.
  for (int i = 0; i < 5000; ++i) {
    bench.append('n' + std::to_string(i), 10'000, {&kBobAway, 1}, text);
    bench.storage->flush();
  }
  const auto report = backUp(bench.folder.path(), bench.folder.file("copy"));
  REQUIRE(report.ok());
  CHECK(report->messages >= 5000);
  CHECK(report->messages <= 10'000);
  bench.finish();
  CHECK(bench.storage->stats().commits > before);
  CHECK(bench.storage->stats().appended == 10'000);
  for (const auto& [token, result] : bench.results.appended) REQUIRE(result.ok());
}

TEST_CASE("backup: what is there is never written over, and nothing half done stays") {
  Bench bench(Kind::Sqlite);
  fill(bench, 1);
  testing::TemporaryFolder elsewhere;
  const std::string file = elsewhere.file("b");
  std::ofstream(file) << "precious";
  CHECK_THAT(refusalOf(bench.folder.path(), file), Catch::Contains("/b exists; choose another"));
  CHECK(fs::file_size(file) == 8);
  fs::remove(file);
  fs::create_symlink(elsewhere.file("nowhere"), file);
  CHECK_THAT(refusalOf(bench.folder.path(), file), Catch::Contains("/b exists; choose another"));
  fs::remove(file);
  std::ofstream(file + ".part") << "x";
  CHECK_THAT(refusalOf(bench.folder.path(), file), Catch::Contains("b.part exists"));
  CHECK(fs::file_size(file + ".part") == 1);
  fs::remove(file + ".part");
  CHECK_THAT(refusalOf(bench.folder.path(), elsewhere.file("no/such/b")),
             Catch::Contains("no/such cannot be used"));
  CHECK_THAT(refusalOf(bench.folder.path(), bench.folder.file("kith.db-journal")),
             Catch::Contains("would be taken for a part of the database"));
  CHECK(namesIn(elsewhere.path()).empty());
}

TEST_CASE("backup: a folder without a database of ours is refused, and stays as it is") {
  testing::TemporaryFolder folder;
  testing::TemporaryFolder elsewhere;
  const std::string file = elsewhere.file("b");
  CHECK_THAT(refusalOf(folder.path(), file), Catch::Contains("kith.db cannot be read: No such"));
  CHECK_THAT(refusalOf(folder.file("none"), file), Catch::Contains("none cannot be used"));
  CHECK(namesIn(folder.path()).empty());
  std::ofstream(folder.file("kith.db")) << "";
  CHECK_THAT(refusalOf(folder.path(), file), Catch::Contains("no database of Kith"));
  std::ofstream(folder.file("kith.db")) << std::string(5000, 'x');
  CHECK_THAT(refusalOf(folder.path(), file), Catch::Contains("not a database"));
  CHECK(namesIn(elsewhere.path()).empty());
}

TEST_CASE("backup: a damaged database is told, and no copy of it stays") {
  testing::TemporaryFolder folder;
  {
    Bench bench(Kind::Sqlite);
    fill(bench, 2000, std::string(200, 'x'));
    bench.storage->close();
    fs::copy_file(bench.folder.file("kith.db"), folder.file("kith.db"));
  }
  {
    std::fstream file(folder.file("kith.db"), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(fs::file_size(folder.file("kith.db")) / 2));
    file << std::string(20'000, 'z');
  }
  testing::TemporaryFolder elsewhere;
  const auto report = backUp(folder.path(), elsewhere.file("b"));
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().code == Errc::Internal);
  CHECK_THAT(report.error().detail, Catch::Contains("is damaged"));
  CHECK(namesIn(elsewhere.path()).empty());
}

namespace {

/// What kill -9 leaves of a folder.
void copyAsKilled(const std::string& from, const std::string& to) {
  for (const char* name : {"/kith.db", "/kith.db-wal"}) fs::copy_file(from + name, to + name);
}

}  // namespace

TEST_CASE("backup: what a killed server left is copied with its log, which stays as it is") {
  Bench bench(Kind::Sqlite);
  fill(bench, 100);
  testing::TemporaryFolder killed;
  copyAsKilled(bench.folder.path(), killed.path());
  const auto log_bytes = fs::file_size(killed.file("kith.db-wal"));
  REQUIRE(log_bytes > 0);
  const auto report = backUp(killed.path(), killed.file("b"));
  REQUIRE(report.ok());
  CHECK(report->messages == 100);
  CHECK(fs::file_size(killed.file("kith.db-wal")) == log_bytes);
}

TEST_CASE("backup: a copy put beside the log of another file is refused until the log is gone") {
  Bench bench(Kind::Sqlite);
  fill(bench, 100);
  testing::TemporaryFolder folder;
  REQUIRE(backUp(bench.folder.path(), folder.file("kith.db")).ok());
  fill(bench, 100);
  fs::copy_file(bench.folder.file("kith.db-wal"), folder.file("kith.db-wal"));
  const auto refused = openSqliteStorage(folder.path(), {});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Errc::InvalidArgument);
  CHECK_THAT(refused.error().detail,
             Catch::Contains("kith.db-wal beside it is the log of another"));
  fs::remove(folder.file("kith.db-wal"));
  CHECK(openSqliteStorage(folder.path(), {}).ok());
}

}  // namespace kith::storage
