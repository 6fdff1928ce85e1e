// SPDX-License-Identifier: Apache-2.0
// The parts of the storage in memory against plain models of them.
#include <algorithm>
#include <array>
#include <ctime>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/random.hpp"
#include "base/text_hash.hpp"
#include "server/storage/memory_app.hpp"
#include "server/storage/memory_conversations.hpp"
#include "server/storage/memory_tables.hpp"
#include "server/storage/row_cache.hpp"
#include "server/storage/text_map.hpp"
#include "support/catch.hpp"
#include "support/meeting_texts.hpp"

namespace kith::storage {
namespace {

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

TEST_CASE("memory: what a member has acknowledged is known like a set of numbers") {
  Blocks blocks;
  MemoryShared shared(8);
  MemoryApp app("app", shared);
  app.limits.offline_messages = 1000;
  base::SeededRandom random(6);
  Conversation& log = app.makeConversation("g", 1, ConversationKind::Group);
  app.join(log, app.peerOf({"me", true}), 0);
  Member& member = *app.findMember(log, "me");
  std::set<Seq> waits;
  const auto below = [&](std::size_t bound) { return static_cast<Seq>(random.upTo(bound - 1)); };
  for (int step = 0; step < 5000; ++step) {
    NewRow row;
    const auto what = below(5);
    row.from = what == 0 ? "me" : "another";
    row.from_hash = app.hashOf(row.from);
    row.row = what == 1 ? RowKind::Updated : RowKind::Message;
    app.add(log, row);
    if (what > 1) waits.insert(log.last);
    if (waits.size() > 40 || below(3) == 0) {
      const Seq from = waits.size() > 40 ? *waits.begin() : log.last - below(60);
      const Seq to = from + (waits.size() > 40 ? 20 : below(6));
      member.acknowledge({from, to});
      waits.erase(waits.lower_bound(from), waits.upper_bound(to));
    }
    // It stands right before the first one that waits, or at the end.
    member.advance();
    REQUIRE(member.acked() == (waits.empty() ? log.last : *waits.begin() - 1));
    const auto isShownTo = [&](Seq seq) { return member.wants(*log.row(seq)); };
    const Seq any = member.acked() + 1 + below(80);
    Seq up = member.cursor.lowestOpen(any);
    while (up <= log.last && !isShownTo(up)) up = member.cursor.lowestOpen(up + 1);
    const auto above = waits.lower_bound(any);
    REQUIRE((above == waits.end() ? up > log.last : up == *above));
    Seq down = member.cursor.highestOpen(std::min(any, log.last));
    while (down > member.acked() && !isShownTo(down)) down = member.cursor.highestOpen(down - 1);
    const auto upper = waits.upper_bound(std::min(any, log.last));
    REQUIRE(down == (upper == waits.begin() ? member.acked() : *std::prev(upper)));
  }
}

TEST_CASE(
    "memory: of what one must not see nothing is forgotten, however often one came and went") {
  MemoryShared shared(8);
  MemoryApp app("app", shared);
  Conversation& log = app.makeConversation("g", 1, ConversationKind::Group);
  Peer& peer = app.peerOf({"me", true});
  app.join(log, peer, 0);
  Member& member = *app.findMember(log, "me");
  std::set<Seq> mine;
  NewRow row;
  NewRow left;
  NewRow joined;
  row.from = "another";
  left.row = RowKind::Left;
  joined.row = RowKind::Joined;
  for (int i = 0; i < 200; ++i) {
    app.add(log, row);
    mine.insert(log.last);
    app.add(log, row);
    mine.insert(log.last);
    member.acknowledge({log.last - 1, log.last - 1});
    app.leave(member, app.add(log, left));
    app.add(log, row);
    app.join(log, peer, app.add(log, joined).seq);
    REQUIRE(member.cursor.beyond().size() <= Cursor::kMostSpans);
  }
  for (Seq seq = member.acked() + 1; seq <= log.last; ++seq) {
    const bool waits = member.cursor.lowestOpen(seq) == seq && member.wants(*log.row(seq));
    if (waits) REQUIRE(mine.contains(seq));
  }
  CHECK(member.cursor.lowestOpen(log.last - 3) == log.last - 3);
  CHECK(mine.contains(log.last - 3));
}

TEST_CASE("memory: a message to a group touches none of its members, however many there are") {
  MemoryShared shared(8);
  MemoryApp app("app", shared);
  Conversation& log = app.makeConversation("g", 1, ConversationKind::Group);
  std::vector<const Member*> members;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = 'p' + std::to_string(i);
    app.join(log, app.peerOf({name, i % 2 == 0}), 0);
    members.push_back(app.findMember(log, name));
  }
  const auto bytesOf = [](const Member& member) {
    const auto bytes = [](const auto& thing, std::size_t size) {
      return std::string(reinterpret_cast<const char*>(&thing), size);
    };
    return bytes(member, sizeof member) + bytes(*member.peer, member.peer->bytes);
  };
  std::vector<std::string> before;
  for (const Member* member : members) before.push_back(bytesOf(*member));
  NewRow row;
  row.from = "p7";
  for (int i = 0; i < 100; ++i) app.add(log, row);
  for (std::size_t i = 0; i < members.size(); ++i) {
    REQUIRE(bytesOf(*members[i]) == before[i]);
  }
  CHECK(members[8]->cursor.highestOpen(log.last) == log.last);
}

TEST_CASE("memory: a page costs what it has, not what is beyond a limit") {
  Answers answers;
  MemoryTables tables(answers);
  tables.execute(kNoToken, ConfigureApp{"app", {}});
  const auto fill = [&](std::string_view group, std::string_view member, std::int64_t count) {
    const PeerRef peer{member, false};
    tables.execute(1, CreateGroup{"app", group, false, {&peer, 1}, "alice", 1});
    for (std::int64_t i = 1; i <= count; ++i) {
      Append message;
      message.app_id = "app";
      const std::string id = std::to_string(i);
      message.id = id;
      message.timestamp = i;
      message.from = "alice";
      message.conv_id = group;
      message.kind = ConversationKind::Group;
      tables.execute(1, message);
      answers.clear();
    }
  };
  fill("short", "bob", 1000);
  fill("long", "carol", 90'000);
  const auto first = [&](std::string_view peer, std::int64_t now) {
    tables.execute(1, ReadPending{"app", peer, 0, 1000, now, true});
    auto page = *std::get<Result<PendingPage>>(answers.back().value);
    answers.clear();
    return page;
  };
  const PendingPage page = first("carol", 90'000);
  CHECK(page.messages.size() == 50);
  REQUIRE(page.left_out.size() == 1);
  CHECK(page.left_out[0].last == 90'001 - 50);
  const auto clocksOf = [&](std::string_view peer, std::int64_t now) {
    const std::clock_t before = std::clock();
    for (int i = 0; i < 300; ++i) static_cast<void>(first(peer, now));
    return static_cast<double>(std::clock() - before);
  };
  clocksOf("bob", 1000);  // warm
  // To look at all rows would cost ninety times as much.
  const double few = clocksOf("bob", 1000);
  CHECK(clocksOf("carol", 90'000) < 10 * few);
  // Too old ones are passed by, too.
  const std::int64_t late = AppLimits{}.offline_age_ms + 1000;
  CHECK(clocksOf("carol", late) < 10 * few);
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
  const std::array<PeerRef, 1> receivers{PeerRef{"bob", false}};
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
  CHECK(append(100, "odd").seq == 50);
  // What waits for bob is there although the history has forgotten it.
  tables.execute(2, ReadPending{"app", "bob", 0, 100, last, true});
  const auto pending = std::get<Result<PendingPage>>(answers.back().value);
  CHECK(pending->messages.size() == AppLimits{}.offline_messages);
  answers.clear();
}

}  // namespace kith::storage
