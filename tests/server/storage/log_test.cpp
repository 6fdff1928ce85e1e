// SPDX-License-Identifier: Apache-2.0
// A conversation's log, read from any place in either direction, and how far its members have read
// it. One suite for both storages.
#include <random>

#include "server/storage/storage_bench.hpp"

namespace kith::storage {
namespace {

/// Joined(1), m2@100, m3@100, Updated(4)@110, m5@110, m6@110 deleted, m7@120, Left(8)@130.
class Logged : public Bench {
 public:
  explicit Logged(Kind kind) : Bench(kind) {
    create("g", false, {"alice", "bob", "carol"});
    appendTo("g", "m2", 100);
    appendTo("g", "m3", 100, "bob");
    ask(NoteUpdate{"app", "g", "alice", "name", 110});
    appendTo("g", "m5", 110);
    appendTo("g", "m6", 110);
    appendTo("g", "m7", 120);
    remove("g", {"carol"}, 130);
    ask(DeleteMessage{"app", "g", "m6", 110});
    finish();
  }
  std::vector<Seq> seqs(ReadLog range) {
    range.conv_id = "g";
    std::vector<Seq> all;
    for (const StoredMessage& row : log(range)) all.push_back(row.seq);
    return all;
  }
};

using Seqs = std::vector<Seq>;

ReadLog whole(bool forward, bool changes = false) {
  ReadLog range;
  range.forward = forward;
  range.with_changes = changes;
  return range;
}
ReadLog fromSeq(Seq seq, bool forward, bool exclusive = false, bool changes = false) {
  ReadLog range = whole(forward, changes);
  range.from_seq = seq;
  range.exclusive = exclusive;
  return range;
}
ReadLog fromTime(std::int64_t time, bool forward, bool exclusive = false,
                 std::string_view id = {}) {
  ReadLog range = whole(forward);
  range.from_time = time;
  range.from_id = id;
  range.exclusive = exclusive;
  return range;
}

}  // namespace

TEST_CASE("log: it is read from either end, with and without changes") {
  Logged bench(anyKind());
  CHECK(bench.seqs(whole(true)) == Seqs{2, 3, 5, 7});
  CHECK(bench.seqs(whole(false)) == Seqs{7, 5, 3, 2});
  CHECK(bench.seqs(whole(true, true)) == Seqs{1, 2, 3, 4, 5, 7, 8});
  CHECK(bench.seqs(whole(false, true)) == Seqs{8, 7, 5, 4, 3, 2, 1});
  ReadLog range = whole(true);
  range.limit = 2;
  CHECK(bench.seqs(range) == Seqs{2, 3});
  range.forward = false;
  range.limit = 3;
  CHECK(bench.seqs(range) == Seqs{7, 5, 3});
  range.limit = 0;
  CHECK(bench.seqs(range).empty());
  range.limit = -1;
  CHECK(bench.seqs(range).empty());
}

TEST_CASE("log: it is read from a row, which need not be there") {
  Logged bench(anyKind());
  CHECK(bench.seqs(fromSeq(3, true)) == Seqs{3, 5, 7});
  CHECK(bench.seqs(fromSeq(3, true, true)) == Seqs{5, 7});
  CHECK(bench.seqs(fromSeq(3, false)) == Seqs{3, 2});
  CHECK(bench.seqs(fromSeq(3, false, true)) == Seqs{2});
  // A change, and a deleted one.
  CHECK(bench.seqs(fromSeq(4, true)) == Seqs{5, 7});
  CHECK(bench.seqs(fromSeq(4, false, false, true)) == Seqs{4, 3, 2, 1});
  CHECK(bench.seqs(fromSeq(6, true)) == Seqs{7});
  CHECK(bench.seqs(fromSeq(6, false)) == Seqs{5, 3, 2});
  CHECK(bench.seqs(fromSeq(6, false, true)) == Seqs{5, 3, 2});
  // Beyond the ends.
  CHECK(bench.seqs(fromSeq(9, true)).empty());
  CHECK(bench.seqs(fromSeq(4711, false)) == Seqs{7, 5, 3, 2});
  CHECK(bench.seqs(fromSeq(INT64_MAX, true, true)).empty());
  CHECK(bench.seqs(fromSeq(1, false)).empty());
  CHECK(bench.seqs(fromSeq(1, false, true, true)).empty());
}

TEST_CASE("log: it is read from a time, and from a message of that time") {
  Logged bench(anyKind());
  CHECK(bench.seqs(fromTime(100, true)) == Seqs{2, 3, 5, 7});
  CHECK(bench.seqs(fromTime(100, true, true)) == Seqs{5, 7});
  CHECK(bench.seqs(fromTime(105, true)) == Seqs{5, 7});
  CHECK(bench.seqs(fromTime(105, false)) == Seqs{3, 2});
  CHECK(bench.seqs(fromTime(110, false)) == Seqs{5, 3, 2});
  CHECK(bench.seqs(fromTime(110, false, true)) == Seqs{3, 2});
  CHECK(bench.seqs(fromTime(131, true)).empty());
  CHECK(bench.seqs(fromTime(131, false)) == Seqs{7, 5, 3, 2});
  CHECK(bench.seqs(fromTime(99, false, false)).empty());

  CHECK(bench.seqs(fromTime(100, true, false, "m3")) == Seqs{3, 5, 7});
  CHECK(bench.seqs(fromTime(100, true, true, "m2")) == Seqs{3, 5, 7});
  CHECK(bench.seqs(fromTime(100, false, false, "m2")) == Seqs{2});
  CHECK(bench.seqs(fromTime(100, false, true, "m3")) == Seqs{2});
  // One that was deleted is a place still; one that never was there is none.
  CHECK(bench.seqs(fromTime(110, true, true, "m6")) == Seqs{7});
  CHECK(bench.seqs(fromTime(110, false, true, "m6")) == Seqs{5, 3, 2});
  CHECK(bench.seqs(fromTime(110, true, false, "unknown")) == Seqs{5, 7});
  CHECK(bench.seqs(fromTime(110, true, true, "unknown")) == Seqs{7});
}

TEST_CASE(
    "log: a conversation that is not there has an empty one, and that of a pair is one, too") {
  Logged bench(anyKind());
  ReadLog range = whole(true);
  range.conv_id = "nowhere";
  CHECK(bench.log(range).empty());
  const Token asked = bench.append("m1", 100, {&kBobAway, 1});
  range.conv_id = "conv";
  range.with_changes = true;
  const auto rows = bench.log(range);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].id == "m1");
  CHECK(rows[0].kind == ConversationKind::Pair);
  CHECK(rows[0].seq == 1);
  CHECK(rows[0].conversation == bench.appended(asked).conversation);
}

