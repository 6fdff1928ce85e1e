// SPDX-License-Identifier: Apache-2.0
// Which users may read the data, and which tricks with links do not work.
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

#include "server/storage/storage.hpp"
#include "support/storage_results.hpp"
#include "support/temporary_folder.hpp"

namespace kith::storage {
namespace {

namespace fs = std::filesystem;

/// What others would get without our care.
class Umask {
 public:
  explicit Umask(mode_t mask) : before_(::umask(mask)) {}
  ~Umask() { ::umask(before_); }
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;

 private:
  mode_t before_;
};

unsigned modeOf(const std::string& path) {
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  return found.st_mode & 0777u;
}

/// Empty when it opened.
std::string open(const std::string& folder) {
  const auto opened = openSqliteStorage(folder, [] {});
  return opened ? "" : opened.error().detail;
}

TEST_CASE("data folder: the folder and every file in it are for their owner alone") {
  const Umask nothing_hidden(0);
  TemporaryFolder folder;
  const std::string data = folder.file("deep/data");
  const std::string slash = GENERATE("", "/");
  const auto storage = openSqliteStorage(data + slash, [] {});
  REQUIRE(storage.ok());
  CHECK(modeOf(data) == 0700);
  int files = 0;
  for (const auto& entry : fs::directory_iterator(data)) {
    CAPTURE(entry.path());
    CHECK(modeOf(entry.path()) == 0600);
    ++files;
  }
  CHECK(files >= 2);  // the database and its log
}

TEST_CASE("data folder: what is there already keeps the mode that its owner gave it") {
  TemporaryFolder folder;
  const std::string data = folder.file("data");
  REQUIRE(open(data).empty());
  REQUIRE(::chmod(data.c_str(), 0750) == 0);
  REQUIRE(::chmod((data + "/kith.db").c_str(), 0640) == 0);
  REQUIRE(open(data).empty());
  CHECK(modeOf(data) == 0750);
  CHECK(modeOf(data + "/kith.db") == 0640);
}

TEST_CASE(
    "data folder: a database that is a link to another file is refused, the other left alone") {
  TemporaryFolder folder;
  const std::string data = folder.file("data");
  const std::string other = folder.file("other");
  fs::create_directory(data);
  SECTION("to a file") { std::ofstream(other) << "precious"; }
  SECTION("to nothing") {}
  fs::create_symlink(other, data + "/kith.db");
  const bool was = fs::exists(other);
  CHECK_THAT(open(data), Catch::Contains("kith.db cannot be used: it is a link or no file"));
  CHECK(fs::exists(other) == was);
  if (was) CHECK(fs::file_size(other) == 8);
}

TEST_CASE("data folder: a database that is a folder or a pipe is refused and does not block") {
  TemporaryFolder folder;
  const std::string database = folder.file("kith.db");
  SECTION("a folder") { fs::create_directory(database); }
  SECTION("a pipe") { REQUIRE(::mkfifo(database.c_str(), 0600) == 0); }
  CHECK_THAT(open(folder.path()), Catch::Contains("it is a link or no file"));
}

TEST_CASE("data folder: the folder itself may be reached through a link") {
  TemporaryFolder folder;
  fs::create_directory(folder.file("real"));
  fs::create_directory_symlink(folder.file("real"), folder.file("link"));
  CHECK(open(folder.file("link")).empty());
  CHECK(fs::exists(folder.file("real") + "/kith.db"));
}

TEST_CASE("data folder: ids are never file names") {
  TemporaryFolder folder;
  const std::string data = folder.file("data");
  RecordedResults results;
  {
    Bell bell;
    auto opened = openSqliteStorage(data, [&bell] { bell.ring(); });
    REQUIRE(opened.ok());
    auto storage = std::move(opened).value();
    storage->submit(kNoToken, ConfigureApp{"../../app", {3, 1000000, 100}});
    Append message;
    message.app_id = "../../app";
    message.id = "../../../id";
    message.from = "'; DROP TABLE messages; --";
    message.conv_id = "../../conv";
    message.text = "text";
    message.timestamp = 100;
    storage->submit(1, message);
    storage->flush();
    while (results.order.empty()) {
      if (storage->drain(results) == 0) REQUIRE(bell.wait());
    }
    HistoryRange range;
    range.app_id = "../../app";
    range.conv_id = "../../conv";
    range.limit = 10;
    storage->submit(2, range.request());
    storage->flush();
    while (results.order.size() < 2) {
      if (storage->drain(results) == 0) REQUIRE(bell.wait());
    }
  }
  REQUIRE(results.history.at(2).ok());
  REQUIRE(results.history.at(2)->size() == 1);
  CHECK(results.history.at(2)->front().from == "'; DROP TABLE messages; --");
  for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
    const std::string name = entry.path().filename().string();
    CAPTURE(name);
    CHECK((name == "data" || name.rfind("kith.db", 0) == 0));
  }
  REQUIRE(open(data).empty());  // no table was dropped
}

}  // namespace
}  // namespace kith::storage
