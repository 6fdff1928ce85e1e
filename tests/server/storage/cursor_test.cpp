// SPDX-License-Identifier: Apache-2.0
// How far a member has acknowledged a log.
#include "server/storage/cursor.hpp"

#include <random>
#include <set>

#include "support/catch.hpp"

namespace kith::storage {
namespace {

Cursor repacked(const Cursor& cursor) {
  std::string bytes;
  cursor.pack(bytes);
  return Cursor::unpack(cursor.acked(), bytes);
}

}  // namespace

TEST_CASE("cursor: what is acknowledged in order is one number") {
  Cursor cursor;
  for (Seq seq = 1; seq <= 1000; ++seq) {
    CHECK_FALSE(cursor.covers(seq));
    REQUIRE(cursor.acknowledge({seq, seq}));
    CHECK(cursor.covers(seq));
  }
  CHECK(cursor.acked() == 1000);
  CHECK(cursor.beyond().empty());
  CHECK_FALSE(cursor.acknowledge({3, 1000}));
}

TEST_CASE("cursor: a hole stays until it is acknowledged, whatever lies beyond it") {
  Cursor cursor(10);
  cursor.acknowledge({12, 13});
  cursor.acknowledge({15, 15});
  CHECK(cursor.acked() == 10);
  CHECK_FALSE(cursor.covers(11));
  CHECK(cursor.covers(12));
  CHECK_FALSE(cursor.covers(14));
  cursor.acknowledge({14, 14});
  CHECK(cursor.beyond() == std::vector<SeqSpan>{{12, 15}});
  CHECK_FALSE(cursor.acknowledge({13, 14}));
  cursor.acknowledge({11, 11});
  CHECK(cursor.acked() == 15);
  CHECK(cursor.beyond().empty());
}

TEST_CASE("cursor: acknowledged in any order, it holds what a set holds") {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    Cursor cursor(5);
    std::set<Seq> all;
    for (Seq seq = 1; seq <= 5; ++seq) all.insert(seq);
    for (int i = 0; i < 60; ++i) {
      const Seq first = 1 + static_cast<Seq>(random() % 100);
      const Seq last = first + static_cast<Seq>(random() % 4);
      bool changed = false;
      for (Seq seq = first; seq <= last; ++seq) changed = all.insert(seq).second || changed;
      CAPTURE(round, first, last);
      REQUIRE(cursor.acknowledge({first, last}) == changed);
      if (i % 10 == 0) cursor = repacked(cursor);
    }
    for (Seq seq = 1; seq <= 110; ++seq) {
      CAPTURE(round, seq);
      REQUIRE(cursor.covers(seq) == all.contains(seq));
    }
  }
}

TEST_CASE("cursor: beyond its bound it forgets what is highest, and never more than it was told") {
  Cursor cursor;
  for (Seq seq = 2; seq <= 400; seq += 2) cursor.acknowledge({seq, seq});
  CHECK(cursor.full());
  CHECK(cursor.beyond().size() == Cursor::kMostSpans);
  CHECK(cursor.acked() == 0);
  for (Seq seq = 1; seq <= 400; seq += 2) CHECK_FALSE(cursor.covers(seq));
  CHECK(cursor.covers(2));
  CHECK_FALSE(cursor.covers(400));
  CHECK(repacked(cursor) == cursor);
}

TEST_CASE("cursor: what came while a member was outside is never forgotten") {
  Cursor cursor;
  cursor.acknowledge({500, 600, true});
  for (Seq seq = 2; seq <= 400; seq += 2) cursor.acknowledge({seq, seq});
  for (Seq seq = 700; seq <= 900; seq += 2) cursor.acknowledge({seq, seq});
  CHECK(repacked(cursor) == cursor);
  CHECK(cursor.full());
  CHECK(cursor.covers(500));
  CHECK(cursor.covers(600));
  CHECK_FALSE(cursor.covers(1));
  // Where nothing else can be forgotten, the lowest hole is closed.
  for (Seq seq = 1000; seq <= 1200; seq += 2) cursor.acknowledge({seq, seq, true});
  CHECK(cursor.covers(1));
  for (Seq seq = 1000; seq <= 1200; seq += 2) CHECK(cursor.covers(seq));
}

TEST_CASE("cursor: damaged bytes make a cursor all the same") {
  for (int value = 0; value < 256; ++value) {
    std::string bytes("\x04\x02\x06\x08", 4);
    bytes[static_cast<std::size_t>(value) % 4] = static_cast<char>(value);
    const Cursor cursor = Cursor::unpack(10, bytes);
    CHECK(cursor.acked() >= 10);
    CHECK(cursor.beyond().size() <= Cursor::kMostSpans);
  }
}

}  // namespace kith::storage