TEST_CASE("log: what the app no longer keeps is gone from it, and its numbers do not come again") {
  Bench bench(anyKind());
  bench.create("g", false, {"bob"});
  for (int i = 2; i <= 11; ++i) bench.appendTo("g", 'm' + std::to_string(i), 100 + i);
  bench.finish();
  AppLimits limits;
  limits.history_age_ms = 1000;
  bench.tell(ConfigureApp{"app", limits});
  for (int i = 0; i < 20; ++i) {
    bench.tell(Expire{1109});
    bench.remove("nowhere", {});
    bench.finish();
  }
  ReadLog range = whole(true, true);
  range.conv_id = "g";
  auto rows = bench.log(range);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].seq == 9);
  range.from_seq = 2;
  CHECK(bench.log(range).size() == 3);
  range.forward = false;
  CHECK(bench.log(range).empty());
  CHECK(bench.unread("g", "bob") == 3);
  CHECK(bench.pendingIds("bob") == Ids{"m9", "m10", "m11"});
  bench.tell(Expire{9999});
  for (int i = 0; i < 20; ++i) {
    bench.tell(Expire{9999});
    bench.remove("nowhere", {});
    bench.finish();
  }
  CHECK(bench.log(whole(true, true)).empty());
  CHECK(bench.pendingIds("bob").empty());
  const Token next = bench.appendTo("g", "m12", 50);
  bench.finish();
  CHECK(bench.appended(next).seq == 12);
  CHECK(bench.appended(next).timestamp == 111);  // the log's time never falls either
}

