// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/history_pager.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "support/catch.hpp"

using namespace kith;
using namespace kith::backends;

namespace {

/// A conversation as the server keeps and answers it (avos-v1 §11.2), newest first.
class Log {
 public:
  /// `sizes`: how many messages each time has, from the newest time back.
  explicit Log(const std::vector<std::size_t>& sizes) {
    std::int64_t time = 1000000;
    for (const std::size_t size : sizes) {
      for (std::size_t i = 0; i < size; ++i) {
        Message message;
        message.id = "m" + std::to_string(messages_.size());
        message.timestamp = Timestamp(std::chrono::milliseconds(time));
        messages_.push_back(std::move(message));
      }
      time -= 7;
    }
  }

  std::size_t size() const { return messages_.size(); }
  void forgetIds() {
    for (Message& message : messages_) message.id.clear();
  }
  /// An answer has no more than these, and then a megabyte.
  std::size_t cut{SIZE_MAX};
  std::size_t asked{0};

  std::pair<std::vector<Message>, std::size_t> answer(const HistoryQuery& query) {
    ++asked;
    REQUIRE(query.limit >= 1);
    REQUIRE(query.limit <= 1000);
    auto from = messages_.begin();
    if (query.before != Timestamp{}) {
      from = std::find_if(messages_.begin(), messages_.end(),
                          [&](const Message& m) { return m.timestamp < query.before; });
      const auto named = std::find_if(messages_.begin(), messages_.end(), [&](const Message& m) {
        return !query.before_id.empty() && m.id == query.before_id;
      });
      if (named != messages_.end()) from = named + 1;
    }
    const auto rest = static_cast<std::size_t>(messages_.end() - from);
    const std::size_t count = std::min({static_cast<std::size_t>(query.limit), rest, cut});
    return {{from, from + static_cast<std::ptrdiff_t>(count)},
            count == cut ? 1024u * 1024 : count * 100};
  }

 private:
  std::vector<Message> messages_;
};

std::vector<Message> readPage(Log& log, HistoryQuery query) {
  HistoryPager pager(std::move(query));
  for (int i = 0; i < 1000; ++i) {
    auto [messages, bytes] = log.answer(pager.next());
    if (!pager.take(std::move(messages), bytes)) return pager.finish();
  }
  FAIL("the pager asks for ever");
  return {};
}

/// All that is seen when pages are read to the empty one, each once.
std::size_t readAll(Log& log, int limit, bool by_id, std::size_t& longest) {
  std::set<std::string> seen;
  HistoryQuery query{"bob", "", {}, limit};
  for (int pages = 0; pages < 10000; ++pages) {
    const std::vector<Message> page = readPage(log, query);
    if (page.empty()) return seen.size();
    longest = std::max(longest, page.size());
    for (const Message& message : page) CHECK(seen.insert(message.id).second);
    if (by_id) {
      query.olderThan(page.back());
    } else {
      query.before = page.back().timestamp;
    }
  }
  FAIL("pages without end");
  return 0;
}

const std::vector<std::vector<std::size_t>> kLogs{
    {},     {1},          {60},        {1, 60},        {7, 7, 7},
    {6, 8}, {7, 1, 1, 5}, {10, 1, 10}, {1000, 1, 999}, {3, 1000, 4}};

}  // namespace

TEST_CASE("history: pages by time alone skip nothing of one millisecond") {
  for (const auto& sizes : kLogs) {
    for (const int limit : {1, 2, 7, 10, 25, 999, 1000}) {
      Log log(sizes);
      CAPTURE(Catch::Detail::stringify(sizes), limit);
      std::size_t longest = 0;
      CHECK(readAll(log, limit, false, longest) == log.size());
    }
  }
}

TEST_CASE("history: pages by id skip nothing, and are never longer than asked but for the first") {
  for (const auto& sizes : kLogs) {
    for (const int limit : {1, 2, 7, 25, 1000}) {
      Log log(sizes);
      CAPTURE(Catch::Detail::stringify(sizes), limit);
      std::size_t longest = 0;
      CHECK(readAll(log, limit, true, longest) == log.size());
      HistoryQuery query{"bob", "", {}, limit};
      const auto first = readPage(log, query);
      if (first.empty()) continue;
      CHECK(readPage(log, query.olderThan(first.back())).size() <= static_cast<std::size_t>(limit));
    }
  }
}

TEST_CASE("history: a page in different times has what was asked for, by one request") {
  Log log(std::vector<std::size_t>(100, 1));
  CHECK(readPage(log, {"bob", "", {}, 10}).size() == 10);
  CHECK(log.asked == 1);
  CHECK(readPage(log, {"bob", "", {}, 200}).size() == 100);
  CHECK(log.asked == 2);
}

TEST_CASE("history: answers that the server ends for their size are put together") {
  for (const std::size_t cut : {1u, 3u, 100u}) {
    for (const bool by_id : {false, true}) {
      Log log({5, 1, 1, 1, 7, 2});
      log.cut = cut;
      CAPTURE(cut, by_id);
      std::size_t longest = 0;
      CHECK(readAll(log, 6, by_id, longest) == log.size());
      CHECK(longest >= 6);
    }
  }
}

TEST_CASE("history: a page has a bound in messages of one time, and ends before that time") {
  Log log({4, 5000});
  const auto page = readPage(log, {"bob", "", {}, 10});
  CHECK(page.size() == 4);
  // All of one time: then it is what there is room for.
  HistoryQuery query{"bob", "", page.back().timestamp, 10};
  const auto crowd = readPage(log, query);
  CHECK(crowd.size() >= 10 + kMostOfOneTime);
  CHECK(crowd.size() < 10 + kMostOfOneTime + 100);
  std::size_t longest = 0;
  CHECK(readAll(log, 10, true, longest) == log.size());
}

TEST_CASE("history: a page has a bound in bytes, and the next one goes on without a gap") {
  for (const bool by_id : {false, true}) {
    Log log(std::vector<std::size_t>(50, 2));
    log.cut = 1;  // a megabyte each
    CAPTURE(by_id);
    const auto page = readPage(log, {"bob", "", {}, 1000});
    // Sixteen came. By time alone the last two may have more of their time behind them.
    CHECK(page.size() == 14);
    std::size_t longest = 0;
    CHECK(readAll(log, 1000, by_id, longest) == log.size());
  }
}

TEST_CASE("history: a service that names no ids gives what it gives") {
  Log log({20, 3});
  log.forgetIds();
  CHECK(readPage(log, {"bob", "", {}, 10}).size() == 11);
  CHECK(log.asked == 1);
}

TEST_CASE(
    "history: a server that answers more than was asked, or the same again, is not believed") {
  Message same;
  same.id = "x";
  same.timestamp = Timestamp(std::chrono::milliseconds(5));
  HistoryPager pager({"bob", "", {}, 10});
  int rounds = 0;
  while (pager.take(std::vector<Message>(5000, same), 100)) REQUIRE(++rounds < 100);
  CHECK(pager.finish().size() <= 10 + kMostOfOneTime + 100);
}
