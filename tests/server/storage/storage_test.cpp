// SPDX-License-Identifier: Apache-2.0
// One suite for both storages.
#include "server/storage/storage.hpp"

#include <algorithm>
#include <map>
#include <random>

#include "support/storage_results.hpp"

namespace kith::storage {
namespace {

enum class Kind { Memory, Sqlite };

// A storage with the shorthand that the tests below need.
class Bench {
 public:
  explicit Bench(Kind kind) : kind_(kind) {
    open();
    storage->configureApp("app", {});
  }

  void open() {
    const Wake wake = [this] { bell.ring(); };
    if (kind_ == Kind::Memory) {
      storage = makeMemoryStorage(wake);
      return;
    }
    auto opened = openSqliteStorage(folder.path(), wake);
    REQUIRE(opened.ok());
    storage = std::move(opened).value();
  }

  Token append(NewMessage message) {
    storage->append(++token, message);
    return token;
  }
  Token append(std::string_view id, std::int64_t timestamp, std::span<const ReceiverRef> receivers,
               std::string_view text = "text") {
    NewMessage message = make(id, timestamp, text);
    message.receivers = receivers;
    return append(message);
  }
  static NewMessage make(std::string_view id, std::int64_t timestamp,
                         std::string_view text = "text") {
    NewMessage message;
    message.app_id = "app";
    message.id = id;
    message.timestamp = timestamp;
    message.from = "alice";
    message.conv_id = "conv";
    message.text = text;
    return message;
  }
  Token pending(std::string_view peer, Sequence after = 0, std::size_t limit = 1000,
                std::int64_t now = 1000) {
    storage->pending(++token, "app", peer, after, limit, now);
    return token;
  }
  Token history(HistoryRange range) {
    range.app_id = "app";
    storage->history(++token, range);
    return token;
  }
  Token group(std::string_view id) {
    storage->loadGroup(++token, "app", id);
    return token;
  }
  void finish() {
    storage->flush();
    while (results.order.empty() || results.order.back() != token) {
      if (storage->drain(results) == 0) REQUIRE(bell.wait());
    }
  }
  std::vector<std::string> pendingIds(std::string_view peer, std::int64_t now = 1000) {
    const Token asked = pending(peer, 0, 100000, now);
    finish();
    return ids(*results.pending.at(asked).messages);
  }
  std::vector<std::string> historyIds(const HistoryRange& range) {
    const Token asked = history(range);
    finish();
    return ids(*results.history.at(asked));
  }
  static std::vector<std::string> ids(const std::vector<StoredMessage>& messages) {
    std::vector<std::string> all;
    for (const StoredMessage& message : messages) all.push_back(message.id);
    return all;
  }
  Sequence sequenceOf(Token asked) { return results.appended.at(asked)->sequence; }

  TemporaryFolder folder;
  Bell bell;
  RecordedResults results;
  std::unique_ptr<Storage> storage;
  Token token{0};

