// SPDX-License-Identifier: Apache-2.0
// What the storages keep in memory stays within its bounds.
#include <string>
#include <vector>

#include "server/storage/memory_tables.hpp"
#include "server/storage/row_cache.hpp"
#include "support/catch.hpp"

namespace kith::storage {

TEST_CASE("storage: the memory keeps the newest messages of the history and no more") {
  Answers answers;
  MemoryTables tables(answers);
  tables.execute(kNoToken, ConfigureApp{"app", {}});
  constexpr std::int64_t kOver = 10;
  for (std::int64_t i = 1; i <= static_cast<std::int64_t>(kMemoryHistory) + kOver; ++i) {
    Append message;
    message.app_id = "app";
    const std::string id = std::to_string(i);
    message.id = id;
    message.timestamp = i;
    message.from = "alice";
    message.conv_id = "conv";
    tables.execute(1, message);
    answers.clear();
  }
  const auto before = [&](std::int64_t time) {
    HistoryRange range;
    range.app_id = "app";
    range.before = time;
    tables.execute(2, range.request());
    const auto answer = std::get<Result<HistoryPage>>(answers.back().value);
    return answer->messages.size();
  };
  CHECK(before(kOver) == 0);
  CHECK(before(kOver + 1) == 1);
  CHECK(before(kOver + 50) == 50);
}

namespace {

/// A storage in memory whose history is small enough to be filled.
class Filled {
 public:
  explicit Filled(const AppLimits& limits) {
    tables_.execute(kNoToken, ConfigureApp{"app", limits});
  }
  Appended append(std::string_view conv, ConversationKind kind = ConversationKind::Pair) {
    const std::string id = std::to_string(++number_);
    Append message;
    message.app_id = "app";
    message.id = id;
    message.timestamp = number_;
    message.from = "alice";
    message.conv_id = conv;
    message.kind = kind;
    const PeerRef bob{"bob", true};
    if (conv != "other") message.receivers = {&bob, 1};
    return answer<Appended>(message);
  }
  void fill() {
    for (std::size_t i = 0; i < kMemoryHistory; ++i) append("other");
  }
  template <typename Reply, typename Request>
  Reply answer(const Request& request) {
    tables_.execute(1, request);
    Reply reply = *std::get<Result<Reply>>(answers_.back().value);
    answers_.clear();
    return reply;
  }
  void tell(const auto& request) {
    tables_.execute(kNoToken, request);
    answers_.clear();
  }
  std::vector<std::string> waiting(std::int64_t now = 0) {
    std::vector<std::string> ids;
    for (const auto& each : answer<PendingPage>(ReadPending{"app", "bob", 0, 1000, now}).messages) {
      ids.push_back(each.id);
    }
    return ids;
  }
  std::size_t rowsOf(std::string_view conv) {
    ReadLog range;
    range.app_id = "app";
    range.conv_id = conv;
    range.with_changes = true;
    return answer<HistoryPage>(range).messages.size();
  }

