// SPDX-License-Identifier: Apache-2.0
// A folder of files among ids, links and names that were made to break out of it.
#include <fstream>
#include <sys/stat.h>

#include "server/files/files_bench.hpp"

namespace kith::files {

TEST_CASE("files: an id that could be anything but a name is refused everywhere") {
  FilesBench bench;
  for (const std::string& id :
       {std::string(), std::string("a"), std::string(".."), std::string("../aa"),
        std::string("aa/bb"), std::string("/etc/passwd"), std::string("AA"), std::string("aa.txt"),
        std::string("aa\0bb", 5), std::string("aa\n"), std::string("\xc3\xa4\xc3\xa4"),
        std::string(kLongestId + 1, 'a'), std::string(100'000, 'a')}) {
    CAPTURE(id.substr(0, 50));
    const auto begin = bench.files->begin("app", id, {});
    REQUIRE_FALSE(begin);
    CHECK(begin.error().code == Errc::InvalidArgument);
    CHECK(begin.error().detail.size() < 300);
    CHECK(begin.error().detail.find('\n') == std::string::npos);
    CHECK(bench.files->open("app", id).error().code == Errc::InvalidArgument);
    CHECK(bench.files->stat("app", id).error().code == Errc::InvalidArgument);
    CHECK(bench.files->remove("app", id).error().code == Errc::InvalidArgument);
    if (!id.empty()) {
      CHECK(bench.files->list("app", id, 1).error().code == Errc::InvalidArgument);
    }
  }
  CHECK(bench.put(std::string(kLongestId, 'a'), "x"));
  CHECK(bench.put("a0", "x"));
}

TEST_CASE("files: whatever an app is called, its files lie in a folder of their own") {
  FilesBench bench;
  const std::vector<std::string> apps{"app",
                                      "../app",
                                      "/",
                                      "..",
                                      ".",
                                      "a/b",
                                      "APP",
                                      std::string("a\0b", 3),
                                      "\xe5\xb0\x8f",
                                      "*",
                                      "incoming",
                                      std::string(kAppBytes, 'x')};
  for (const std::string& app : apps) {
    CAPTURE(app);
    CHECK(bench.put(kId, app, {}, app));
  }
  for (const std::string& app : apps) {
    CAPTURE(app);
    CHECK(bench.get(kId, app) == app);
    CHECK(*bench.files->usedBytes(app) == app.size());
  }
  const auto inside = fs::directory_iterator(bench.folder.path());
  CHECK(std::distance(inside, fs::directory_iterator()) == 2);  // the folder and its lock
  for (const std::string& app : {std::string(), std::string(kAppBytes + 1, 'x')}) {
    CHECK(bench.put(kId, "x", {}, app).error().code == Errc::InvalidArgument);
    CHECK(bench.files->usedBytes(app).error().code == Errc::InvalidArgument);
    CHECK(bench.files->list(app, {}, 1).error().code == Errc::InvalidArgument);
  }
}

TEST_CASE("files: no link is followed, wherever it lies") {
  FilesBench bench;
  const fs::path secret = bench.folder.file("secret");
  std::ofstream(secret) << "secret";
  REQUIRE(bench.put("aa00", "x"));

  SECTION("in the place of a file") {
    fs::create_symlink(secret, bench.place("bb00"));
    CHECK(bench.files->open("app", "bb00").error().server_code == kNoSuchFile);
    CHECK(bench.put("bb00", "y").error().server_code == kFileExists);
    CHECK(bench.used() == 1);
    CHECK(bench.files->remove("app", "bb00").error().server_code == kNoSuchFile);
  }
  SECTION("in the place of a part, or of an app's folder") {
    const fs::path outside = bench.folder.file("outside");
    fs::create_directory(outside);
    std::ofstream(outside / "bb11") << "secret";
    fs::create_directory_symlink(outside, bench.place("bb11").parent_path());
    fs::create_directory_symlink(outside, fs::path(bench.path()) / "62");
    CHECK_FALSE(bench.files->open("app", "bb11"));
    CHECK_FALSE(bench.put("cc11", "y"));
    CHECK_FALSE(bench.put("cc22", "y", {}, "b"));
    CHECK_FALSE(bench.files->list("b", {}, 10));
    CHECK(std::distance(fs::directory_iterator(outside), fs::directory_iterator()) == 1);
  }
  SECTION("in the place of the whole folder, or of what is on its way") {
    bench.files.reset();
    const fs::path moved = bench.folder.file("moved");
    fs::rename(bench.path(), moved);
    fs::create_directory_symlink(moved, bench.path());
    const auto refused = openFileFolder(bench.path(), {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::InvalidArgument);
    CHECK_THAT(refused.error().detail, Catch::Contains("it is a link"));
    fs::remove(bench.path());
    fs::rename(moved, bench.path());
    fs::remove(fs::path(bench.path()) / "incoming");
    fs::create_directory_symlink(bench.folder.path(), fs::path(bench.path()) / "incoming");
    CHECK_FALSE(openFileFolder(bench.path(), {}));
  }
  std::ifstream still(secret);
  std::string text;
  still >> text;
  CHECK(text == "secret");
}

TEST_CASE("files: what is no file of ours is not listed, counted, or opened") {
  FilesBench bench;
  REQUIRE(bench.put("aa00", "x"));
  const fs::path part = bench.place("aa00").parent_path();
  std::ofstream(part / "notes.txt") << "somebody's";
  std::ofstream(part / "aa11") << "of another part";
  std::ofstream(part.parent_path() / "stray") << "x";
  fs::create_directory(part.parent_path() / "lost+found");
  fs::create_directory(part / "dd00");
  REQUIRE(mkfifo((part / "ee00").c_str(), 0600) == 0);
  bench.open();
  CHECK(bench.used() == 1);
  CHECK(bench.list() == std::vector<std::string>{"aa00"});
  for (const char* id : {"dd00", "ee00", "aa11"}) {
    CAPTURE(id);
    CHECK(bench.files->open("app", id).error().server_code == kNoSuchFile);
  }
}

TEST_CASE("files: a folder that cannot be used is refused with one clear line") {
  FilesBench bench;
  const auto second = openFileFolder(bench.path(), {});
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Errc::InvalidArgument);
  CHECK_THAT(second.error().detail, Catch::Contains("in use by another process"));
  const std::string plain = bench.folder.file("plain");
  std::ofstream(plain) << "x";
  for (const std::string& bad :
       {plain, bench.folder.file("no/such"), std::string(), bench.folder.file("x/")}) {
    CAPTURE(bad);
    const auto refused = openFileFolder(bad, {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::InvalidArgument);
    CHECK_THAT(refused.error().detail, Catch::StartsWith("files: "));
  }
}

}  // namespace kith::files
