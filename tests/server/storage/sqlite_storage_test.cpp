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
  storage->configureApp("app", {3, 1000000, 100});
  return storage;
}

NewMessage makeMessage(std::string_view id, std::string_view text = "text") {
  NewMessage message;
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
  while (results.order.empty() || results.order.back() != last) {
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
  const std::vector<ReceiverRef> away{{"bob", false}};
  Sequence last = 0;
  {
    RecordedResults results;
    auto storage = openOrFail(data, bell);
    NewMessage message = makeMessage("m1");
    message.receivers = away;
    message.dedupe = "token";
    storage->append(1, message);
    storage->createGroup(2, "app", {"g", true, {"b", "a"}}, 1);
    finish(*storage, bell, results, 2);
    last = results.appended.at(1)->sequence;
  }
  RecordedResults results;
  auto storage = openOrFail(data, bell);
  NewMessage repeat = makeMessage("m2");
  repeat.dedupe = "token";
  storage->append(1, repeat);
  const std::vector<std::string> ids{"m3", "m4", "m5"};
  for (const std::string& id : ids) {
    NewMessage message = makeMessage(id);
    message.receivers = away;
    storage->append(2, message);
  }
  storage->pending(3, "app", "bob", 0, 10, 100);
  storage->loadGroup(4, "app", "g");
  finish(*storage, bell, results, 4);
  CHECK(results.appended.at(1)->duplicate);
  CHECK(results.appended.at(1)->id == "m1");
  CHECK(results.appended.at(2)->sequence == last + 3);
  // The count of the queue was read back: m1 fell out of the three.
  REQUIRE(results.pending.at(3).messages->size() == 3);
  CHECK(results.pending.at(3).messages->front().id == "m3");
  CHECK((*results.groups.at(4))->members == std::vector<std::string>{"b", "a"});
}

TEST_CASE("sqlite: many turns that wait together become few commits") {
  TemporaryFolder folder;
  Bell bell;
  RecordedResults results;
  auto storage = openOrFail(folder.path(), bell);
  for (Token token = 1; token <= 2000; ++token) {
    storage->append(token, makeMessage("m"));
    storage->flush();
  }
  finish(*storage, bell, results, 2000);
  CHECK(storage->stats().appended == 2000);
  CHECK(storage->stats().commits < 2000);
}

TEST_CASE("sqlite: a folder that can not be used is refused with one clear line") {
  TemporaryFolder folder;
  std::ofstream(folder.file("plain")) << "text";
  CHECK_THAT(whyNot(folder.file("plain")), Catch::Contains("plain can not be used"));
  CHECK_THAT(whyNot(folder.file("plain/deeper")), Catch::Contains("deeper can not be used"));
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
  const std::vector<ReceiverRef> away{{"bob", false}};
  NewMessage message = makeMessage("m0");
  message.receivers = away;
  storage->append(1, message);
  finish(*storage, bell, results, 1);
  const std::string large(3'000'000, 'x');
  {
    const testing::FileSizeLimit limit(1'000'000);
    storage->configureApp("later", {});
    storage->append(2, makeMessage("m1", large));
    message.id = "m2";
    message.dedupe = "token";
    storage->append(3, message);
    storage->pending(4, "app", "bob", 0, 10, 100);
    storage->loadGroup(5, "app", "g");
    storage->createGroup(10, "app", {"g", false, {"bob"}}, 100);
    HistoryRange all;
    all.app_id = "app";
    storage->history(11, all);
    finish(*storage, bell, results, 11);
  }
  CHECK(results.order == std::vector<Token>{1, 2, 3, 4, 5, 10, 11});
  REQUIRE_FALSE(results.appended.at(2).ok());
  CHECK(results.appended.at(2).error().code == Errc::ServerBusy);
  CHECK(results.appended.at(3).error().code == Errc::ServerBusy);
  REQUIRE(results.pending.at(4).messages.ok());
  CHECK(results.pending.at(4).messages->size() == 1);
  CHECK(results.pending.at(4).messages->at(0).id == "m0");
  REQUIRE(results.groups.at(5).ok());
  CHECK_FALSE(results.groups.at(5)->has_value());
  CHECK(results.changed.at(10).error().code == Errc::ServerBusy);
  REQUIRE(results.history.at(11).ok());
  CHECK(results.history.at(11)->size() == 1);
  CHECK(results.appended.at(3).error().detail.size() > sizeof "storage: nothing was kept: ");
  // There is room again: the token of the failed turn is not known, the app of that turn is.
  storage->append(6, message);
  message.app_id = "later";
  storage->append(7, message);
  storage->append(8, makeMessage("m3", large));
  storage->pending(9, "app", "bob", 0, 10, 100);
  finish(*storage, bell, results, 9);
  CHECK_FALSE(results.appended.at(6)->duplicate);
  CHECK(results.appended.at(7).ok());
  CHECK(results.appended.at(8).ok());
  REQUIRE(results.pending.at(9).messages->size() == 2);
  CHECK(results.pending.at(9).messages->at(1).id == "m2");
}

TEST_CASE("sqlite: what was reported as appended survives kill -9") {
  TemporaryFolder folder;
  int channel[2];
  REQUIRE(pipe(channel) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    struct Reporter final : Results {
      void onAppended(Token token, Result<Appended> result) override {
        if (result && write(out, &token, sizeof token) < 0) _exit(2);
      }
      void onPending(Token, Result<std::vector<StoredMessage>>, bool) override {}
      void onGroup(Token, Result<std::optional<GroupRecord>>) override {}
      void onChanged(Token, Result<void>) override {}
      void onHistory(Token, Result<std::vector<StoredMessage>>) override {}
      int out{0};
    } reporter;
    reporter.out = channel[1];
    Bell bell;
    auto opened = openSqliteStorage(folder.path(), [&bell] { bell.ring(); });
    if (!opened) _exit(3);
    Storage& storage = **opened;
    storage.configureApp("app", {});
    for (Token token = 1;; ++token) {
      const std::string id = std::to_string(token);
      storage.append(token, makeMessage(id));
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
  storage->history(1, range);
  finish(*storage, bell, results, 1);
  std::set<Token> found;
  for (const StoredMessage& message : *results.history.at(1)) found.insert(std::stoull(message.id));
  std::size_t missing = 0;
  for (Token one : reported) missing += found.count(one) == 0 ? 1u : 0u;
  CHECK(missing == 0);
  CHECK(found.size() == results.history.at(1)->size());
}

}  // namespace kith::storage
