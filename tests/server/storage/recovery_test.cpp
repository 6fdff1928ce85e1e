// SPDX-License-Identifier: Apache-2.0
// What the storage on disk has to know anew: after a crash, and after a transaction that failed.
#include <filesystem>

#include "server/storage/storage_bench.hpp"
#include "support/file_size_limit.hpp"

namespace kith::storage {

TEST_CASE("sqlite: after a crash, what was acknowledged does not count against the limit") {
  constexpr AppLimits kThree{3, 1'000'000, 3};
  Bench bench(Kind::Sqlite);
  bench.storage->submit(kNoToken, ConfigureApp{"app", kThree});
  const PeerRef bob = GENERATE(kBobAway, kBobHere);
  std::vector<Token> tokens;
  for (const char* id : {"m1", "m2", "m3"}) tokens.push_back(bench.append(id, 100, {&bob, 1}));
  bench.acknowledge("bob", {tokens[0], tokens[1]});
  CHECK(bench.pendingIds("bob") == Ids{"m3"});

  TemporaryFolder crashed;
  for (const char* name : {"kith.db", "kith.db-wal"}) {
    std::filesystem::copy_file(bench.folder.file(name), crashed.file(name));
  }
  bench.storage = std::move(openSqliteStorage(crashed.path(), [&] { bench.bell.ring(); })).value();
  bench.storage->submit(kNoToken, ConfigureApp{"app", kThree});
  bench.append("m4", 100, {&bob, 1});
  bench.append("m5", 100, {&bob, 1});
  CHECK(bench.firstIds("bob") == Ids{"m3", "m4", "m5"});
  bench.append("m6", 100, {&bob, 1});
  CHECK(bench.firstIds("bob") == Ids{"m4", "m5", "m6"});
  bench.storage.reset();
}

TEST_CASE("sqlite: who was new in a batch that failed is new again") {
  Bench bench(Kind::Sqlite);
  constexpr PeerRef kYan{"yan", false};
  constexpr PeerRef kNick{"nick", false};
  const auto send = [&](std::string_view id, std::string_view from, const PeerRef& to,
                        std::string_view conversation, std::string_view text) {
    Append message = Bench::make(id, 100, text);
    message.from = from;
    message.conv_id = conversation;
    message.receivers = {&to, 1};
    return bench.append(message);
  };
  send("m1", "alice", kBobAway, "conv", "text");
  bench.finish();
  {
    const testing::FileSizeLimit limit(1'000'000);
    const std::string large(3'000'000, 'x');
    const Token failed = send("m2", "zoe", kYan, "zoe and yan", large);
    bench.finish();
    REQUIRE_FALSE(bench.results.appended.at(failed).ok());
  }
  // They get the rows that the failed batch had given away.
  send("m3", "mia", kNick, "mia and nick", "text");
  send("m4", "zoe", kYan, "zoe and yan", "text");
  for (int round = 0; round < 2; ++round) {
    CHECK(bench.pendingIds("yan") == Ids{"m4"});
    CHECK(bench.pendingIds("nick") == Ids{"m3"});
    HistoryRange range;
    range.conv_id = "zoe and yan";
    CHECK(bench.historyIds(range) == Ids{"m4"});
    range = {};
    range.from = "zoe";
    CHECK(bench.historyIds(range) == Ids{"m4"});
    bench.storage.reset();
    bench.open();
    bench.storage->submit(kNoToken, ConfigureApp{"app", {}});
  }
}

TEST_CASE("sqlite: what a full disk could not note of a peer's coming and going is noted later") {
  Bench bench(Kind::Sqlite);
  bench.tell(ConfigureApp{"app", {3, 1'000'000, 100}});
  bench.append("here", 100, {&kBobHere, 1}, std::string(2'000'000, 'x'));
  bench.finish();
  {
    // The log is longer than that already, so nothing at all can be written.
    const testing::FileSizeLimit limit(1'000'000);
    bench.goes("bob");
    const Token failed = bench.append("lost", 100, {&kBobAway, 1});
    bench.finish();
    REQUIRE_FALSE(bench.results.appended.at(failed).ok());
  }
  for (const char* id : {"a1", "a2", "a3", "a4", "a5"}) bench.append(id, 100, {&kBobAway, 1});
  bench.comes("bob");
  // The long one is a page of its own.
  const RecordedPending first = bench.firstPage("bob");
  CHECK(Bench::ids(*first.messages) == Ids{"here"});
  bench.tell(Acknowledge{"app", "bob", first.left_out, true});
  const Token rest = bench.pending("bob", first.messages->back().position);
  bench.finish();
  CHECK(Bench::ids(*bench.results.pending.at(rest).messages) == Ids{"a3", "a4", "a5"});
}

TEST_CASE("sqlite: one who comes back into a group is in it at once, in the table, too") {
  Bench bench(Kind::Sqlite);
  bench.create("g", false, {"bob"});
  bench.remove("g", {"bob"});
  bench.tell(Expire{0});  // brings the tables up to date
  bench.add("g", {"bob"});
  FindObjects groups;
  groups.app_id = "app";
  groups.class_name = "AVOSRealtimeGroups";
  groups.where = R"({"m":"bob"})";
  groups.limit = 10;
  groups.master = true;
  const Token found = bench.ask(groups);
  bench.finish();
  REQUIRE(bench.results.found.at(found).ok());
  CHECK(bench.results.found.at(found)->objects.size() == 1);
}

}  // namespace kith::storage
