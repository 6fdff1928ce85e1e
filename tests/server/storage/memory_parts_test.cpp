// SPDX-License-Identifier: Apache-2.0
// The parts of the storage in memory against plain models of them.
#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/hash_index.hpp"
#include "base/random.hpp"
#include "base/text_hash.hpp"
#include "server/storage/memory_queue.hpp"
#include "server/storage/memory_tables.hpp"
#include "server/storage/row_cache.hpp"
#include "server/storage/text_map.hpp"
#include "support/catch.hpp"
#include "support/meeting_texts.hpp"

namespace kith::storage {
namespace {

using AppLog = Log<&Message::in_app>;

struct ByTime {
  bool operator()(const Message* a, const Message* b) const {
    return std::tie(a->timestamp, a->position) < std::tie(b->timestamp, b->position);
  }
};

std::vector<const Message*> newestFirst(const AppLog& log) {
  std::vector<const Message*> all;
  for (const Message* at = log.newest(); at != nullptr; at = log.olderThan(at)) all.push_back(at);
  return all;
}

}  // namespace

TEST_CASE("storage: names that meet in the library's own hash do not meet in the tables") {
  const std::vector<std::string> names = testing::meetingTexts(2000);
  const RowHash hash;
  std::set<std::size_t> rows;
  TextMap<int> map;
  for (const std::string& name : names) {
    rows.insert(hash(RowView{1, name}));
    map.emplace(name, 0);
  }
  CHECK(rows.size() == names.size());
  CHECK(hash(RowView{1, "bob"}) != hash(RowView{2, "bob"}));
  std::size_t longest = 0;
  for (std::size_t i = 0; i < map.bucket_count(); ++i)
    longest = std::max(longest, map.bucket_size(i));
  CHECK(longest < 20);
}

TEST_CASE("memory: a log stays sorted when clocks jump, and whatever is taken out") {
  base::SeededRandom random(5);
  std::deque<Message> messages;
  std::set<Message*, ByTime> model;
  Blocks blocks;
  AppLog log;
  std::int64_t clock = 1000;
  for (Position position = 1; position <= 4000; ++position) {
    clock += static_cast<std::int64_t>(random.upTo(2));
    if (random.upTo(30) == 0) clock += static_cast<std::int64_t>(random.upTo(400)) - 200;
    Message& message = messages.emplace_back();
    message.position = position;
    message.timestamp = clock;
    log.insert(&message, blocks);
    model.insert(&message);
    if (model.size() > 100) {
      CHECK(log.oldest() == *model.begin());
      log.remove(*model.begin(), blocks);
      model.erase(model.begin());
    }
    if (random.upTo(10) == 0) {
      auto any = model.begin();
      std::advance(any, static_cast<std::ptrdiff_t>(random.upTo(model.size() - 1)));
      log.remove(*any, blocks);
      model.erase(any);
    }
    if (random.upTo(500) == 0) {
      while (!model.empty()) {
        log.remove(*model.rbegin(), blocks);
        model.erase(std::prev(model.end()));
      }
    }
    const auto have = newestFirst(log);
    REQUIRE(std::equal(have.begin(), have.end(), model.rbegin(), model.rend()));
  }
  while (!model.empty()) {
    log.remove(*model.begin(), blocks);
    model.erase(model.begin());
  }
}

TEST_CASE("memory: any time is found among 100,000 messages in a thousand steps at most") {
  constexpr Position kAll = 100'000;
  std::deque<Message> messages;
  std::vector<const Message*> sorted;
  Blocks blocks;
  AppLog log;
  for (Position position = 1; position <= kAll; ++position) {
    Message& message = messages.emplace_back();
    message.position = position;
    // Five at a time; for a fifth of them the clock is an hour behind.
    message.timestamp = position / 5 - (position > 60'000 && position <= 80'000 ? 5'000 : 0);
    log.insert(&message, blocks);
    sorted.push_back(&message);
  }
  // The oldest of a log go when it is full.
  std::sort(sorted.begin(), sorted.end(), ByTime{});
  for (std::size_t i = 0; i < 1000; ++i) log.remove(&messages[i], blocks);
  sorted.erase(sorted.begin(), sorted.begin() + 1000);
  std::size_t most = 0;
  for (std::int64_t time = 0; time < kAll / 5 + 2; time += 7) {
    std::size_t steps = 0;
    const Message* found = log.newestOf([&](const Message& at) {
      ++steps;
      return at.timestamp <= time;
    });
    const auto behind = std::partition_point(
        sorted.begin(), sorted.end(), [&](const Message* at) { return at->timestamp <= time; });
    CAPTURE(time);
    REQUIRE(found == (behind == sorted.begin() ? nullptr : *std::prev(behind)));
    most = std::max(most, steps);
  }
  CHECK(most <= 1000);
  for (const Message* message : sorted) log.remove(const_cast<Message*>(message), blocks);
}

TEST_CASE("memory: a queue behaves like a map by position") {
  base::SeededRandom random(6);
  std::deque<Message> messages;
  std::map<Position, bool> model;  // and whether the peer was away
  MemoryQueue queue;
  const auto offline = [&] {
    return static_cast<std::size_t>(
        std::count_if(model.begin(), model.end(), [](const auto& row) { return row.second; }));
  };
  for (Position position = 1; position <= 6000; ++position) {
    Message& message = messages.emplace_back();
    message.position = position;
    const bool away = random.upTo(2) == 0;
    CHECK(queue.push(&message, away));
    CHECK_FALSE(queue.push(&message, away));
    model.emplace(position, away);
    // More of the time it shrinks, then more of the time it grows.
    for (std::uint64_t left = random.upTo(position % 200 < 100 ? 3 : 1); left > 0; --left) {
      const Position wanted = position - static_cast<Position>(random.upTo(90));
      const Message* taken = queue.take(wanted);
      CHECK((taken != nullptr) == model.contains(wanted));
      if (taken != nullptr) CHECK(taken->position == wanted);
      model.erase(wanted);
    }
    if (random.upTo(20) == 0 && offline() > 0) {
      const auto first =
          std::find_if(model.begin(), model.end(), [](const auto& row) { return row.second; });
      CHECK(queue.takeOldestOffline()->position == first->first);
      model.erase(first);
    }
    if (random.upTo(20) == 0 && !model.empty()) {
      CHECK(queue.takeOldest()->position == model.begin()->first);
      model.erase(model.begin());
    }
    CHECK(queue.size() == model.size());
    CHECK(queue.empty() == model.empty());
    CHECK(queue.offline() == offline());
    const Position after = position - static_cast<Position>(random.upTo(90));
    std::vector<Position> have;
    queue.eachAfter(after, [&](const Message& row) {
      have.push_back(row.position);
      return have.size() < 10;
    });
    auto want = model.upper_bound(after);
    for (const Position each : have) CHECK(each == (want++)->first);
    CHECK((want == model.end() || have.size() == 10));
  }
}

TEST_CASE("memory: an index finds what is in it, also when hashes meet") {
  base::SeededRandom random(7);
  std::array<int, 300> things{};
  std::set<int*> model;
  base::HashIndex<int> index;
  // Few different hashes, whose homes are next to each other and wrap around.
  const auto hashOf = [&](const int* thing) {
    return static_cast<std::uint64_t>(thing - things.data()) % 40 - 20;
  };
  for (int step = 0; step < 20000; ++step) {
    int* const thing = &things[random.upTo(step % 4000 < 2000 ? things.size() - 1 : 20)];
    const auto isIt = [&](const int& each) { return &each == thing; };
    CHECK((index.find(hashOf(thing), isIt) == thing) == model.contains(thing));
    if (model.erase(thing) > 0) {
      index.remove(hashOf(thing), thing);
    } else {
      index.add(hashOf(thing), thing);
      model.insert(thing);
    }
    CHECK(index.size() == model.size());
    if (random.upTo(200) == 0) index.shrink();
  }
  std::set<int*> seen;
  index.each([&](int& thing) { CHECK(seen.insert(&thing).second); });
  CHECK(seen == model);
}

TEST_CASE("memory: hashes depend on every byte, on the length and on the seed") {
  std::set<std::uint64_t> seen;
  std::string text;
  std::size_t count = 0;
  for (std::size_t size = 0; size <= 40; ++size, text.push_back('a')) {
    seen.insert(base::hashText(text, 1));
    seen.insert(base::hashText(text, 2));
    count += 2;
    for (std::size_t at = 0; at < size; ++at) {
      for (const char other : {'b', '\0', '\xff'}) {
        std::string changed = text;
        changed[at] = other;
        seen.insert(base::hashText(changed, 1));
        ++count;
      }
    }
  }
  CHECK(seen.size() == count);
}

TEST_CASE("memory: the newest tokens are known, and what waits outlives the history") {
  Answers answers;
  MemoryTables tables(answers);
  tables.execute(kNoToken, ConfigureApp{"app", {}});
  const std::array<ReceiverRef, 1> receivers{ReceiverRef{"bob", false}};
  const auto append = [&](std::int64_t number, const std::string& conversation) {
    const std::string id = "id" + std::to_string(number);
    Append message;
    message.app_id = "app";
    message.id = message.dedupe = id;
    message.timestamp = number;
    message.from = "alice";
    message.conv_id = conversation;
    message.receivers = receivers;
    tables.execute(1, message);
    const auto answer = std::get<0>(answers.back().value);
    answers.clear();
    return *answer;
  };
  const auto last = static_cast<std::int64_t>(kMemoryTokens) + 10;
  for (std::int64_t i = 1; i <= last; ++i) append(i, i % 2 == 0 ? "even" : "odd");
  // The first ones are known no more, the others are.
  CHECK_FALSE(append(1, "odd").duplicate);
  CHECK(append(last, "odd").duplicate);
  CHECK(append(last, "odd").id == "id" + std::to_string(last));
  CHECK(append(100, "odd").position == 100);
  // What waits for bob is there although the history has forgotten it.
  tables.execute(2, ReadPending{"app", "bob", 0, 100, last});
  const auto pending = std::get<Result<PendingPage>>(answers.back().value);
  CHECK(pending->messages.size() == AppLimits{}.offline_messages);
  answers.clear();
}

}  // namespace kith::storage