 private:
  Answers answers_;
  MemoryTables tables_{answers_};
  std::int64_t number_{0};
};

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("storage: of a conversation the memory keeps few messages beyond the history") {
  Filled memory({3, 1'000'000, 10'000});
  const PeerRef bob{"bob", true};
  const auto made =
      memory.answer<MembersChanged>(CreateGroup{"app", "g", false, {&bob, 1}, "alice", 1});
  CHECK(made.seq == 1);
  memory.answer<MembersChanged>(CreateGroup{"app", "nobody", false, {}, "alice", 1});
  Appended last;
  for (int i = 0; i < 10; ++i) last = memory.append("pair");
  for (int i = 0; i < 10; ++i) memory.append("g", ConversationKind::Group);
  for (int i = 0; i < 10; ++i) memory.append("nobody", ConversationKind::Group);
  CHECK(memory.waiting().size() == 20);
  memory.fill();
  CHECK(memory.waiting() == Ids{"8", "9", "10", "18", "19", "20"});
  CHECK(memory.rowsOf("nobody") == 0);
  // The last one of a pair goes when it is acknowledged, and the conversation with it.
  SeqRange range{last.conversation, last.seq, last.seq};
  memory.tell(Acknowledge{"app", "bob", {&range, 1}});
  CHECK(memory.waiting() == Ids{"8", "9", "18", "19", "20"});
  range.first = 1;
  memory.tell(Acknowledge{"app", "bob", {&range, 1}});
  CHECK(memory.waiting() == Ids{"18", "19", "20"});
  CHECK(memory.rowsOf("pair") == 0);
  const Appended next = memory.append("pair");
  CHECK(next.seq == 1);
  CHECK(next.conversation != last.conversation);
  // A group goes on counting.
  CHECK(memory.append("g", ConversationKind::Group).seq == 12);
  CHECK(memory.append("nobody", ConversationKind::Group).seq == 11);
}

TEST_CASE("storage: what is beyond the history of the memory goes when it is too old") {
  Filled memory({3, 1000, 10'000});
  const PeerRef bob{"bob", true};
  memory.answer<MembersChanged>(CreateGroup{"app", "g", false, {&bob, 1}, "alice", 1});
  memory.append("pair");
  memory.append("g", ConversationKind::Group);
  memory.append("pair");
  memory.fill();
  CHECK(memory.waiting() == Ids{"1", "2", "3"});
  memory.tell(Expire{1002});
  CHECK(memory.waiting() == Ids{"2", "3"});
  memory.tell(Expire{1003});
  CHECK(memory.waiting() == Ids{"3"});
  memory.tell(Expire{1004});
  CHECK(memory.waiting().empty());
  CHECK(memory.rowsOf("pair") == 0);
  CHECK(memory.rowsOf("g") == 0);
}

TEST_CASE("sqlite: the cache of peers forgets the longest unused") {
  constexpr std::size_t kBound = 10;
  RowCache<PeerRow> cache(kBound);
  PeerRow peer;
  for (peer.row = 1; peer.row <= 100; ++peer.row) {
    cache.add({1, std::to_string(peer.row)}, peer);
    REQUIRE(cache.find(RowView{1, "1"}) != nullptr);  // always in use
    CHECK(cache.size() <= kBound);
  }
  for (const char* name : {"1", "97", "98", "99", "100"}) {
    const PeerRow* found = cache.find(RowView{1, name});
    REQUIRE(found != nullptr);
    CHECK(std::to_string(found->row) == name);
    CHECK(cache.find(RowView{2, name}) == nullptr);
  }
  CHECK(cache.find(RowView{1, "50"}) == nullptr);
}

TEST_CASE("sqlite: the cache of members forgets the longest unused, and keeps each apart") {
  constexpr std::size_t kBound = 200;  // halves that grow several times
  MemberCache cache(kBound);
  const auto nameOf = [](std::int64_t number) { return MemberKey{1 + number / 3, number % 3}; };
  MemberRow member;
  for (std::int64_t number = 0; number < 1000; ++number) {
    member.latest = number;
    CHECK(cache.add(nameOf(number), member)->latest == number);
    REQUIRE(cache.find(nameOf(0)) != nullptr);  // always in use
    CHECK(cache.size() <= kBound);
  }
  CHECK(cache.find(nameOf(0))->latest == 0);
  for (std::int64_t number = 901; number < 1000; ++number) {
    const MemberRow* found = cache.find(nameOf(number));
    REQUIRE(found != nullptr);
    CHECK(found->latest == number);
  }
  CHECK(cache.find(nameOf(500)) == nullptr);
  CHECK(cache.find({1000, 1}) == nullptr);

  const std::size_t before = cache.size();
  member.latest = 5;
  cache.add(nameOf(0), member);
  CHECK(cache.size() == before);
  CHECK(cache.find(nameOf(0))->latest == 5);
  cache.clear();
  CHECK(cache.size() == 0);
  CHECK(cache.find(nameOf(0)) == nullptr);
}

}  // namespace kith::storage
