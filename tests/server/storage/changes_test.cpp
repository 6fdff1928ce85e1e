// SPDX-License-Identifier: Apache-2.0
// What happened to the conversations of a peer since a time.
#include <string>
#include <vector>

#include "server/storage/storage_bench.hpp"

namespace kith::storage {
namespace {

struct ChangesBench : Bench {
  using Bench::Bench;

  ChangesPage changes(std::string_view peer, std::int64_t after = 0, int limit = 100) {
    const Token asked = ask(ReadChanges{"app", peer, after, limit});
    finish();
    return *results.changes.at(asked);
  }
  /// Each as its conversation, kind, time, and what it names.
  Ids read(std::string_view peer, std::int64_t after = 0, int limit = 100) {
    const ChangesPage page = changes(peer, after, limit);
    CHECK(page.all_seen);
    Ids all;
    for (const StoredMessage& row : page.changes) {
      const char* const kinds[] = {"said", "joined", "left", "updated"};
      std::string text = row.conv_id + ' ' + kinds[static_cast<int>(row.row)] + ' ' +
                         std::to_string(row.timestamp);
      for (const std::string& name : row.addressed) text += ' ' + name;
      all.push_back(text + (row.text.empty() ? "" : " " + row.text));
    }
    return all;
  }
  void update(std::string_view group, std::string_view text, std::int64_t now) {
    ask(NoteUpdate{"app", group, "alice", text, now});
  }
};

}  // namespace

TEST_CASE("changes: a peer is told of what happened in its groups while it was inside") {
  ChangesBench bench(anyKind());
  bench.create("g", false, {"alice", "bob"});
  bench.add("g", {"carol"}, 100);
  bench.appendTo("g", "m1", 150);
  bench.update("g", R"({"name":"x"})", 200);
  bench.remove("g", {"bob"}, 300);
  bench.update("g", R"({"name":"y"})", 400);
  CHECK(bench.read("bob") == Ids{"g joined 1 alice bob", "g joined 100 carol",
                                 R"(g updated 200 {"name":"x"})", "g left 300 bob"});
  CHECK(bench.read("bob", 100) == Ids{R"(g updated 200 {"name":"x"})", "g left 300 bob"});
  CHECK(bench.read("bob", 300).empty());
  CHECK(bench.read("carol", 1) == Ids{"g joined 100 carol", R"(g updated 200 {"name":"x"})",
                                      "g left 300 bob", R"(g updated 400 {"name":"y"})"});
  CHECK(bench.read("nobody").empty());
  // One that comes back is told from there on.
  bench.add("g", {"bob"}, 500);
  CHECK(bench.read("bob", 100) == Ids{"g joined 500 bob"});
}

TEST_CASE("changes: those of all groups are in the order of their times, and come in pages") {
  ChangesBench bench(anyKind());
  bench.create("g1", false, {"alice", "bob"});
  bench.create("g2", false, {"alice", "bob"});
  bench.create("room", true, {});
  for (int i = 1; i <= 3; ++i) {
    bench.update("g1", "{}", 100 * i);
    bench.update("g2", "{}", 100 * i + 50);
  }
  CHECK(bench.read("bob", 1) == Ids{"g1 updated 100 {}", "g2 updated 150 {}", "g1 updated 200 {}",
                                    "g2 updated 250 {}", "g1 updated 300 {}", "g2 updated 350 {}"});
  CHECK(bench.read("bob", 1, 2) == Ids{"g1 updated 100 {}", "g2 updated 150 {}"});
  CHECK_FALSE(bench.changes("bob", 1, 2).complete);
  CHECK(bench.read("bob", 250, 2) == Ids{"g1 updated 300 {}", "g2 updated 350 {}"});
  CHECK(bench.changes("bob", 250, 2).complete);
  CHECK(bench.read("bob", 1, 0).empty());
  CHECK_FALSE(bench.changes("bob", 1, 0).complete);
}

TEST_CASE("changes: a page has all that have the time of its last one") {
  ChangesBench bench(anyKind());
  bench.create("g", false, {"alice", "bob"});
  for (const char* text : {"a", "b", "c"}) bench.update("g", text, 100);
  bench.update("g", "d", 101);
  CHECK(bench.read("bob", 1, 1) == Ids{"g updated 100 a", "g updated 100 b", "g updated 100 c"});
  CHECK(bench.read("bob", 100, 1) == Ids{"g updated 101 d"});
}

TEST_CASE("changes: of more rows than are looked at some are missing, and that is said") {
  ChangesBench bench(anyKind());
  bench.create("g", false, {"alice", "bob"});
  bench.update("g", "old", 10);
  for (std::size_t i = 0; i + 1 < kChangeRows; ++i) bench.appendTo("g", "m", 100);
  bench.update("g", "new", 200);
  CHECK(bench.changes("bob", 10).all_seen);
  const ChangesPage page = bench.changes("bob", 1);
  CHECK_FALSE(page.all_seen);
  REQUIRE(page.changes.size() == 1);
  CHECK(page.changes.front().text == "new");
}

}  // namespace kith::storage
