// SPDX-License-Identifier: Apache-2.0
#include "rescue/message_pages.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "support/catch.hpp"

namespace kith::rescue {
namespace {

struct Row {
  std::int64_t timestamp;
  std::string id;
};

std::string lineOf(const Row& row) {
  return "{\"timestamp\":" + std::to_string(row.timestamp) + ",\"msg-id\":\"" + row.id +
         "\",\"data\":\"x\"}";
}

std::string bodyOf(const std::vector<Row>& rows) {
  std::string body = "[";
  for (const Row& row : rows) body += (body.size() > 1 ? ", " : "") + lineOf(row);
  return body + "]";
}

MessagePage taken(const std::vector<Row>& rows, MessageCursor& cursor, std::size_t limit = 100,
                  const MessageRange& range = {}) {
  return takeMessages(bodyOf(rows), range, limit, cursor).value();
}

TEST_CASE("message pages: the first asks for the newest, the next behind the last row") {
  MessageCursor cursor;
  CHECK(messageQuery(cursor, {}, 1000) == "limit=1000");
  const MessagePage page = taken({{30, "c"}, {20, "b/+"}}, cursor);
  CHECK(page.rows == 2);
  CHECK(page.newest == 30);
  CHECK(page.oldest == 20);
  CHECK_FALSE(page.last);
  CHECK(page.lines == lineOf({30, "c"}) + "\n" + lineOf({20, "b/+"}) + "\n");
  CHECK(messageQuery(cursor, {}, 2) == "limit=2&timestamp=20&msgid=b%2F%2B");
}

TEST_CASE("message pages: the bounds of time are asked for, and what is older ends it") {
  MessageCursor cursor;
  const MessageRange range{10, 40};
  CHECK(messageQuery(cursor, range, 5) == "limit=5&timestamp=40&till_timestamp=9");
  const MessagePage page = taken({{30, "c"}, {10, "b"}, {9, "a"}}, cursor, 3, range);
  CHECK(page.rows == 2);
  CHECK(page.last);
  CHECK(cursor.id == "b");
}

TEST_CASE("message pages: an empty page is the last, a short one is not") {
  MessageCursor cursor;
  CHECK_FALSE(taken({{30, "c"}}, cursor, 1000).last);
  const MessagePage empty = taken({}, cursor);
  CHECK(empty.last);
  CHECK(empty.rows == 0);
}

TEST_CASE("message pages: rows with the timestamp of the edge are taken once") {
  MessageCursor cursor;
  taken({{30, "a"}, {20, "b"}, {20, "c"}}, cursor, 3);
  const MessagePage page = taken({{20, "b"}, {20, "c"}, {20, "d"}, {10, "e"}}, cursor, 4);
  CHECK(page.rows == 2);
  CHECK(page.repeated == 2);
  CHECK(page.lines == lineOf({20, "d"}) + "\n" + lineOf({10, "e"}) + "\n");
  CHECK(cursor.edge == std::vector<std::string>{"e"});
}

TEST_CASE("message pages: the same id at another time is another message") {
  MessageCursor cursor;
  taken({{30, "a"}}, cursor);
  CHECK(taken({{20, "a"}}, cursor).rows == 1);
}

TEST_CASE(
    "message pages: the last row again and again is the end, a full page of them is a fault") {
  MessageCursor cursor;
  taken({{20, "b"}, {20, "c"}}, cursor, 2);
  CHECK(taken({{20, "c"}}, cursor, 2).last);
  const auto stuck = takeMessages(bodyOf({{20, "b"}, {20, "c"}}), {}, 2, cursor);
  REQUIRE_FALSE(stuck.ok());
  CHECK(stuck.error().detail ==
        "the page of messages has only messages that came before, all of 20; ask for more at a "
        "time with --limit");
}

TEST_CASE("message pages: an answer that is none is refused and moves nothing") {
  for (const char* body :
       {"", "{}", "\"x\"", "[1]", "[{\"timestamp\":1}]", R"([{"timestamp":"1","msg-id":"a"}])",
        R"([{"timestamp":1,"msg-id":""}])", R"([{"timestamp":0,"msg-id":"a"}])",
        R"([{"timestamp":5,"msg-id":"a"},{"timestamp":6,"msg-id":"b"}])",
        R"([{"timestamp":5,"msg-id":"a"})"}) {
    CAPTURE(body);
    MessageCursor cursor;
    cursor.timestamp = 10;
    cursor.id = "x";
    cursor.edge = {"x"};
    const MessageCursor before = cursor;
    const auto page = takeMessages(body, {}, 100, cursor);
    REQUIRE_FALSE(page.ok());
    CHECK(page.error().code == Errc::ProtocolError);
    CHECK(cursor == before);
  }
}

TEST_CASE("message pages: the list may also be the member `results`") {
  MessageCursor cursor;
  const auto page = takeMessages("{\"results\":" + bodyOf({{3, "a"}}) + "}", {}, 100, cursor);
  REQUIRE(page.ok());
  CHECK(page->rows == 1);
}

/// A server that repeats up to three rows of the edge's timestamp at the beginning of a page.
std::vector<Row> answerOf(const std::vector<Row>& all, const MessageCursor& cursor,
                          std::size_t limit, base::SeededRandom& random) {
  std::size_t from = 0;
  if (cursor.timestamp != 0) {
    while (all[from].id != cursor.id) ++from;
    ++from;
    for (auto back = random.upTo(3); back > 0 && from > 0; --back) {
      if (all[from - 1].timestamp != cursor.timestamp) break;
      --from;
    }
  }
  const std::size_t end = std::min(all.size(), from + limit);
  return {all.begin() + static_cast<std::ptrdiff_t>(from),
          all.begin() + static_cast<std::ptrdiff_t>(end)};
}

TEST_CASE("message pages: whatever the pages, each message is there once and in its place") {
  base::SeededRandom random(11);
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    std::vector<Row> all;
    std::string expected;
    std::int64_t time = 1'000'000;
    for (std::uint64_t left = random.upTo(60); left > 0; --left) {
      time -= static_cast<std::int64_t>(random.upTo(2));
      all.push_back({time, "m" + std::to_string(left)});
      expected += lineOf(all.back()) + "\n";
    }
    MessageCursor cursor;
    std::string lines;
    bool last = false;
    // Of the edge at most three are repeated, so that a page of four gets on.
    for (int pages = 0; !last && pages < 200; ++pages) {
      const std::size_t limit = 4 + random.upTo(10);
      const MessagePage page = taken(answerOf(all, cursor, limit, random), cursor, limit);
      lines += page.lines;
      last = page.last;
    }
    REQUIRE(last);
    REQUIRE(lines == expected);
  }
}

}  // namespace
}  // namespace kith::rescue
