// SPDX-License-Identifier: Apache-2.0
// Calls and their answers, tokens, apps. One suite for both storages; the tests of queues, groups,
// logs, history and messages have the rest of it.
#include "server/storage/storage.hpp"

#include <map>
#include <random>

#include "server/storage/storage_bench.hpp"

namespace kith::storage {

TEST_CASE("storage: an append comes back with its position and time, in the order of calls") {
  Bench bench(anyKind());
  const Token first = bench.append("m1", 100, {});
  const Token second = bench.append("m2", 101, {});
  const Token third = bench.pending("bob");
  CHECK(bench.results.order.empty());
  bench.finish();
  CHECK(bench.results.order == std::vector<Token>{first, second, third});
  CHECK(bench.results.appended.at(first)->timestamp == 100);
  CHECK_FALSE(bench.results.appended.at(first)->duplicate);
  CHECK(bench.positionOf(second) > bench.positionOf(first));
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
  Append message = Bench::make("m1", 123, odd);
  message.from = odd;
  message.receipt_wanted = true;
  const std::vector<std::string_view> addressed{"bob", odd, ""};
  message.addressed = addressed;
  const std::vector<PeerRef> receivers{{"bob", false}};
  message.receivers = receivers;
  SECTION("of a pair") { message.conv_id = odd; }
  SECTION("of a group") {
    bench.create(odd, false, {"bob"});
    message.conv_id = odd;
    message.kind = ConversationKind::Group;
  }
  const Token asked = bench.append(message);
  const Token pending = bench.pending("bob");
  bench.finish();
  REQUIRE(bench.results.pending.at(pending).messages->size() == 1);
  const StoredMessage& got = bench.results.pending.at(pending).messages->front();
  CHECK(got.position == bench.positionOf(asked));
  CHECK(got.conversation == bench.appended(asked).conversation);
  CHECK(got.seq == bench.appended(asked).seq);
  CHECK(got.row == RowKind::Message);
  CHECK(got.kind == message.kind);
  CHECK(got.id == "m1");
  CHECK(got.timestamp == 123);
  CHECK(got.from == odd);
  CHECK(got.conv_id == odd);
  CHECK(got.text == odd);
  CHECK(got.receipt_wanted);
  CHECK(got.addressed == Ids{"bob", std::string(odd), ""});
  CHECK(got.edited_at == 0);
}

TEST_CASE("storage: a known token gives the first id and time and stores nothing") {
  Bench bench(anyKind());
  Append message = Bench::make("m1", 100);
  message.dedupe = "token";
  message.receivers = {&kBobAway, 1};
  const Token first = bench.append(message);
  message.id = "m2";
  message.timestamp = 200;
  SECTION("in the same turn") {}
  SECTION("in a later turn") { bench.finish(); }
  const Token second = bench.append(message);
  message.from = "anna";
  message.conv_id = "other";
  message.id = "m3";
  const Token other_sender = bench.append(message);
  CHECK(bench.pendingIds("bob") == Ids{"m1", "m3"});
  const Appended& repeat = *bench.results.appended.at(second);
  CHECK(repeat.duplicate);
  CHECK(repeat.id == "m1");
  CHECK(repeat.timestamp == 100);
  CHECK(repeat.position == bench.positionOf(first));
  CHECK(repeat.conversation == bench.appended(first).conversation);
  CHECK(repeat.seq == bench.appended(first).seq);
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
    Append message = Bench::make(id, 100);
    message.dedupe = token;
    const Token asked = bench.append(message);
    const auto [known, fresh] = first.emplace(token, id);
    bench.finish();
    CAPTURE(i, token);
    REQUIRE(bench.results.appended.at(asked)->duplicate == !fresh);
    if (!fresh) REQUIRE(bench.results.appended.at(asked)->id == known->second);
  }
}

TEST_CASE("storage: a token of one sender is not another's, whoever came first") {
  Bench bench(anyKind());
  Append message = Bench::make("m", 100);
  const auto append = [&](std::string_view from, std::string_view token) {
    message.from = from;
    message.dedupe = token;
    return bench.append(message);
  };
  append("alice", "t");
  append("alice", "a");
  append("zoe", "z");
  const Token same_token = append("alice", "z");
  const Token repeat = append("zoe", "z");
  bench.finish();
  CHECK_FALSE(bench.results.appended.at(same_token)->duplicate);
  CHECK(bench.results.appended.at(repeat)->duplicate);
}

TEST_CASE("storage: expire() forgets tokens after a day") {
  Bench bench(anyKind());
  Append message = Bench::make("m1", 1000);
  message.dedupe = "token";
  bench.append(message);
  constexpr std::int64_t kDay = 24ll * 3600 * 1000;
  bench.storage->submit(kNoToken, Expire{1000 + kDay});
  const Token kept = bench.append(message);
  bench.storage->submit(kNoToken, Expire{1001 + kDay});
  const Token forgotten = bench.append(message);
  bench.finish();
  CHECK(bench.results.appended.at(kept)->duplicate);
  CHECK_FALSE(bench.results.appended.at(forgotten)->duplicate);
}

TEST_CASE("storage: apps do not see each other's messages, queues, tokens and groups") {
  Bench bench(anyKind());
  bench.storage->submit(kNoToken, ConfigureApp{"other", {}});
  Append message = Bench::make("m1", 100);
  message.receivers = {&kBobAway, 1};
  message.dedupe = "token";
  bench.append(message);
  bench.create("g", false, {"bob"});
  message.app_id = "other";
  message.id = "m2";
  const Token second = bench.append(message);
  bench.storage->submit(++bench.token, LoadGroup{"other", "g"});
  const Token group = bench.token;
  CHECK(bench.pendingIds("bob") == Ids{"m1"});
  CHECK(bench.historyIds({}) == Ids{"m1"});
  CHECK_FALSE(bench.results.appended.at(second)->duplicate);
  CHECK_FALSE(bench.results.groups.at(group)->has_value());
}

TEST_CASE("storage: an app that was never declared is refused") {
  Bench bench(anyKind());
  Append message = Bench::make("m1", 100);
  message.app_id = "nope";
  const Token append = bench.append(message);
  bench.storage->submit(++bench.token, ReadPending{"nope", "bob", 0, 1, 0});
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
  struct Asker final : AnswerSink {
    explicit Asker(Storage& s) : storage(s) {}
    void onAnswer(Answer& answer) override {
      if (const auto* page = std::get_if<Result<PendingPage>>(&answer.value)) {
        found = (*page)->messages.size();
        return;
      }
      storage.submit(answer.token + 1, ReadPending{"app", "bob", 0, 10, 0});
      storage.flush();
    }
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
