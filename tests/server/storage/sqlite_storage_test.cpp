// SPDX-License-Identifier: Apache-2.0
// What only the storage on disk can do: come back, fail, be killed.
#include <sqlite3.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

#include "server/storage/storage.hpp"
#include "support/file_size_limit.hpp"
#include "support/storage_results.hpp"

namespace kith::storage {
namespace {

std::unique_ptr<Storage> openOrFail(const std::string& folder, Bell& bell) {
  auto opened = openSqliteStorage(folder, [&bell] { bell.ring(); });
  if (!opened) FAIL(opened.error().detail);
  auto storage = std::move(opened).value();
  storage->submit(kNoToken, ConfigureApp{"app", {3, 1000000, 100}});
  return storage;
}

Append makeMessage(std::string_view id, std::string_view text = "text") {
  Append message;
  message.app_id = "app";
  message.id = id;
  message.timestamp = 100;
  message.from = "alice";
  message.conv_id = "conv";
  message.text = text;
  return message;
}

void finish(Storage& storage, Bell& bell, RecordedResults& results, Token last) {
  storage.flush();
  while (!results.has(last)) {
    if (storage.drain(results) == 0) REQUIRE(bell.wait());
  }
}

std::string whyNot(const std::string& folder) {
  auto opened = openSqliteStorage(folder, {});
  if (opened) return "it opened";
  CHECK(opened.error().code == Errc::InvalidArgument);
  CHECK(opened.error().detail.find('\n') == std::string::npos);
  return opened.error().detail;
}

}  // namespace

TEST_CASE("sqlite: everything is there after the storage was opened again") {
  TemporaryFolder folder;
  Bell bell;
  const std::string data = folder.file("a/b");
  const std::vector<PeerRef> away{{"bob", false}};
  Position last = 0;
  {
    RecordedResults results;
    auto storage = openOrFail(data, bell);
    Append message = makeMessage("m1");
    message.receivers = away;
    message.dedupe = "token";
    storage->submit(1, message);
    const std::vector<PeerRef> members{{"b", false}, {"a", false}};
    storage->submit(2, CreateGroup{"app", "g", false, members, "alice", 1});
    finish(*storage, bell, results, 2);
    last = results.appended.at(1)->position;
  }
  RecordedResults results;
  auto storage = openOrFail(data, bell);
  Append repeat = makeMessage("m2");
  repeat.dedupe = "token";
  storage->submit(1, repeat);
  const std::vector<std::string> ids{"m3", "m4", "m5"};
  for (const std::string& id : ids) {
    Append message = makeMessage(id);
    message.receivers = away;
    storage->submit(2, message);
  }
  storage->submit(3, ReadPending{"app", "bob", 0, 10, 100, true});
  storage->submit(4, LoadGroup{"app", "g"});
  finish(*storage, bell, results, 4);
  CHECK(results.appended.at(1)->duplicate);
  CHECK(results.appended.at(1)->id == "m1");
  CHECK(results.appended.at(2)->position == last + 4);  // one is the row of the group's members
  CHECK(results.appended.at(2)->seq == 4);
  // What waited before counts: m1 is beyond the three.
  REQUIRE(results.pending.at(3).messages->size() == 3);
  CHECK(results.pending.at(3).messages->front().id == "m3");
  CHECK((*results.groups.at(4))->members == std::vector<std::string>{"b", "a"});
}

namespace {

/// What a crash of the machine would leave: all that was committed, and nothing of close().
void copyAsCrashed(const TemporaryFolder& from, const TemporaryFolder& to) {
  for (const char* name : {"kith.db", "kith.db-wal"}) {
    std::filesystem::copy_file(from.file(name), to.file(name));
  }
}

}  // namespace

TEST_CASE("sqlite: after a crash each queue is as the commits before it left it") {
  // Enough that the tables are brought up to date several times, and some is not in them yet.
  constexpr int kTurns = 300;
  TemporaryFolder folder;
  TemporaryFolder crashed;
  Bell bell;
  std::map<std::string, std::vector<std::string>> expected;
  std::int64_t last = 0;
  {
    RecordedResults results;
    auto storage = openOrFail(folder.path(), bell);
    Token token = 0;
    for (int turn = 0; turn < kTurns; ++turn) {
      const std::vector<PeerRef> both{{"bob", true}, {"carol", false}};
      std::vector<std::string> ids;
      const Token first = token + 1;
      for (int i = 0; i < 5; ++i) {
        ids.push_back("m" + std::to_string(++token));
        Append message = makeMessage(ids.back());
        message.dedupe = ids.back();
        message.receivers = both;
        storage->submit(token, message);
        auto& queue = expected["carol"];
        queue.push_back(ids.back());
        if (queue.size() > 3) queue.erase(queue.begin());
      }
      finish(*storage, bell, results, token);
      last = results.appended.at(token)->position;
      // Bob acknowledges all, but for one of every tenth turn; carol is away, and has three.
      const bool leaves_one = turn % 10 == 0;
      for (Token of = leaves_one ? first + 1 : first; of <= token; ++of) {
        const Appended& appended = *results.appended.at(of);
        const SeqRange row{appended.conversation, appended.seq, appended.seq};
        storage->submit(kNoToken, Acknowledge{"app", "bob", {&row, 1}});
      }
      if (leaves_one) expected["bob"].push_back(ids.front());
    }
    storage->submit(++token, LoadGroup{"app", "g"});
    finish(*storage, bell, results, token);
    copyAsCrashed(folder, crashed);
  }
  for (const TemporaryFolder* data : {&crashed, &folder}) {
    RecordedResults results;
    auto storage = openOrFail(data->path(), bell);
    storage->submit(1, ReadPending{"app", "bob", 0, 1000, 100, true});
    storage->submit(2, ReadPending{"app", "carol", 0, 1000, 100, true});
    HistoryRange range;
    range.app_id = "app";
    range.conv_id = "conv";
    range.limit = 10000;
    storage->submit(3, range.request());
    for (Token token = 1; token <= 5 * kTurns; token += 7) {
      const std::string id = "m" + std::to_string(token);
      Append repeat = makeMessage(id);
      repeat.dedupe = id;
      storage->submit(1000 + token, repeat);
    }
    finish(*storage, bell, results, 3);
    Append next = makeMessage("next");
    storage->submit(4, next);
    finish(*storage, bell, results, 4);
    const auto ids = [](const Result<std::vector<StoredMessage>>& messages) {
      std::vector<std::string> found;
      for (const StoredMessage& message : *messages) found.push_back(message.id);
      return found;
    };
    CHECK(ids(results.pending.at(1).messages) == expected["bob"]);
    CHECK(ids(results.pending.at(2).messages) == expected["carol"]);
    CHECK(results.history.at(3)->size() == 5 * kTurns);
    for (Token token = 1; token <= 5 * kTurns; token += 7) {
      const Appended& repeat = *results.appended.at(1000 + token);
      CHECK(repeat.duplicate);
      CHECK(repeat.id == "m" + std::to_string(token));
    }
    CHECK(results.appended.at(4)->position == last + 1);
  }
}

TEST_CASE("sqlite: tokens that are too old go a part at a time, also while nobody asks") {
  constexpr int kMessages = 5000;  // more than one part
  TemporaryFolder folder;
  Bell bell;
  RecordedResults results;
  auto storage = openOrFail(folder.path(), bell);
  for (Token token = 1; token <= kMessages; ++token) {
    const std::string id = "m" + std::to_string(token);
    Append message = makeMessage(id);
    message.dedupe = id;
    message.timestamp = token <= kMessages - 2 ? 100 : 1000;
    storage->submit(token, message);
  }
  finish(*storage, bell, results, kMessages);
  constexpr std::int64_t kDay = 24ll * 3600 * 1000;
  storage->submit(kNoToken, Expire{kDay + 500});
  // The first that are gone are kept anew, so the last one tells.
  bool known = true;
  for (Token token = kMessages + 1; known && token < 3 * kMessages; ++token) {
    Append repeat = makeMessage("again");
    const std::string last = "m" + std::to_string(kMessages - 2);
    repeat.dedupe = last;
    storage->submit(token, repeat);
    finish(*storage, bell, results, token);
    known = results.appended.at(token)->duplicate;
  }
  CHECK_FALSE(known);
  storage->close();
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(folder.file("kith.db").c_str(), &database) == SQLITE_OK);
  const auto count = [&](const char* table) {
    sqlite3_stmt* statement = nullptr;
    const std::string sql = std::string("SELECT COUNT(*) FROM ") + table;
    REQUIRE(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_step(statement) == SQLITE_ROW);
    const int found = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return found;
  };
  CHECK(count("messages") == kMessages + 1);
  CHECK(count("unfolded") == 0);
  CHECK(count("dedupe") < kMessages);
  sqlite3_close(database);
}

