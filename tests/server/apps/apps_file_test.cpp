// SPDX-License-Identifier: Apache-2.0
#include "server/apps/apps_file.hpp"

#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace kith::apps {
namespace {

namespace fs = std::filesystem;

AppsFile in(const testing::TemporaryFolder& folder) {
  auto file = AppsFile::in(folder.path());
  REQUIRE(file.ok());
  return std::move(file).value();
}

mode_t modeOf(const std::string& path) {
  struct stat there {};
  REQUIRE(::stat(path.c_str(), &there) == 0);
  return there.st_mode & 0777;
}

}  // namespace

TEST_CASE("apps file: what was written last is read, and it is for its owner alone") {
  const testing::TemporaryFolder folder;
  const AppsFile file = in(folder);
  CHECK(file.read().value().empty());
  REQUIRE(file.write("first, and longer").ok());
  // What a process left behind that died in the middle.
  std::ofstream(file.path() + ".new") << "half of the next one, which was long, too";
  REQUIRE(::chmod((file.path() + ".new").c_str(), 0644) == 0);
  const mode_t before = ::umask(0);
  REQUIRE(file.write("second").ok());
  ::umask(before);
  CHECK(file.read().value() == "second");
  CHECK(modeOf(file.path()) == 0600);
  CHECK_FALSE(fs::exists(file.path() + ".new"));
}

TEST_CASE("apps file: a write that fails leaves what was there") {
  const testing::TemporaryFolder folder;
  const AppsFile file = in(folder);
  REQUIRE(file.write("first").ok());
  fs::create_directory(file.path() + ".new");
  const auto written = file.write("second");
  REQUIRE_FALSE(written.ok());
  CHECK_THAT(written.error().detail, Catch::Contains("apps.json cannot be used: Is a directory"));
  CHECK(file.read().value() == "first");
}

TEST_CASE("apps file: a link, a folder and a file that is too long are refused") {
  const testing::TemporaryFolder folder;
  const AppsFile file = in(folder);
  std::ofstream(folder.file("elsewhere")) << "theirs";
  fs::create_symlink(folder.file("elsewhere"), file.path());
  CHECK_THAT(file.read().error().detail, Catch::Contains("apps.json cannot be used: it is a link"));
  fs::remove(file.path());
  fs::create_directory(file.path());
  CHECK_THAT(file.read().error().detail, Catch::Contains("apps.json cannot be used"));
  fs::remove(file.path());
  REQUIRE(file.write("").ok());
  REQUIRE(::truncate(file.path().c_str(), (16 << 20) + 1) == 0);
  CHECK_THAT(file.read().error().detail, Catch::Contains("longer than 16 MiB"));
  CHECK_FALSE(AppsFile::in(folder.file("missing")).ok());
}

TEST_CASE("apps file: it is found after the process went to another folder") {
  const testing::TemporaryFolder folder;
  const std::string before = fs::current_path();
  fs::current_path(fs::path(folder.path()).parent_path());
  const auto file = AppsFile::in(fs::path(folder.path()).filename());
  fs::current_path(before);
  REQUIRE(file.ok());
  REQUIRE(file->write("text").ok());
  CHECK(fs::exists(folder.file("apps.json")));
}

}  // namespace kith::apps
