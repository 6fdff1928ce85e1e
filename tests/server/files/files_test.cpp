// SPDX-License-Identifier: Apache-2.0
// A folder of files: what is kept, what is not, and what is counted.
#include "server/files/files.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "server/files/files_bench.hpp"
#include "support/file_size_limit.hpp"

namespace kith::files {
namespace {

constexpr std::string_view kAbc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

unsigned modeOf(const fs::path& path) {
  struct stat about {};
  REQUIRE(lstat(path.c_str(), &about) == 0);
  return about.st_mode & 07777u;
}

}  // namespace

TEST_CASE("files: bytes that came in pieces are there, whole and in ranges, also after a restart") {
  FilesBench bench;
  auto upload = bench.files->begin("app", kId, {3, kAbc});
  REQUIRE(upload);
  for (const char* piece : {"a", "", "bc"}) REQUIRE((*upload)->write(piece));
  CHECK_FALSE(bench.files->open("app", kId));
  const auto written = (*upload)->finish();
  REQUIRE(written);
  CHECK(written->bytes == 3);
  CHECK(written->sha256 == kAbc);
  CHECK_FALSE((*upload)->write("d"));
  CHECK_FALSE((*upload)->finish());
  for (int round = 0; round < 2; ++round) {
    CHECK(bench.get(kId) == "abc");
    CHECK(bench.files->stat("app", kId)->bytes == 3);
    const auto file = bench.files->open("app", kId);
    std::string part;
    CHECK(file->read(1, 1, part));
    CHECK(part == "b");
    CHECK_FALSE(file->read(3, 1, part));
    CHECK(bench.list() == std::vector<std::string>{std::string(kId)});
    CHECK(bench.used() == 3);
    CHECK(bench.incoming() == 0);
    upload->reset();
    bench.open();
  }
}

TEST_CASE("files: only this user may look into the folder") {
  FilesBench bench;
  const mode_t before = umask(0);
  REQUIRE(bench.put(kId, "abc"));
  umask(before);
  CHECK(modeOf(bench.path()) == 0700);
  CHECK(modeOf(bench.place(kId)) == 0600);
  CHECK(modeOf(bench.place(kId).parent_path()) == 0700);
  CHECK(modeOf(bench.place(kId).parent_path().parent_path()) == 0700);
}

TEST_CASE("files: an upload that is given up leaves nothing") {
  FilesBench bench;
  {
    auto upload = bench.files->begin("app", kId, {});
    REQUIRE((*upload)->write("half of it"));
    CHECK(bench.incoming() == 1);
    CHECK(bench.used() == 10);
  }
  CHECK(bench.incoming() == 0);
  CHECK(bench.used() == 0);
  CHECK(bench.files->stat("app", kId).error().server_code == kNoSuchFile);
  CHECK(bench.put(kId, "abc"));
}

TEST_CASE("files: a crash leaves what was kept, and nothing of what was on its way") {
  FilesBench bench;
  bench.files.reset();
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto opened = openFileFolder(bench.path(), {});
    if (!opened) _exit(3);
    auto first = (*opened)->begin("app", "aa00", {});
    if (!first || !(*first)->write("kept") || !(*first)->finish()) _exit(4);
    auto second = (*opened)->begin("app", "bb00", {});
    if (!second || !(*second)->write(std::string(100'000, 'x'))) _exit(5);
    raise(SIGKILL);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  CHECK(bench.incoming() == 1);
  bench.open();
  CHECK(bench.incoming() == 0);
  CHECK(bench.list() == std::vector<std::string>{"aa00"});
  CHECK(bench.get("aa00") == "kept");
  CHECK(bench.used() == 4);
}

TEST_CASE("files: a full disk refuses a file, keeps nothing of it, and passes") {
  FilesBench bench;
  {
    const testing::FileSizeLimit limit(100'000);
    auto upload = bench.files->begin("app", kId, {});
    REQUIRE((*upload)->write(std::string(50'000, 'x')));
    const auto full = (*upload)->write(std::string(100'000, 'x'));
    REQUIRE_FALSE(full);
    CHECK(full.error().code == Errc::ServerBusy);
    CHECK_FALSE((*upload)->write("more"));
    CHECK((*upload)->finish().error() == full.error());
  }
  CHECK(bench.incoming() == 0);
  CHECK(bench.used() == 0);
  CHECK(bench.put(kId, std::string(150'000, 'x')));
}

TEST_CASE("files: what is not as it was announced is refused and not kept") {
  FilesBench bench;
  const auto check = [&](const UploadPlan& plan, std::string_view bytes) {
    CAPTURE(plan.bytes, plan.sha256, bytes);
    const auto refused = bench.put(kId, bytes, plan);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::Rejected);
    CHECK(refused.error().server_code == kFileDamaged);
    CHECK_FALSE(bench.files->stat("app", kId));
    CHECK(bench.used() == 0);
    CHECK(bench.incoming() == 0);
  };
  check({3, kAbc}, "abd");
  check({0, kAbc}, "ab");
  check({0, "no digest"}, "abc");
  check({4, {}}, "abc");
  check({2, {}}, "abc");
  CHECK(bench.put(kId, "abc", {3, kAbc}));
}

TEST_CASE("files: one file and all of an app have a limit, and removing makes room") {
  FileLimits limits;
  limits.file_bytes = 100;
  limits.app_bytes = 250;
  FilesBench bench(limits);
  CHECK(bench.put("aa00", std::string(100, 'a')));
  const auto large = bench.put("bb00", std::string(101, 'a'));
  CHECK(large.error().server_code == kFileTooLarge);
  CHECK(bench.files->begin("app", "bb00", {101, {}}).error().server_code == kFileTooLarge);
  CHECK(bench.put("bb00", std::string(100, 'b')));
  // 50 are left, for those on their way together.
  CHECK(bench.files->begin("app", "cc00", {51, {}}).error().server_code == kQuotaExceeded);
  auto one = bench.files->begin("app", "cc00", {});
  auto other = bench.files->begin("app", "dd00", {});
  CHECK((*one)->write(std::string(30, 'c')));
  const auto beyond = (*other)->write(std::string(30, 'd'));
  REQUIRE_FALSE(beyond);
  CHECK(beyond.error().code == Errc::Rejected);
  CHECK(beyond.error().server_code == kQuotaExceeded);
  CHECK((*one)->finish());
  CHECK(bench.put("aa00", "x", {}, "another"));  // each app has its own
  CHECK(bench.files->remove("app", "aa00"));
  CHECK(bench.used() == 130);
  CHECK(bench.put("ee00", std::string(100, 'e')));
  one->reset();
  other->reset();
  bench.open(limits);
  CHECK(bench.used() == 230);
}

TEST_CASE("files: an id is used once, and whose upload ends first has it") {
  FilesBench bench;
  auto one = bench.files->begin("app", kId, {});
  auto other = bench.files->begin("app", kId, {});
  REQUIRE((*one)->write("one"));
  REQUIRE((*other)->write("other"));
  CHECK((*other)->finish());
  const auto late = (*one)->finish();
  REQUIRE_FALSE(late);
  CHECK(late.error().server_code == kFileExists);
  one->reset();
  CHECK(bench.get(kId) == "other");
  CHECK(bench.used() == 5);
  CHECK(bench.files->begin("app", kId, {}).error().server_code == kFileExists);
}

TEST_CASE("files: one that is open is read to its end while it is removed") {
  FilesBench bench;
  REQUIRE(bench.put(kId, "abc"));
  const auto file = bench.files->open("app", kId);
  CHECK(bench.files->remove("app", kId));
  CHECK(bench.files->remove("app", kId).error().server_code == kNoSuchFile);
  CHECK_FALSE(bench.files->open("app", kId));
  std::string bytes;
  CHECK(file->read(0, 10, bytes));
  CHECK(bytes == "abc");
  CHECK(bench.list().empty());
  CHECK(bench.used() == 0);
}

TEST_CASE("files: so many are on their way and no more") {
  FileLimits limits;
  limits.uploads = 2;
  FilesBench bench(limits);
  auto one = bench.files->begin("app", "aa00", {});
  auto two = bench.files->begin("app", "bb00", {});
  const auto three = bench.files->begin("app", "cc00", {});
  REQUIRE_FALSE(three);
  CHECK(three.error().code == Errc::ServerBusy);
  one->reset();
  CHECK(bench.files->begin("app", "cc00", {}));
}

TEST_CASE("files: ten thousand are listed page by page, each once, and counted at a start") {
  FilesBench bench;
  std::set<std::string> expected;
  for (int i = 0; i < 10'000; ++i) {
    // As they lie there: to make them safe one by one would take the disk's time.
    const std::string id = "54753e1ee4b0b41b21" + std::to_string(100'000 + i * 7);
    fs::create_directories(bench.place(id).parent_path());
    std::ofstream(bench.place(id)) << i % 10;
    expected.insert(id);
  }
  bench.open();
  CHECK(bench.used() == 10'000);
  std::set<std::string> found;
  std::string after;
  int pages = 0;
  for (bool complete = false; !complete && pages < 100; ++pages) {
    const auto page = bench.files->list("app", after, 999);
    REQUIRE(page);
    complete = page->complete;
    REQUIRE(page->files.size() <= 999);
    for (const FileInfo& file : page->files) {
      CHECK(file.bytes == 1);
      CHECK(found.insert(file.id).second);
    }
    if (!page->files.empty()) after = page->files.back().id;
  }
  CHECK(pages == 11);
  CHECK(found == expected);
  CHECK(bench.files->list("app", {}, 100'000)->files.size() == kListedFiles);
  CHECK(bench.files->list("another", {}, 10)->complete);
}

TEST_CASE("files: threads put, read, list and remove at the same time, and the sum is right") {
  FilesBench bench;
  constexpr int kThreads = 4;
  constexpr int kEach = 20;
  std::vector<std::thread> threads;
  std::vector<int> failures(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const std::string id = "id" + std::to_string(t) + "x" + std::to_string(10 + i);
        auto upload = bench.files->begin("app", id, {});
        const bool kept = upload && (*upload)->write("abcd") && (*upload)->finish();
        const bool found = bench.files->open("app", id).ok() && bench.files->list("app", {}, 9);
        const bool removed = i % 2 == 0 || bench.files->remove("app", id).ok();
        if (!kept || !found || !removed) ++failures[static_cast<std::size_t>(t)];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == std::vector<int>(kThreads, 0));
  CHECK(bench.used() == 4 * kThreads * kEach / 2);
  CHECK(bench.list().size() == kThreads * kEach / 2);
}

}  // namespace kith::files
