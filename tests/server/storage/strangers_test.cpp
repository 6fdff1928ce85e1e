// SPDX-License-Identifier: Apache-2.0
// Other programs at the file of a running storage: those that read it, and one that writes. And a
// system that has no thread left.
#include <sqlite3.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <functional>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/storage/storage_bench.hpp"

namespace kith::storage {
namespace {

namespace fs = std::filesystem;

/// A connection such as the program sqlite3 makes.
class Stranger {
 public:
  explicit Stranger(const std::string& file) {
    REQUIRE(sqlite3_open(file.c_str(), &handle) == SQLITE_OK);
    sqlite3_busy_timeout(handle, 10'000);
  }
  ~Stranger() { sqlite3_close(handle); }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;

  void run(const std::string& sql) const {
    CAPTURE(sql, sqlite3_errmsg(handle));
    REQUIRE(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  std::string ask(const std::string& sql) const {
    sqlite3_stmt* statement = nullptr;
    CAPTURE(sql);
    REQUIRE(sqlite3_prepare_v2(handle, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_step(statement) == SQLITE_ROW);
    std::string answer = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return answer;
  }

  sqlite3* handle{nullptr};
};

void fill(Bench& bench, int messages, std::string_view text = "text") {
  for (int i = 0; i < messages; ++i) {
    bench.append('m' + std::to_string(i), 100, {&kBobAway, 1}, text);
  }
  bench.finish();
}

/// Appends 100 kB at a time until `enough`.
void fillUntil(Bench& bench, const std::function<bool()>& enough) {
  const std::string text(100'000, 'x');
  for (int i = 0; i < 2000 && !enough(); ++i) {
    bench.append('t' + std::to_string(i), 100, {&kBobAway, 1}, text);
    bench.finish();
  }
  REQUIRE(enough());
}

}  // namespace

TEST_CASE("sqlite: the ways of SQLite to copy a live database work while it is used") {
  Bench bench(Kind::Sqlite);
  fill(bench, 100);
  const Stranger stranger(bench.folder.file("kith.db"));
  const std::string file = bench.folder.file("copy.db");
  SECTION("VACUUM INTO") { stranger.run("VACUUM INTO '" + file + "'"); }
  SECTION("the backup API") {
    const Stranger copy(file);
    sqlite3_backup* backup = sqlite3_backup_init(copy.handle, "main", stranger.handle, "main");
    REQUIRE(backup != nullptr);
    CHECK(sqlite3_backup_step(backup, -1) == SQLITE_DONE);
    CHECK(sqlite3_backup_finish(backup) == SQLITE_OK);
  }
  fill(bench, 100);
  const Stranger copy(file);
  CHECK(copy.ask("PRAGMA integrity_check") == "ok");
  CHECK(copy.ask("SELECT COUNT(*) FROM messages") == "100");
  CHECK(bench.storage->stats().appended == 200);
}

TEST_CASE("sqlite: the log grows while a reader holds on to what it saw, and shrinks afterwards") {
  constexpr std::uint64_t kMega = 1'000'000;
  Bench bench(Kind::Sqlite);
  fill(bench, 10);
  const auto logBytes = [&] { return bench.storage->stats().log_bytes; };
  const Stranger reader(bench.folder.file("kith.db"));
  reader.run("BEGIN");
  CHECK(reader.ask("SELECT COUNT(*) FROM messages") == "10");
  fillUntil(bench, [&] { return logBytes() > 70 * kMega; });
  CHECK(reader.ask("SELECT COUNT(*) FROM messages") == "10");
  reader.run("COMMIT");
  fillUntil(bench, [&] { return logBytes() < 20 * kMega; });
  CHECK(fs::file_size(bench.folder.file("kith.db-wal")) <= 64u * 1024 * 1024);
}

TEST_CASE("sqlite: what a stranger wrote is noticed before the next change") {
  Bench bench(Kind::Sqlite);
  bench.storage->submit(kNoToken, ConfigureApp{"app", {3, 1'000'000, 100}});
  fill(bench, 3);
  const Stranger stranger(bench.folder.file("kith.db"));
  stranger.run("DELETE FROM unfolded");
  stranger.run("DELETE FROM messages");
  stranger.run(
      "INSERT INTO messages SELECT 50, conversations.row, 1, 0, 1, peers.row, x'', 0, 0, 'x', "
      "NULL, "
      "'', 0, 0, NULL FROM peers, conversations LIMIT 1");
  const Token asked = bench.append("next", 200, {&kBobAway, 1});
  bench.finish();
  REQUIRE(bench.results.appended.at(asked).ok());
  CHECK(bench.positionOf(asked) == 51);
  CHECK(bench.pendingIds("bob") == Ids{"next"});
}

TEST_CASE("sqlite: the lock file is for its owner alone, stays, and means nothing by itself") {
  TemporaryFolder folder;
  const std::string lock = folder.file("kith.db-lock");
  for (int round = 0; round < 2; ++round) {
    auto opened = openSqliteStorage(folder.path(), {});
    REQUIRE(opened.ok());
    CHECK((fs::status(lock).permissions() & fs::perms::mask) ==
          (fs::perms::owner_read | fs::perms::owner_write));
    opened.value()->close();
    CHECK(fs::exists(lock));
  }
  fs::remove(lock);
  SECTION("a link") { fs::create_symlink(folder.file("elsewhere"), lock); }
  SECTION("a folder") { fs::create_directory(lock); }
  const auto refused = openSqliteStorage(folder.path(), {});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Errc::InvalidArgument);
  CHECK_THAT(refused.error().detail, Catch::Contains("kith.db-lock cannot be used"));
  CHECK_FALSE(fs::exists(folder.file("elsewhere")));
}

TEST_CASE("sqlite: a child that a host forked does not keep the folder locked") {
  TemporaryFolder folder;
  auto opened = openSqliteStorage(folder.path(), {});
  REQUIRE(opened.ok());
  int hold[2];
  REQUIRE(pipe(hold) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::close(hold[1]);
    char byte = 0;
    _exit(read(hold[0], &byte, 1) == 0 ? 0 : 1);
  }
  ::close(hold[0]);
  opened.value()->close();
  CHECK(openSqliteStorage(folder.path(), {}).ok());
  ::close(hold[1]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

namespace {

/// What openSqliteStorage() says to a process that may have no further thread; the exit status.
int openWithoutThreads(const std::string& folder) {
  constexpr unsigned kNobody = 65534;
  const rlimit none{0, 0};
  if (setrlimit(RLIMIT_NPROC, &none) != 0) return 2;
  // The limit is not for root.
  if (geteuid() == 0 && (setgid(kNobody) != 0 || setuid(kNobody) != 0)) return 3;
  sigset_t before;
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  const auto opened = openSqliteStorage(folder, {});
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  if (opened) return 4;
  if (opened.error().code != Errc::Internal) return 5;
  if (opened.error().detail.find("no thread") == std::string::npos) return 6;
  for (int signal = 1; signal < SIGRTMAX; ++signal) {
    if (sigismember(&before, signal) != sigismember(&after, signal)) return 7;
  }
  return 0;
}

}  // namespace

TEST_CASE("sqlite: a system without a free thread is an error, and no signal stays blocked") {
  TemporaryFolder folder;
  fs::permissions(folder.path(), fs::perms::all);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int code = 8;
    try {
      code = openWithoutThreads(folder.path());
    } catch (...) {
      code = 9;
    }
    _exit(code);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace kith::storage
