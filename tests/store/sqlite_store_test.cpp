// SPDX-License-Identifier: Apache-2.0
// What only the store on disk can do: come back, be damaged, run out of room, be killed.
#include <sqlite3.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/make_store.hpp"
#include "support/catch.hpp"
#include "support/file_size_limit.hpp"
#include "support/store_peers.hpp"
#include "support/temporary_folder.hpp"

namespace kith::store {
namespace {

using testing::addIncoming;
using testing::addOutgoing;
using testing::clientIds;
using testing::Ids;
using testing::incomingIds;
using testing::removeOutgoing;
using testing::setWatched;
using testing::shown;
using testing::TemporaryFolder;

constexpr std::size_t kSmallest = 1024 * 1024;

std::shared_ptr<Store> openOrFail(const std::string& file, StoreLimits limits = {}) {
  auto opened = kith::openSqliteStore(file, limits);
  if (!opened) FAIL(opened.error().detail);
  return std::move(opened).value();
}

// The one line with which a file is refused.
std::string whyNot(const std::string& file) {
  const auto opened = kith::openSqliteStore(file);
  if (opened) return "it opened";
  CHECK(opened.error().code == Errc::StoreFailed);
  CHECK(opened.error().detail.rfind("store: ", 0) == 0);
  CHECK(opened.error().detail.find('\n') == std::string::npos);
  return opened.error().detail;
}

std::string readAll(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void writeAll(const std::string& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

void runSql(const std::string& file, const char* sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
  REQUIRE(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_close(database) == SQLITE_OK);
}

std::size_t bytesIn(const TemporaryFolder& folder) {
  std::size_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    bytes += entry.file_size();
  }
  return bytes;
}

Result<void> keep(Store& store, std::vector<StoreChange> changes) {
  std::vector<PeerChange> list;
  for (StoreChange& change : changes) list.push_back({"alice", std::move(change)});
  return store.commit("app", list);
}

// A file with a few hundred messages, closed.
void writeStore(const std::string& file) {
  const auto store = openOrFail(file);
  std::vector<StoreChange> changes{setWatched({"bob", "carol"})};
  for (int i = 0; i < 200; ++i) {
    changes.push_back(addOutgoing("c" + std::to_string(i), std::string(300, 'x')));
    changes.push_back(addIncoming("m" + std::to_string(i), std::string(2000, 'y')));
    changes.push_back(shown({"s" + std::to_string(i)}));
  }
  REQUIRE(keep(*store, std::move(changes)));
}

// Runs `work` in a process of its own and returns what it said. Root drops its rights there, since
// no file refuses it anything.
template <typename Work>
std::string inChild(Work work) {
  int channel[2];
  REQUIRE(pipe(channel) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(2);
    const std::string said = work();
    _exit(write(channel[1], said.data(), said.size()) < 0 ? 3 : 0);
  }
  close(channel[1]);
  std::string said;
  char part[512];
  for (ssize_t got = 0; (got = read(channel[0], part, sizeof part)) > 0;) {
    said.append(part, static_cast<std::size_t>(got));
  }
  close(channel[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 0);
  return said;
}

}  // namespace

TEST_CASE("sqlite store: it is one file that only its owner may read") {
  TemporaryFolder folder;
  const std::string file = folder.file("store.db");
  const mode_t before = umask(0);
  auto store = openOrFail(file);
  REQUIRE(keep(*store, {addOutgoing("c1")}));
  umask(before);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    CHECK(entry.status().permissions() ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  }
  store.reset();
  const std::filesystem::directory_iterator left(folder.path());
  CHECK(std::distance(left, {}) == 1);
  CHECK(std::filesystem::exists(file));
}

TEST_CASE("sqlite store: a name that cannot be a store is refused with one clear line") {
  TemporaryFolder folder;
  CHECK_THAT(whyNot(""), Catch::Contains("is empty"));
  CHECK_THAT(whyNot(std::string("a\0b", 3)), Catch::Contains("zero byte"));
  CHECK_THAT(whyNot(folder.file("missing/store.db")),
             Catch::Contains("missing/store.db cannot be made"));
  CHECK_THAT(whyNot(folder.path()), Catch::Contains("not a plain file"));
  CHECK_THAT(whyNot("/dev/null"), Catch::Contains("not a plain file"));
}

TEST_CASE("sqlite store: a name that means something to SQLite is a file like any other") {
  TemporaryFolder folder;
  const auto here = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  auto store = openOrFail(":memory:");
  REQUIRE(keep(*store, {addOutgoing("c1")}));
  store.reset();
  const auto peer = openOrFail(":memory:")->load("app", "alice");
  std::filesystem::current_path(here);
  CHECK(clientIds(*peer) == Ids{"c1"});
}

TEST_CASE("sqlite store: where it may not write it says so") {
  TemporaryFolder folder;
  const std::string file = folder.file("store.db");
  openOrFail(file).reset();
  const auto chmodTo = [](const std::string& path, mode_t mode) {
    REQUIRE(chmod(path.c_str(), mode) == 0);
  };
  SECTION("a folder without the right to write, no file") {
    chmodTo(folder.path(), 0555);
    const std::string other = folder.file("new.db");
    CHECK_THAT(inChild([&] { return whyNot(other); }),
               Catch::Contains("new.db cannot be made: Permission denied"));
  }
  SECTION("a file without the right to write") {
    chmodTo(file, 0444);
    chmodTo(folder.path(), 0777);
    CHECK_THAT(inChild([&] { return whyNot(file); }), Catch::Contains("read-only"));
  }
  SECTION("a file without the right to read") {
    chmodTo(file, 0);
    CHECK_THAT(inChild([&] { return whyNot(file); }), Catch::Contains("cannot be used"));
  }
  SECTION("a folder without the right to write, a file with it") {
    chmodTo(file, 0666);
    chmodTo(folder.path(), 0555);
    CHECK_THAT(inChild([&] { return whyNot(file); }), Catch::Contains("cannot be"));
  }
  chmodTo(folder.path(), 0755);
  chmodTo(file, 0644);
  openOrFail(file);
}

TEST_CASE("sqlite store: an empty file becomes a store") {
  TemporaryFolder folder;
  const std::string file = folder.file("store.db");
  SECTION("of no bytes") { writeAll(file, ""); }
  SECTION("with the header of version 0") {
    runSql(file, "CREATE TABLE t(a); DROP TABLE t; PRAGMA user_version=0");
    REQUIRE(std::filesystem::file_size(file) > 0);
  }
  REQUIRE(keep(*openOrFail(file), {addOutgoing("c1")}));
  CHECK(clientIds(*openOrFail(file)->load("app", "alice")) == Ids{"c1"});
}

TEST_CASE("sqlite store: a file of a newer version is refused and left alone") {
  TemporaryFolder folder;
  const std::string file = folder.file("store.db");
  writeStore(file);
  runSql(file, "PRAGMA user_version=4");
  const std::string before = readAll(file);
  CHECK_THAT(whyNot(file), Catch::Contains("from a newer version of Kith (schema 4") &&
                               Catch::Contains("store.db"));
  CHECK(readAll(file) == before);
  runSql(file, "PRAGMA user_version=3");
  CHECK(openOrFail(file)->load("app", "alice")->outgoing.size() == 200);
}

TEST_CASE(
    "sqlite store: a file of an older version is taken over, its messages by the wall clock") {
  TemporaryFolder folder;
  const std::string file = folder.file("store.db");
  writeStore(file);
  runSql(file,
         "ALTER TABLE messages DROP COLUMN boot; ALTER TABLE messages DROP COLUMN uptime; "
         "ALTER TABLE messages DROP COLUMN mentions; "
         "PRAGMA user_version=1");
  const auto kept = openOrFail(file)->load("app", "alice");
  REQUIRE(kept->outgoing.size() == 200);
  CHECK(kept->outgoing[0].queued == Timestamp(std::chrono::milliseconds(1000)));
}

TEST_CASE("sqlite store: another program's database is refused and left alone") {
  TemporaryFolder folder;
  const std::string file = folder.file("store.db");
  SECTION("without a version") { runSql(file, "CREATE TABLE theirs(a)"); }
  SECTION("of a version that we know") {
    runSql(file, "PRAGMA auto_vacuum=FULL; CREATE TABLE theirs(a); PRAGMA user_version=1");
  }
  SECTION("with a version and nothing else") { runSql(file, "PRAGMA user_version=1"); }
  const std::string before = readAll(file);
  CHECK_THAT(whyNot(file), Catch::Contains("another program's database"));
  CHECK(readAll(file) == before);
}

TEST_CASE("sqlite store: a second one on the same file is refused") {
  TemporaryFolder folder;
  const std::string file = folder.file("store.db");
  auto store = openOrFail(file);
  CHECK_THAT(whyNot(file), Catch::Contains("store.db is in use"));
  REQUIRE(keep(*store, {addOutgoing("c1")}));
  store.reset();
  CHECK(clientIds(*openOrFail(file)->load("app", "alice")) == Ids{"c1"});
}

TEST_CASE("sqlite store: another process on the same file is refused while the first lives") {
  TemporaryFolder folder;
  const std::string file = folder.file("store.db");
  SECTION("a new file") {}
  SECTION("a file that was there") { writeStore(file); }
  int channel[2];
  REQUIRE(pipe(channel) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto opened = kith::openSqliteStore(file);
    if (!opened || write(channel[1], "o", 1) != 1) _exit(2);
    while (true) pause();
  }
  close(channel[1]);
  char open = 0;
  CHECK(read(channel[0], &open, 1) == 1);
  CHECK_THAT(whyNot(file), Catch::Contains("is in use by another process"));
  kill(child, SIGKILL);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  close(channel[0]);
  CHECK(WIFSIGNALED(status));
  openOrFail(file);
}

TEST_CASE("sqlite store: a damaged file is refused and left alone") {
  TemporaryFolder folder;
  const std::string file = folder.file("store.db");
  writeStore(file);
  const std::string whole = readAll(file);
  std::string bytes;
  SECTION("text") { bytes = std::string(5000, 'x'); }
  SECTION("random bytes") {
    std::mt19937 random(1);
    while (bytes.size() < 50'000) bytes.push_back(static_cast<char>(random()));
  }
  SECTION("random bytes behind the first page") {
    std::mt19937 random(2);
    bytes = whole;
    for (std::size_t i = 4096; i < bytes.size(); ++i) bytes[i] = static_cast<char>(random());
  }
  SECTION("cut in a page") { bytes = whole.substr(0, whole.size() / 2 + 100); }
  SECTION("cut between pages") { bytes = whole.substr(0, whole.size() / 4096 / 2 * 4096); }
  SECTION("cut in the header") { bytes = whole.substr(0, 60); }
  writeAll(file, bytes);
  CHECK_THAT(whyNot(file), Catch::Contains("is damaged") && Catch::Contains("move it away"));
  CHECK(readAll(file) == bytes);
}

TEST_CASE("sqlite store: bytes that flip anywhere in the file are never more than an error") {
  TemporaryFolder folder;
  const std::string file = folder.file("store.db");
  writeStore(file);
  const std::string whole = readAll(file);
  std::mt19937 random(7);
  int refused = 0;
  for (int round = 0; round < 60; ++round) {
    std::string bytes = whole;
    // The header and the tops of pages say how the rest is to be read.
    const std::size_t page = random() % (bytes.size() / 4096) * 4096;
    for (int flip = 0; flip < 8; ++flip) {
      const std::size_t at = round % 2 == 0 ? random() % bytes.size() : page + random() % 200;
      bytes[at] = static_cast<char>(random());
    }
    writeAll(file, bytes);
    const auto opened = kith::openSqliteStore(file);
    bool good = opened.ok();
    if (good) {
      const auto loaded = (*opened)->load("app", "alice");
      const auto kept = keep(**opened, {addOutgoing("new"), shown({"m1", "m2"}), setWatched({})});
      good = loaded && kept;
    }
    if (!good) ++refused;
  }
  CHECK(refused > 5);
}

TEST_CASE("sqlite store: on a full disk a commit leaves nothing, and later all is well") {
  TemporaryFolder folder;
  const std::string file = folder.file("store.db");
  auto store = openOrFail(file);
  REQUIRE(keep(*store, {addOutgoing("c1")}));
  const std::string large(600'000, 'x');
  {
    const testing::FileSizeLimit limit(300'000);
    const auto kept = keep(*store, {addOutgoing("c2"), addIncoming("m1", large)});
    REQUIRE_FALSE(kept);
    CHECK(kept.error().code == Errc::StoreFailed);
    CHECK_THAT(kept.error().detail, Catch::Contains("disk is full") && Catch::Contains("store.db"));
    // What is there can be read.
    CHECK(clientIds(*store->load("app", "alice")) == Ids{"c1"});
  }
  REQUIRE(keep(*store, {addOutgoing("c3"), addIncoming("m1", large)}));
  store.reset();
  const auto peer = openOrFail(file)->load("app", "alice");
  CHECK(clientIds(*peer) == Ids{"c1", "c3"});
  CHECK(incomingIds(*peer) == Ids{"m1"});
}

TEST_CASE("sqlite store: a file system without room is an error, and passes") {
  TemporaryFolder folder;
  if (mount("kith-test", folder.path().c_str(), "tmpfs", 0, "size=1m") != 0) {
    std::puts("SKIPPED: there is no right to mount a small file system here");
    return;
  }
  const std::string file = folder.file("store.db");
  const std::string filler = folder.file("filler");
  {
    auto store = openOrFail(file);
    REQUIRE(keep(*store, {addOutgoing("c1")}));
    writeAll(filler, std::string(2'000'000, 'x'));
    int kept = 1;
    Result<void> last;
    while (kept < 1000 && (last = keep(*store, {addOutgoing("c" + std::to_string(kept + 1),
                                                            std::string(3000, 'x'))}))) {
      ++kept;
    }
    REQUIRE_FALSE(last);
    CHECK(last.error().code == Errc::StoreFailed);
    CHECK_THAT(last.error().detail, Catch::Contains("disk is full"));
    CHECK_FALSE(keep(*store, {addOutgoing("another", std::string(3000, 'x'))}));
    CHECK(store->load("app", "alice")->outgoing.size() == static_cast<std::size_t>(kept));
    std::filesystem::remove(filler);
    CHECK(keep(*store, {addOutgoing("again", std::string(3000, 'x')), removeOutgoing("c1")}));
    store.reset();
    const auto peer = openOrFail(file)->load("app", "alice");
    CHECK(peer->outgoing.size() == static_cast<std::size_t>(kept));
    CHECK(peer->outgoing.back().client_id == "again");
  }
  CHECK(umount2(folder.path().c_str(), MNT_DETACH) == 0);
}

TEST_CASE("sqlite store: what was reported as kept survives kill -9, each commit as a whole") {
  TemporaryFolder folder;
  const std::string file = folder.file("store.db");
  int channel[2];
  REQUIRE(pipe(channel) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto opened = kith::openSqliteStore(file);
    if (!opened) _exit(2);
    for (int i = 0;; ++i) {
      const std::string id = std::to_string(i);
      if (!keep(**opened, {addOutgoing(id, std::string(1000, 'x')), addIncoming(id)})) _exit(3);
      if (write(channel[1], &i, sizeof i) != sizeof i) _exit(4);
    }
  }
  close(channel[1]);
  int reported = -1;
  for (int got = 0; reported < 300 && read(channel[0], &got, sizeof got) == sizeof got;) {
    reported = got;
  }
  kill(child, SIGKILL);
  for (int got = 0; read(channel[0], &got, sizeof got) == sizeof got;) reported = got;
  close(channel[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  REQUIRE(reported >= 300);

  const auto peer = openOrFail(file)->load("app", "alice");
  REQUIRE(peer);
  const auto count = peer->outgoing.size();
  CHECK(count > static_cast<std::size_t>(reported));
  CHECK(clientIds(*peer) == incomingIds(*peer));
  CHECK(peer->outgoing.back().client_id == std::to_string(count - 1));
}

TEST_CASE("sqlite store: all its files together stay below the limit, and shrink again") {
  TemporaryFolder folder;
  const std::string file = folder.file("store.db");
  const StoreLimits limits{4 * kSmallest, std::chrono::hours(24)};
  auto store = openOrFail(file, limits);
  std::size_t most = 0;
  const auto batch = [&](int number, bool add) {
    std::vector<StoreChange> changes;
    for (int i = number * 10; i < number * 10 + 10; ++i) {
      const std::string id = "c" + std::to_string(i);
      changes.push_back(add ? addOutgoing(id, std::string(1500, 'x')) : removeOutgoing(id));
    }
    const bool kept = keep(*store, std::move(changes)).ok();
    most = std::max(most, bytesIn(folder));
    return kept;
  };
  int batches = 0;
  while (batches < 1000 && batch(batches, true)) ++batches;
  REQUIRE(batches < 1000);
  CHECK(static_cast<std::size_t>(batches) * 15'000 > limits.max_bytes / 3);
  for (int number = 0; number < batches; ++number) REQUIRE(batch(number, false));
  CHECK(most <= limits.max_bytes);
  store.reset();
  CHECK(bytesIn(folder) > limits.max_bytes / 2);
  openOrFail(file, limits).reset();
  CHECK(bytesIn(folder) < 100'000);
}

TEST_CASE("sqlite store: a limit below what is kept refuses more, and lets go") {
  TemporaryFolder folder;
  const std::string file = folder.file("store.db");
  {
    const auto store = openOrFail(file);
    for (int i = 0; i < 4; ++i) {
      REQUIRE(keep(*store, {addOutgoing("c" + std::to_string(i), std::string(500'000, 'x'))}));
    }
  }
  const auto store = openOrFail(file, {kSmallest, std::chrono::hours(24)});
  const StoreChange more = addOutgoing("c9", std::string(5000, 'x'));
  CHECK_THAT(keep(*store, {more}).error().detail, Catch::Contains("is full"));
  CHECK(store->load("app", "alice")->outgoing.size() == 4);
  for (int i = 0; i < 4; ++i) REQUIRE(keep(*store, {removeOutgoing("c" + std::to_string(i))}));
  CHECK(keep(*store, {more}));
}

TEST_CASE("sqlite store: nothing of a message is in the file when it is over") {
  TemporaryFolder folder;
  const std::string file = folder.file("store.db");
  const std::string secret = "the secret of the manor";
  std::string text;
  while (text.size() < 20'000) text += secret;
  {
    const auto store = openOrFail(file);
    REQUIRE(keep(*store,
                 {addOutgoing("c1", secret), addOutgoing("c2", text), addIncoming("m1", text)}));
    REQUIRE(keep(*store, {addOutgoing("c3", "stays")}));
    REQUIRE(keep(*store, {removeOutgoing("c1"), removeOutgoing("c2"), shown({"m1"})}));
  }
  CHECK(readAll(file).find("stays") != std::string::npos);
  CHECK(readAll(file).find(secret) == std::string::npos);
}

}  // namespace kith::store