 private:
  Kind kind_;
};

using Ids = std::vector<std::string>;
constexpr ReceiverRef kBobAway{"bob", false};
constexpr ReceiverRef kBobHere{"bob", true};

Kind anyKind() { return GENERATE(Kind::Memory, Kind::Sqlite); }

}  // namespace

TEST_CASE("storage: an append comes back with its sequence and time, in the order of calls") {
  Bench bench(anyKind());
  const Token first = bench.append("m1", 100, {});
  const Token second = bench.append("m2", 101, {});
  const Token third = bench.pending("bob");
  CHECK(bench.results.order.empty());
  bench.finish();
  CHECK(bench.results.order == std::vector<Token>{first, second, third});
  CHECK(bench.results.appended.at(first)->timestamp == 100);
  CHECK_FALSE(bench.results.appended.at(first)->duplicate);
  CHECK(bench.sequenceOf(second) > bench.sequenceOf(first));
  CHECK(bench.storage->stats().appended == 2);
  CHECK(bench.storage->stats().commits >= 1);
}

TEST_CASE("storage: nothing is handed out before flush()") {
  Bench bench(anyKind());
  bench.append("m1", 100, {});
  CHECK(bench.storage->drain(bench.results) == 0);
  bench.finish();
  CHECK(bench.results.order.size() == 1);
}

TEST_CASE("storage: every field of a message survives, also odd bytes") {
  Bench bench(anyKind());
  const std::string_view odd("a\0b\n\"'\xe5\xb0\x8f", 9);
  NewMessage message = Bench::make("m1", 123, odd);
  message.from = odd;
  message.group_id = "group";
  message.conv_id = "group";
  message.receipt_wanted = true;
  const std::vector<std::string_view> addressed{"bob", odd, ""};
  message.addressed = addressed;
  const std::vector<ReceiverRef> receivers{{odd, false}};
  message.receivers = receivers;
  const Token asked = bench.append(message);
  const Token pending = bench.pending(odd);
  bench.finish();
  const StoredMessage expected{bench.sequenceOf(asked), "m1",    123,
                               std::string(odd),        "group", "group",
                               std::string(odd),        true,    {"bob", std::string(odd), ""}};
  REQUIRE(bench.results.pending.at(pending).messages->size() == 1);
  const StoredMessage& got = bench.results.pending.at(pending).messages->front();
  CHECK(got.sequence == expected.sequence);
  CHECK(got.id == expected.id);
  CHECK(got.timestamp == expected.timestamp);
  CHECK(got.from == expected.from);
  CHECK(got.conv_id == expected.conv_id);
  CHECK(got.group_id == expected.group_id);
  CHECK(got.text == expected.text);
  CHECK(got.receipt_wanted);
  CHECK(got.addressed == expected.addressed);
}

TEST_CASE("storage: a queue comes oldest first, in pages, and says when nothing is left") {
  Bench bench(anyKind());
  std::vector<Token> asked;
  const std::vector<std::string> ids{"m1", "m2", "m3"};
  for (const std::string& id : ids) asked.push_back(bench.append(id, 100, {&kBobAway, 1}));
  const Token page = bench.pending("bob", 0, 2);
  bench.finish();
  CHECK(Bench::ids(*bench.results.pending.at(page).messages) == Ids{"m1", "m2"});
  CHECK_FALSE(bench.results.pending.at(page).complete);
  const Token rest = bench.pending("bob", bench.sequenceOf(asked[1]), 2);
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

TEST_CASE("storage: acknowledged messages leave the queue of that peer only") {
  Bench bench(anyKind());
  const std::vector<ReceiverRef> both{{"bob", true}, {"carol", false}};
  const Token first = bench.append("m1", 100, both);
  const Token second = bench.append("m2", 100, both);
  bench.finish();
  const std::vector<Sequence> known{bench.sequenceOf(first), 4711};
  bench.storage->acknowledge("app", "bob", known);
  bench.storage->acknowledge("app", "nobody", known);
  bench.storage->acknowledge("elsewhere", "bob", known);
  CHECK(bench.pendingIds("bob") == Ids{"m2"});
  CHECK(bench.pendingIds("carol") == Ids{"m1", "m2"});
  const std::vector<Sequence> last{bench.sequenceOf(second)};
  bench.storage->acknowledge("app", "carol", last);
  bench.storage->acknowledge("app", "carol", last);
  CHECK(bench.pendingIds("carol") == Ids{"m1"});
}

TEST_CASE("storage: a known token gives the first id and time and stores nothing") {
  Bench bench(anyKind());
  NewMessage message = Bench::make("m1", 100);
  message.dedupe = "token";
  message.receivers = {&kBobAway, 1};
  const Token first = bench.append(message);
  message.id = "m2";
  message.timestamp = 200;
  SECTION("in the same turn") {}
  SECTION("in a later turn") { bench.finish(); }
  const Token second = bench.append(message);
  message.from = "anna";
  message.id = "m3";
  const Token other_sender = bench.append(message);
  CHECK(bench.pendingIds("bob") == Ids{"m1", "m3"});
  const Appended& repeat = *bench.results.appended.at(second);
  CHECK(repeat.duplicate);
  CHECK(repeat.id == "m1");
  CHECK(repeat.timestamp == 100);
  CHECK(repeat.sequence == bench.sequenceOf(first));
  CHECK_FALSE(bench.results.appended.at(other_sender)->duplicate);
  CHECK(bench.historyIds({}) == Ids{"m3", "m1"});
}

TEST_CASE("storage: tokens are known in whatever order they come") {
  Bench bench(anyKind());
  std::mt19937 random(3);
  std::map<std::string, std::string> first;  // token: id
  for (int i = 0; i < 800; ++i) {
    // Some count up, some are anywhere, and many come again.
    const std::string token =
        i % 3 == 0 ? "a" + std::to_string(1000 + i)
                   : std::string(1, "abc"[random() % 3]) + std::to_string(1000 + random() % 900);
    const std::string id = "m" + std::to_string(i);
    NewMessage message = Bench::make(id, 100);
    message.dedupe = token;
    const Token asked = bench.append(message);
    const auto [known, fresh] = first.emplace(token, id);
    bench.finish();
    CAPTURE(i, token);
    REQUIRE(bench.results.appended.at(asked)->duplicate == !fresh);
    if (!fresh) REQUIRE(bench.results.appended.at(asked)->id == known->second);
  }
}

TEST_CASE("storage: beyond the offline limit the oldest message of the absence goes (Q8)") {
  Bench bench(anyKind());
  bench.storage->configureApp("app", {3, 1000000, 100});
  const std::vector<std::string> ids{"a1", "a2", "a3", "a4", "a5"};
  const Token here = bench.append("h1", 90, {&kBobHere, 1});
  for (const std::string& id : ids) bench.append(id, 100, {&kBobAway, 1});
  bench.append("h2", 110, {&kBobHere, 1});
  CHECK(bench.pendingIds("bob") == Ids{"h1", "a3", "a4", "a5", "h2"});
  CHECK(bench.historyIds({}).size() == 7);
  // An acknowledgement makes room again.
  const Token a4 = here + 4;
  const std::vector<Sequence> acknowledged{bench.sequenceOf(here), bench.sequenceOf(a4)};
  bench.storage->acknowledge("app", "bob", acknowledged);
  bench.append("a6", 120, {&kBobAway, 1});
  CHECK(bench.pendingIds("bob") == Ids{"a3", "a5", "h2", "a6"});
  bench.append("a7", 120, {&kBobAway, 1});
  CHECK(bench.pendingIds("bob") == Ids{"a5", "h2", "a6", "a7"});
}

TEST_CASE("storage: a queue never holds more than the limit of unacknowledged messages") {
  Bench bench(anyKind());
  bench.storage->configureApp("app", {50, 1000000, 3});
  const std::vector<std::string> ids{"m1", "m2", "m3", "m4"};
  for (const std::string& id : ids) bench.append(id, 100, {&kBobHere, 1});
  bench.append("m5", 100, {&kBobAway, 1});
  CHECK(bench.pendingIds("bob") == Ids{"m3", "m4", "m5"});
}

TEST_CASE("storage: a limit of zero keeps nothing for peers that are away") {
  Bench bench(anyKind());
  bench.storage->configureApp("app", {0, 1000000, 3});
  bench.append("m1", 100, {&kBobAway, 1});
  CHECK(bench.pendingIds("bob").empty());
  CHECK(bench.historyIds({}) == Ids{"m1"});
}

TEST_CASE("storage: messages older than the app's age are left out, and expire() forgets them") {
  Bench bench(anyKind());
  bench.storage->configureApp("app", {50, 1000, 100});
  bench.append("old", 100, {&kBobAway, 1});
  bench.append("new", 600, {&kBobAway, 1});
  CHECK(bench.pendingIds("bob", 1100) == Ids{"old", "new"});
  CHECK(bench.pendingIds("bob", 1101) == Ids{"new"});
  bench.storage->expire(1101);
  CHECK(bench.pendingIds("bob", 0) == Ids{"new"});
  bench.storage->configureApp("other", {50, 10, 100});
  bench.storage->expire(1101);
  CHECK(bench.pendingIds("bob", 0) == Ids{"new"});
}

TEST_CASE("storage: expire() forgets tokens after a day") {
  Bench bench(anyKind());
  NewMessage message = Bench::make("m1", 1000);
  message.dedupe = "token";
  bench.append(message);
  constexpr std::int64_t kDay = 24ll * 3600 * 1000;
  bench.storage->expire(1000 + kDay);
  const Token kept = bench.append(message);
  bench.storage->expire(1001 + kDay);
  const Token forgotten = bench.append(message);
  bench.finish();
  CHECK(bench.results.appended.at(kept)->duplicate);
  CHECK_FALSE(bench.results.appended.at(forgotten)->duplicate);
}

TEST_CASE("storage: log-only messages enter the history and nobody's queue") {
  Bench bench(anyKind());
  NewMessage message = Bench::make("m1", 100);
  message.log_only = true;
  message.receivers = {&kBobHere, 1};
  bench.append(message);
  CHECK(bench.pendingIds("bob").empty());
  CHECK(bench.historyIds({}) == Ids{"m1"});
}

TEST_CASE("storage: a receiver named twice gets one message") {
  Bench bench(anyKind());
  const std::vector<ReceiverRef> twice{kBobAway, kBobHere};
  bench.append("m1", 100, twice);
  CHECK(bench.pendingIds("bob") == Ids{"m1"});
}

TEST_CASE("storage: the history is newest first and selects by conversation and sender") {
  Bench bench(anyKind());
  const auto keep = [&](std::string_view id, std::int64_t at, std::string_view conv,
                        std::string_view from) {
    NewMessage message = Bench::make(id, at);
    message.conv_id = conv;
    message.from = from;
    bench.append(message);
  };
  keep("m1", 100, "c1", "alice");
  keep("m2", 100, "c2", "alice");
  keep("m3", 101, "c1", "bob");
  keep("m4", 99, "c1", "alice");  // the clock jumped back
  HistoryRange range;
  CHECK(bench.historyIds(range) == Ids{"m3", "m2", "m1", "m4"});
  range.limit = 2;
  CHECK(bench.historyIds(range) == Ids{"m3", "m2"});
  range.limit = 0;
  CHECK(bench.historyIds(range).empty());
  range.limit = 100;
  range.conv_id = "c1";
  CHECK(bench.historyIds(range) == Ids{"m3", "m1", "m4"});
  range.from = "alice";
  CHECK(bench.historyIds(range) == Ids{"m1", "m4"});
  range.conv_id.clear();
  CHECK(bench.historyIds(range) == Ids{"m2", "m1", "m4"});
  range.from = "stranger";
  CHECK(bench.historyIds(range).empty());
  range.from.clear();
  range.conv_id = "nowhere";
  CHECK(bench.historyIds(range).empty());
}

TEST_CASE("storage: the history pages by time and id without loss and without repeats") {
  Bench bench(anyKind());
  const std::vector<std::string> ids{"m1", "m2", "m3", "m4"};
  for (const std::string& id : ids) bench.append(id, id == "m1" ? 99 : 100, {});
  HistoryRange range;
  range.before = 100;
  CHECK(bench.historyIds(range) == Ids{"m4", "m3", "m2", "m1"});
  range.before_exclusive = true;
  CHECK(bench.historyIds(range) == Ids{"m1"});
  range.before_id = "m3";
  CHECK(bench.historyIds(range) == Ids{"m2", "m1"});
  range.before_exclusive = false;
  CHECK(bench.historyIds(range) == Ids{"m2", "m1"});
  range.before_id = "unknown";
  CHECK(bench.historyIds(range) == Ids{"m4", "m3", "m2", "m1"});
  range.before_exclusive = true;
  CHECK(bench.historyIds(range) == Ids{"m1"});
}

TEST_CASE("storage: the history finds any time, wherever the clock went") {
  struct Kept {
    std::string id;
    std::int64_t at;
    std::string conv;
    std::string from;
  };
  Bench bench(anyKind());
  std::vector<Kept> all;
  std::mt19937 random(7);
  std::int64_t clock = 1000;
  for (int i = 0; i < 600; ++i) {
    clock += static_cast<std::int64_t>(random() % 3);
    if (i == 200) clock -= 150;  // set back
    if (random() % 50 == 0) clock -= 5;
    Kept kept{"m" + std::to_string(i), clock, "c" + std::to_string(random() % 4),
              "p" + std::to_string(random() % 3)};
    NewMessage message = Bench::make(kept.id, kept.at);
    message.conv_id = kept.conv;
    message.from = kept.from;
    bench.append(message);
    if (i % 41 == 0) bench.finish();
    all.push_back(std::move(kept));
  }
  std::reverse(all.begin(), all.end());
  std::stable_sort(all.begin(), all.end(),
                   [](const Kept& a, const Kept& b) { return a.at > b.at; });
  const auto expected = [&](const HistoryRange& range) {
    Ids ids;
    bool begun = range.before_id.empty();
    for (const Kept& kept : all) {
      const bool named = !begun && kept.id == range.before_id;
      if (range.before != 0 && kept.at > range.before) continue;
      if (named) begun = true;
      if (!begun || named ||
          (range.before_id.empty() && range.before_exclusive && range.before != 0 &&
           kept.at == range.before)) {
        continue;
      }
      if (!range.conv_id.empty() && kept.conv != range.conv_id) continue;
      if (!range.from.empty() && kept.from != range.from) continue;
      if (ids.size() < static_cast<std::size_t>(range.limit)) ids.push_back(kept.id);
    }
    return ids;
  };
  for (int i = 0; i < 60; ++i) {
    HistoryRange range;
    range.limit = 1 + static_cast<int>(random() % 40);
    if (i % 3 == 1) range.conv_id = "c" + std::to_string(random() % 4);
    if (i % 3 == 2) range.from = "p" + std::to_string(random() % 3);
    const Kept& kept = all[random() % all.size()];
    if (i % 5 != 0) range.before = kept.at;
    if (i % 5 >= 3) range.before_id = kept.id;
    range.before_exclusive = i % 2 == 0;
    CAPTURE(i, range.conv_id, range.from, range.before, range.before_id, range.before_exclusive);
    CHECK(bench.historyIds(range) == expected(range));
  }
}

TEST_CASE("storage: apps do not see each other's messages, queues, tokens and groups") {
  Bench bench(anyKind());
  bench.storage->configureApp("other", {});
  NewMessage message = Bench::make("m1", 100);
  message.receivers = {&kBobAway, 1};
  message.dedupe = "token";
  bench.append(message);
  bench.storage->createGroup(++bench.token, "app", {"g", false, {"bob"}}, 1);
  message.app_id = "other";
  message.id = "m2";
  const Token second = bench.append(message);
  bench.storage->loadGroup(++bench.token, "other", "g");
  const Token group = bench.token;
  CHECK(bench.pendingIds("bob") == Ids{"m1"});
  CHECK(bench.historyIds({}) == Ids{"m1"});
  CHECK_FALSE(bench.results.appended.at(second)->duplicate);
  CHECK_FALSE(bench.results.groups.at(group)->has_value());
}

TEST_CASE("storage: members of a group keep the order in which they came") {
  Bench bench(anyKind());
  bench.storage->createGroup(++bench.token, "app", {"g", true, {"b", "a", "b"}}, 1);
  const std::vector<std::string_view> more{"d", "a", "c"};
  bench.storage->addMembers(++bench.token, "app", "g", more);
  const Token before = bench.group("g");
  const std::vector<std::string_view> less{"b", "nobody"};
  bench.storage->removeMembers(++bench.token, "app", "g", less);
  const std::vector<std::string_view> again{"b"};
  bench.storage->addMembers(++bench.token, "app", "g", again);
  const Token after = bench.group("g");
  bench.finish();
  REQUIRE(bench.results.groups.at(before)->has_value());
  CHECK((*bench.results.groups.at(before))->open);
  CHECK((*bench.results.groups.at(before))->id == "g");
  CHECK((*bench.results.groups.at(before))->members == Ids{"b", "a", "d", "c"});
  CHECK((*bench.results.groups.at(after))->members == Ids{"a", "d", "c", "b"});
  for (const auto& [token, result] : bench.results.changed) CHECK(result.ok());
}

TEST_CASE("storage: a group that is not there, or is there already, is said so") {
  Bench bench(anyKind());
  const std::vector<std::string_view> peers{"a"};
  bench.storage->createGroup(++bench.token, "app", {"g", false, {}}, 1);
  bench.storage->createGroup(++bench.token, "app", {"g", false, {"x"}}, 1);
  const Token twice = bench.token;
  bench.storage->addMembers(++bench.token, "app", "h", peers);
  const Token add = bench.token;
  bench.storage->removeMembers(++bench.token, "app", "h", peers);
  const Token remove = bench.token;
  const Token load = bench.group("h");
  const Token empty = bench.group("g");
  bench.finish();
  CHECK(bench.results.changed.at(twice).error().code == Errc::Rejected);
  CHECK(bench.results.changed.at(add).error().code == Errc::GroupNotFound);
  CHECK(bench.results.changed.at(remove).error().code == Errc::GroupNotFound);
  CHECK(*bench.results.groups.at(load) == std::nullopt);
  CHECK((*bench.results.groups.at(empty))->members.empty());
}

TEST_CASE("storage: an app that was never declared is refused") {
  Bench bench(anyKind());
  NewMessage message = Bench::make("m1", 100);
  message.app_id = "nope";
  const Token append = bench.append(message);
  bench.storage->pending(++bench.token, "nope", "bob", 0, 1, 0);
  const Token pending = bench.token;
  bench.finish();
  CHECK(bench.results.appended.at(append).error().code == Errc::InvalidArgument);
  CHECK(bench.results.pending.at(pending).messages.error().code == Errc::InvalidArgument);
}

TEST_CASE("storage: close() commits what was asked; results may be drained after it") {
  Bench bench(anyKind());
  const Token kept = bench.append("m1", 100, {});
  bench.storage->close();
  bench.storage->close();
  CHECK(bench.storage->drain(bench.results) == 1);
  CHECK(bench.results.appended.at(kept).ok());
  const Token late = bench.append("m2", 100, {});
  const Token late_group = bench.group("g");
  bench.storage->flush();
  CHECK(bench.storage->drain(bench.results) == 2);
  CHECK(bench.results.appended.at(late).error().code == Errc::Closed);
  CHECK(bench.results.groups.at(late_group).error().code == Errc::Closed);
}

TEST_CASE("storage: thousands of appends over many turns all come back, in order") {
  Bench bench(anyKind());
  std::vector<Token> asked;
  for (int i = 0; i < 3000; ++i) {
    const std::string id = "m" + std::to_string(i);
    asked.push_back(bench.append(id, 100 + i, {&kBobHere, 1}));
    if (i % 7 == 0) bench.storage->flush();
    if (i % 100 == 0) bench.storage->drain(bench.results);
  }
  bench.finish();
  CHECK(bench.results.order == asked);
  CHECK(bench.pendingIds("bob").size() == 3000);
}

TEST_CASE("storage: a result may ask for more while it is being handed out") {
  Bench bench(anyKind());
  struct Asker final : Results {
    explicit Asker(Storage& s) : storage(s) {}
    void onAppended(Token token, Result<Appended>) override {
      storage.pending(token + 1, "app", "bob", 0, 10, 0);
      storage.flush();
    }
    void onPending(Token, Result<std::vector<StoredMessage>> messages, bool) override {
      found = messages->size();
    }
    void onGroup(Token, Result<std::optional<GroupRecord>>) override {}
    void onChanged(Token, Result<void>) override {}
    void onHistory(Token, Result<std::vector<StoredMessage>>) override {}
    Storage& storage;
    std::size_t found{0};
  } asker(*bench.storage);
  bench.append("m1", 100, {&kBobHere, 1});
  bench.storage->flush();
  for (std::size_t handed = 0; handed < 2;) {
    const std::size_t now = bench.storage->drain(asker);
    handed += now;
    if (now == 0) REQUIRE(bench.bell.wait());
  }
  CHECK(asker.found == 1);
}

}  // namespace kith::storage
