// SPDX-License-Identifier: Apache-2.0
// What waits for a peer: pages and acknowledgements. One suite for both storages; absence_test.cpp
// has the limits.
#include "server/storage/page_bytes.hpp"
#include "server/storage/storage_bench.hpp"

namespace kith::storage {

TEST_CASE("storage: what waits comes oldest first, in pages, and says when nothing is left") {
  Bench bench(anyKind());
  std::vector<Token> asked;
  const std::vector<std::string> ids{"m1", "m2", "m3"};
  for (const std::string& id : ids) asked.push_back(bench.append(id, 100, {&kBobAway, 1}));
  const Token page = bench.pending("bob", 0, 2);
  bench.finish();
  CHECK(Bench::ids(*bench.results.pending.at(page).messages) == Ids{"m1", "m2"});
  CHECK_FALSE(bench.results.pending.at(page).complete);
  const Token rest = bench.pending("bob", bench.positionOf(asked[1]), 2);
  const Token exact = bench.pending("bob", 0, 3);
  const Token nobody = bench.pending("carol");
  bench.finish();
  CHECK(Bench::ids(*bench.results.pending.at(rest).messages) == Ids{"m3"});
  CHECK(bench.results.pending.at(rest).complete);
  CHECK(bench.results.pending.at(exact).messages->size() == 3);
  CHECK(bench.results.pending.at(exact).complete);
  CHECK(bench.results.pending.at(nobody).messages->empty());
  CHECK(bench.results.pending.at(nobody).complete);
}

TEST_CASE("storage: a page of long messages ends early, and the next one goes on there") {
  Bench bench(anyKind());
  constexpr std::size_t kLong = 5000;
  constexpr std::size_t kPage = (kPageBytes + kLong - 1) / kLong;
  const std::string text(kLong, 'x');
  const std::vector<PeerRef> bob{{"bob", false}};
  Ids all;
  for (int i = 0; i < 25; ++i) {
    all.push_back("m" + std::to_string(i));
    bench.append(all.back(), 100 + i, bob, text);
  }
  bench.finish();
  Ids read;
  Position after = 0;
  const RecordedPending first = bench.firstPage("bob", 1000, 50);
  CHECK(first.messages->size() == kPage);
  CHECK_FALSE(first.complete);
  for (const StoredMessage& each : *first.messages) read.push_back(each.id);
  after = first.messages->back().position;
  while (read.size() < all.size()) {
    const Token asked = bench.pending("bob", after, 50);
    bench.finish();
    const RecordedPending& page = bench.results.pending.at(asked);
    REQUIRE_FALSE(page.messages->empty());
    CHECK(page.messages->size() <= kPage);
    for (const StoredMessage& each : *page.messages) read.push_back(each.id);
    after = page.messages->back().position;
    CHECK(page.complete == (read.size() == all.size()));
  }
  CHECK(read == all);
}

TEST_CASE("storage: pages go over all conversations in the order of acceptance") {
  Bench bench(anyKind());
  bench.create("g", false, {"bob"});
  std::vector<Token> asked;
  for (int i = 0; i < 12; ++i) {
    const std::string id = 'm' + std::to_string(i);
    if (i % 3 == 0) {
      asked.push_back(bench.appendTo("g", id, 100));
      continue;
    }
    // The clock of one of them is behind.
    Append message = Bench::make(id, i % 3 == 1 ? 100 : 50);
    const std::string conv = "c" + std::to_string(i % 3);
    message.conv_id = conv;
    message.receivers = {&kBobAway, 1};
    asked.push_back(bench.append(message));
  }
  bench.finish();
  Ids all;
  for (Position after = 0;;) {
    const Token page = bench.pending("bob", after, 5);
    bench.finish();
    const auto& messages = *bench.results.pending.at(page).messages;
    for (const StoredMessage& message : messages) all.push_back(message.id);
    if (bench.results.pending.at(page).complete) break;
    REQUIRE(messages.size() == 5);
    after = messages.back().position;
  }
  CHECK(all == Ids{"m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9", "m10", "m11"});
}

TEST_CASE("storage: the rows of each conversation count up by one, and their times never fall") {
  Bench bench(anyKind());
  std::vector<Token> asked;
  const std::int64_t times[] = {100, 90, 100, 105, 30, 106};
  for (int i = 0; i < 6; ++i) {
    const std::string id = 'm' + std::to_string(i);
    Append message = Bench::make(id, times[i]);
    message.conv_id = "c1";
    message.receivers = {&kBobAway, 1};
    asked.push_back(bench.append(message));
    message.conv_id = "c2";
    message.timestamp = 10 * i;
    asked.push_back(bench.append(message));
  }
  bench.finish();
  const std::int64_t kept[] = {100, 100, 100, 105, 105, 106};
  for (int i = 0; i < 6; ++i) {
    const Appended& first = bench.appended(asked[2 * static_cast<std::size_t>(i)]);
    const Appended& second = bench.appended(asked[2 * static_cast<std::size_t>(i) + 1]);
    CHECK(first.seq == i + 1);
    CHECK(second.seq == i + 1);
    CHECK(first.timestamp == kept[i]);
    CHECK(second.timestamp == 10 * i);
    CHECK(first.conversation == bench.appended(asked[0]).conversation);
    CHECK(second.conversation != first.conversation);
  }
  const Token page = bench.pending("bob");
  bench.finish();
  const auto& messages = *bench.results.pending.at(page).messages;
  REQUIRE(messages.size() == 12);
  for (std::size_t i = 0; i < 12; ++i) {
    CHECK(messages[i].timestamp == bench.appended(asked[i]).timestamp);
    CHECK(messages[i].seq == bench.appended(asked[i]).seq);
  }
}

TEST_CASE("storage: acknowledged messages wait no more for that peer, and go on for others") {
  Bench bench(anyKind());
  const std::vector<PeerRef> both{{"bob", true}, {"carol", false}};
  const Token first = bench.append("m1", 100, both);
  const Token second = bench.append("m2", 100, both);
  bench.finish();
  const SeqRange known = bench.rangeOf(first);
  const std::vector<SeqRange> ranges{known, {known.conversation + 4711, 1, 2}};
  bench.tell(Acknowledge{"app", "bob", ranges});
  bench.tell(Acknowledge{"app", "nobody", ranges});
  bench.tell(Acknowledge{"elsewhere", "carol", ranges});
  CHECK(bench.pendingIds("bob") == Ids{"m2"});
  CHECK(bench.pendingIds("carol") == Ids{"m1", "m2"});
  bench.acknowledge("carol", {second});
  bench.acknowledge("carol", {second});
  CHECK(bench.pendingIds("carol") == Ids{"m1"});
}

TEST_CASE("storage: messages are acknowledged in any order, once and again, and beyond the log") {
  Bench bench(anyKind());
  std::vector<Token> asked;
  for (int i = 1; i <= 9; ++i) {
    asked.push_back(bench.append('m' + std::to_string(i), 100, {&kBobHere, 1}));
  }
  bench.finish();
  const ConversationKey key = bench.appended(asked[0]).conversation;
  const auto acknowledge = [&](Seq first, Seq last) {
    const SeqRange range{key, first, last};
    bench.tell(Acknowledge{"app", "bob", {&range, 1}});
    return bench.pendingIds("bob");
  };
  CHECK(acknowledge(5, 5) == Ids{"m1", "m2", "m3", "m4", "m6", "m7", "m8", "m9"});
  CHECK(acknowledge(2, 3) == Ids{"m1", "m4", "m6", "m7", "m8", "m9"});
  CHECK(acknowledge(5, 7) == Ids{"m1", "m4", "m8", "m9"});
  CHECK(acknowledge(1, 1) == Ids{"m4", "m8", "m9"});
  CHECK(acknowledge(7, 8) == Ids{"m4", "m9"});
  CHECK(acknowledge(-5, 0) == Ids{"m4", "m9"});
  CHECK(acknowledge(6, 5) == Ids{"m4", "m9"});
  CHECK(acknowledge(9, 4711) == Ids{"m4"});
  CHECK(acknowledge(4, 4).empty());
  // What comes now was not acknowledged, however far that went.
  bench.append("m10", 100, {&kBobHere, 1});
  CHECK(bench.pendingIds("bob") == Ids{"m10"});
  CHECK(acknowledge(1, 10).empty());
}

TEST_CASE("storage: in a conversation of two each waits for the other's messages only") {
  Bench bench(anyKind());
  const auto say = [&](std::string_view from, std::string_view to, std::string_view id) {
    Append message = Bench::make(id, 100);
    message.from = from;
    const PeerRef receiver{to, true};
    message.receivers = {&receiver, 1};
    return bench.append(message);
  };
  const Token a1 = say("alice", "bob", "a1");
  const Token b1 = say("bob", "alice", "b1");
  const Token a2 = say("alice", "bob", "a2");
  CHECK(bench.pendingIds("alice") == Ids{"b1"});
  CHECK(bench.pendingIds("bob") == Ids{"a1", "a2"});
  bench.acknowledge("bob", {a2});
  say("bob", "alice", "b2");
  CHECK(bench.pendingIds("bob") == Ids{"a1"});
  CHECK(bench.pendingIds("alice") == Ids{"b1", "b2"});
  bench.acknowledge("bob", {a1});
  bench.acknowledge("alice", {b1});
  CHECK(bench.pendingIds("bob").empty());
  CHECK(bench.pendingIds("alice") == Ids{"b2"});
  say("alice", "bob", "a3");
  CHECK(bench.pendingIds("bob") == Ids{"a3"});
}

TEST_CASE("storage: of very many holes those of the oldest messages are known") {
  Bench bench(anyKind());
  std::vector<Token> asked;
  for (int i = 0; i < 200; ++i) {
    asked.push_back(bench.append('m' + std::to_string(i), 100, {&kBobHere, 1}));
  }
  bench.finish();
  std::vector<Token> odd;
  for (std::size_t i = 1; i < 200; i += 2) odd.push_back(asked[i]);
  SECTION("acknowledged one by one") {
    for (const Token each : odd) bench.acknowledge("bob", {each});
  }
  SECTION("all at once") { bench.acknowledge("bob", odd); }
  SECTION("newest first") {
    for (std::size_t i = odd.size(); i > 0; --i) bench.acknowledge("bob", {odd[i - 1]});
  }
  const Ids left = bench.pendingIds("bob");
  // Nothing is lost; what was acknowledged may come again, but not that of the first 60 holes.
  Ids unacknowledged;
  Ids even;
  for (const std::string& id : left) {
    const int number = std::stoi(id.substr(1));
    if (number % 2 == 0) even.push_back(id);
    CHECK((number % 2 == 0 || number > 120));
  }
  CHECK(even.size() == 100);
  bench.acknowledge("bob", asked);
  CHECK(bench.pendingIds("bob").empty());
}

TEST_CASE("storage: a message to oneself, too, waits for its sender") {
  Bench bench(anyKind());
  Append message = Bench::make("m1", 100);
  message.to_self = true;
  const Token first = bench.append(message);
  message.conv_id = "both";
  message.id = "m2";
  message.receivers = {&kBobAway, 1};
  bench.append(message);
  message.id = "m3";
  message.to_self = false;
  bench.append(message);
  CHECK(bench.pendingIds("alice") == Ids{"m1", "m2"});
  CHECK(bench.pendingIds("bob") == Ids{"m2", "m3"});
  bench.acknowledge("alice", {first, first + 1});
  CHECK(bench.pendingIds("alice").empty());
}

TEST_CASE("storage: a receiver named twice gets one message") {
  Bench bench(anyKind());
  const std::vector<PeerRef> twice{kBobAway, kBobHere, {"alice", true}};
  const Token asked = bench.append("m1", 100, twice);
  CHECK(bench.pendingIds("bob") == Ids{"m1"});
  CHECK(bench.pendingIds("alice").empty());
  bench.acknowledge("bob", {asked});
  CHECK(bench.pendingIds("bob").empty());
}

TEST_CASE("storage: a conversation of many waits for each of them") {
  Bench bench(anyKind());
  std::vector<std::string> names;
  for (int i = 0; i < 20; ++i) names.push_back('p' + std::to_string(i));
  std::vector<PeerRef> receivers;
  for (const std::string& name : names) receivers.push_back({name, false});
  const Token first = bench.append("m1", 100, receivers);
  bench.append("m2", 100, receivers);
  Append answer = Bench::make("m3", 100);
  answer.from = "p7";
  bench.append(answer);
  bench.acknowledge("p7", {first});
  CHECK(bench.pendingIds("p7") == Ids{"m2"});
  CHECK(bench.pendingIds("p19") == Ids{"m1", "m2", "m3"});
  CHECK(bench.pendingIds("alice") == Ids{"m3"});
}

TEST_CASE("storage: devices of a peer that are at different pages each get what they lack") {
  Bench bench(anyKind());
  std::vector<Token> asked;
  Ids all;
  for (int i = 1; i <= 30; ++i) {
    all.push_back("m" + std::to_string(i));
    asked.push_back(bench.append(all.back(), 100, {&kBobHere, 1}));
  }
  bench.firstPage("bob", 1000, 10);
  const auto page = [&](std::size_t behind, std::size_t limit) {
    const Token wanted = bench.pending("bob", bench.positionOf(asked[behind - 1]), limit);
    bench.finish();
    return Bench::ids(*bench.results.pending.at(wanted).messages);
  };
  CHECK(page(10, 10) == Ids(all.begin() + 10, all.begin() + 20));
  // The other one is a page behind.
  CHECK(page(5, 15) == Ids(all.begin() + 5, all.begin() + 20));
  CHECK(page(10, 100) == Ids(all.begin() + 10, all.end()));
  // What was acknowledged meanwhile waits for none of them.
  bench.firstPage("bob", 1000, 10);
  bench.acknowledge("bob", {asked[14], asked[24]});
  Ids left(all.begin() + 10, all.end());
  std::erase(left, "m15");
  std::erase(left, "m25");
  CHECK(page(10, 100) == left);
}

}  // namespace kith::storage