TEST_CASE("log: it is read from anywhere, with changes among messages of the same time") {
  Bench bench(anyKind());
  std::mt19937 random(11);
  struct Row {
    Seq seq;
    std::int64_t time;
    std::string id;  // empty: a change
    bool deleted;
  };
  std::vector<Row> rows{{1, 1, "", false}};
  bench.create("g", false, {"bob"});
  std::int64_t clock = 1000;
  for (Seq seq = 2; seq <= 300; ++seq) {
    clock += static_cast<std::int64_t>(random() % 3);
    if (random() % 5 == 0) {
      bench.ask(NoteUpdate{"app", "g", "bob", "", clock});
      rows.push_back({seq, clock, "", false});
      continue;
    }
    const std::string id = 'm' + std::to_string(seq);
    bench.appendTo("g", id, clock);
    const bool deleted = random() % 6 == 0;
    if (deleted) bench.ask(DeleteMessage{"app", "g", id, clock});
    rows.push_back({seq, clock, id, deleted});
    if (seq % 37 == 0) bench.finish();
  }
  for (int i = 0; i < 200; ++i) {
    ReadLog range;
    range.conv_id = "g";
    range.forward = random() % 2 == 0;
    range.exclusive = random() % 2 == 0;
    range.with_changes = random() % 2 == 0;
    range.limit = 1 + static_cast<int>(random() % 30);
    const Row& at = rows[random() % rows.size()];
    switch (random() % 4) {
      case 0: range.from_seq = at.seq; break;
      case 1: range.from_time = at.time + static_cast<std::int64_t>(random() % 3) - 1; break;
      case 2:
        range.from_time = at.time;
        range.from_id = at.id;
        break;
      default: break;
    }
    // What is before the beginning, in the direction of the page.
    const auto isBefore = [&](const Row& row) {
      if (range.from_seq == 0 && range.from_time == 0) return false;
      const bool by_seq = range.from_seq != 0 || !range.from_id.empty();
      const std::int64_t have = by_seq ? row.seq : row.time;
      const std::int64_t want = by_seq ? at.seq : range.from_time;
      if (have == want) return range.exclusive;
      return range.forward ? have < want : have > want;
    };
    Seqs expected;
    for (std::size_t k = 0; k < rows.size(); ++k) {
      const Row& row = range.forward ? rows[k] : rows[rows.size() - 1 - k];
      if (isBefore(row) || row.deleted || (row.id.empty() && !range.with_changes)) continue;
      if (expected.size() < static_cast<std::size_t>(range.limit)) expected.push_back(row.seq);
    }
    Seqs found;
    for (const StoredMessage& row : bench.log(range)) found.push_back(row.seq);
    CAPTURE(i, range.forward, range.exclusive, range.with_changes, range.limit, range.from_seq,
            range.from_time, range.from_id);
    REQUIRE(found == expected);
  }
}

TEST_CASE("log: unread is what others wrote since one read, and what was read stays read") {
  Logged bench(anyKind());
  const auto read = [&](std::string_view peer, Seq seq) {
    bench.tell(MarkRead{"app", "g", peer, seq});
    return bench.unread("g", peer);
  };
  CHECK(bench.unread("g", "bob") == 3);  // m2, m5, m7
  CHECK(bench.unread("g", "alice") == 1);
  CHECK(bench.unread("g", "bob", 2) == 2);
  CHECK(bench.unread("g", "bob", 0) == 0);
  CHECK(bench.unread("g", "stranger") == 0);
  CHECK(bench.unread("nowhere", "bob") == 0);
  CHECK(read("bob", 4) == 2);
  CHECK(read("bob", 2) == 2);
  CHECK(read("bob", 5) == 1);
  CHECK(read("bob", 8) == 0);
  CHECK(read("stranger", 8) == 0);
  bench.appendTo("g", "m9", 200);
  CHECK(bench.unread("g", "bob") == 1);
  // It has nothing to do with what was acknowledged.
  CHECK(bench.pendingIds("bob") == Ids{"m2", "m5", "m7", "m9"});
}

TEST_CASE("log: those who come count from then on, and pairs count as groups do") {
  Logged bench(anyKind());
  bench.add("g", {"dave"}, 300);
  CHECK(bench.unread("g", "dave") == 0);
  bench.appendTo("g", "m10", 300);
  CHECK(bench.unread("g", "dave") == 1);
  bench.append("m1", 100, {&kBobAway, 1});
  const Token second = bench.append("m2", 100, {&kBobAway, 1});
  CHECK(bench.unread("conv", "bob") == 2);
  CHECK(bench.unread("conv", "alice") == 0);
  bench.tell(MarkRead{"app", "conv", "bob", 1});
  CHECK(bench.unread("conv", "bob") == 1);
  bench.acknowledge("bob", {second - 1, second});
  CHECK(bench.unread("conv", "bob") == 1);
}

}  // namespace kith::storage