TEST_CASE("sqlite: many turns that wait together become few commits") {
  TemporaryFolder folder;
  Bell bell;
  RecordedResults results;
  auto storage = openOrFail(folder.path(), bell);
  for (Token token = 1; token <= 2000; ++token) {
    storage->submit(token, makeMessage("m"));
    storage->flush();
  }
  finish(*storage, bell, results, 2000);
  CHECK(storage->stats().appended == 2000);
  CHECK(storage->stats().commits < 2000);
}

TEST_CASE("sqlite: a folder that cannot be used is refused with one clear line") {
  TemporaryFolder folder;
  std::ofstream(folder.file("plain")) << "text";
  CHECK_THAT(whyNot(folder.file("plain")), Catch::Contains("plain cannot be used"));
  CHECK_THAT(whyNot(folder.file("plain/deeper")), Catch::Contains("deeper cannot be used"));
  std::filesystem::create_directory(folder.file("data"));
  std::ofstream(folder.file("data/kith.db")) << std::string(5000, 'x');
  CHECK_THAT(whyNot(folder.file("data")), Catch::Contains("not a database"));
}

TEST_CASE("sqlite: a database of a newer version is refused and left alone") {
  TemporaryFolder folder;
  Bell bell;
  openOrFail(folder.path(), bell).reset();
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(folder.file("kith.db").c_str(), &database) == SQLITE_OK);
  REQUIRE(sqlite3_exec(database, "PRAGMA user_version=99", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
  CHECK_THAT(whyNot(folder.path()),
             Catch::Contains("from a newer version") && Catch::Contains("kith.db"));
}

TEST_CASE("sqlite: a database from before the first release is refused and left alone") {
  TemporaryFolder folder;
  Bell bell;
  openOrFail(folder.path(), bell).reset();
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(folder.file("kith.db").c_str(), &database) == SQLITE_OK);
  REQUIRE(sqlite3_exec(database, "PRAGMA user_version=2", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
  CHECK_THAT(whyNot(folder.path()),
             Catch::Contains("before the first release") && Catch::Contains("kith.db"));
}

TEST_CASE("sqlite: a second storage on the same folder is refused") {
  TemporaryFolder folder;
  Bell bell;
  auto storage = openOrFail(folder.path(), bell);
  CHECK_THAT(whyNot(folder.path()), Catch::Contains("in use by another process"));
  storage.reset();
  openOrFail(folder.path(), bell);
}

TEST_CASE("sqlite: a full disk fails every change of the batch, answers its reads, and passes") {
  TemporaryFolder folder;
  Bell bell;
  RecordedResults results;
  auto storage = openOrFail(folder.path(), bell);
  const std::vector<PeerRef> away{{"bob", false}};
  Append message = makeMessage("m0");
  message.receivers = away;
  storage->submit(1, message);
  finish(*storage, bell, results, 1);
  const std::string large(3'000'000, 'x');
  {
    const testing::FileSizeLimit limit(1'000'000);
    storage->submit(kNoToken, ConfigureApp{"later", {}});
    storage->submit(2, makeMessage("m1", large));
    message.id = "m2";
    message.dedupe = "token";
    storage->submit(3, message);
    storage->submit(4, ReadPending{"app", "bob", 0, 10, 100});
    storage->submit(5, LoadGroup{"app", "g"});
    const PeerRef bob{"bob", false};
    storage->submit(10, CreateGroup{"app", "g", false, {&bob, 1}, "alice", 100});
    HistoryRange all;
    all.app_id = "app";
    storage->submit(11, all.request());
    for (const Token token : {4, 5, 10, 11}) finish(*storage, bell, results, token);
  }
  // The reads come behind the changes.
  CHECK(results.order == std::vector<Token>{1, 2, 3, 10, 4, 5, 11});
  REQUIRE_FALSE(results.appended.at(2).ok());
  CHECK(results.appended.at(2).error().code == Errc::ServerBusy);
  CHECK(results.appended.at(3).error().code == Errc::ServerBusy);
  REQUIRE(results.pending.at(4).messages.ok());
  CHECK(results.pending.at(4).messages->size() == 1);
  CHECK(results.pending.at(4).messages->at(0).id == "m0");
  REQUIRE(results.groups.at(5).ok());
  CHECK_FALSE(results.groups.at(5)->has_value());
  CHECK(results.members.at(10).error().code == Errc::ServerBusy);
  REQUIRE(results.history.at(11).ok());
  CHECK(results.history.at(11)->size() == 1);
  CHECK(results.appended.at(3).error().detail.size() > sizeof "storage: nothing was kept: ");
  // There is room again: the token of the failed turn is not known, the app of that turn is.
  storage->submit(6, message);
  message.app_id = "later";
  storage->submit(7, message);
  storage->submit(8, makeMessage("m3", large));
  storage->submit(9, ReadPending{"app", "bob", 0, 10, 100});
  finish(*storage, bell, results, 9);
  CHECK_FALSE(results.appended.at(6)->duplicate);
  CHECK(results.appended.at(7).ok());
  CHECK(results.appended.at(8).ok());
  REQUIRE(results.pending.at(9).messages->size() == 3);
  CHECK(results.pending.at(9).messages->at(1).id == "m2");
  CHECK(results.pending.at(9).messages->at(2).id == "m3");
}

TEST_CASE("sqlite: what was reported as appended survives kill -9") {
  TemporaryFolder folder;
  int channel[2];
  REQUIRE(pipe(channel) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    struct Reporter final : AnswerSink {
      void onAnswer(Answer& answer) override {
        const auto& result = std::get<Result<Appended>>(answer.value);
        if (result && write(out, &answer.token, sizeof answer.token) < 0) _exit(2);
      }
      int out{0};
    } reporter;
    reporter.out = channel[1];
    Bell bell;
    auto opened = openSqliteStorage(folder.path(), [&bell] { bell.ring(); });
    if (!opened) _exit(3);
    Storage& storage = **opened;
    storage.submit(kNoToken, ConfigureApp{"app", {}});
    for (Token token = 1;; ++token) {
      const std::string id = std::to_string(token);
      storage.submit(token, makeMessage(id));
      if (token % 16 == 0) storage.flush();
      storage.drain(reporter);
      if (token % 4096 == 0) bell.wait();
    }
  }
  close(channel[1]);
  std::set<Token> reported;
  Token token = 0;
  while (reported.size() < 5000 && read(channel[0], &token, sizeof token) == sizeof token) {
    reported.insert(token);
  }
  kill(child, SIGKILL);
  while (read(channel[0], &token, sizeof token) == sizeof token) reported.insert(token);
  close(channel[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  REQUIRE(reported.size() >= 5000);

  Bell bell;
  RecordedResults results;
  auto storage = openOrFail(folder.path(), bell);
  HistoryRange range;
  range.app_id = "app";
  range.limit = 1'000'000'000;
  storage->submit(1, range.request());
  finish(*storage, bell, results, 1);
  std::set<Token> found;
  for (const StoredMessage& message : *results.history.at(1)) found.insert(std::stoull(message.id));
  std::size_t missing = 0;
  for (Token one : reported) missing += found.count(one) == 0 ? 1u : 0u;
  CHECK(missing == 0);
  CHECK(found.size() == results.history.at(1)->size());
}

}  // namespace kith::storage
