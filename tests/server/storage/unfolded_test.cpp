// SPDX-License-Identifier: Apache-2.0
// What commits did and the tables do not have yet, and its way over a crash.
#include "server/storage/unfolded.hpp"

#include "support/catch.hpp"

namespace kith::storage {
namespace {

constexpr std::int64_t kApp = 1;
constexpr std::int64_t kAlice = 2;
constexpr std::int64_t kBob = 3;
constexpr std::int64_t kCarol = 4;
constexpr std::int64_t kTalk = 9;

Unfolded::Accepted message(Position position, std::int64_t timestamp, bool linked = true) {
  return {position, timestamp, {{kApp, kAlice, kTalk}}, {{linked, linked, linked}}};
}

std::vector<Position> waiting(const Unfolded& unfolded, std::int64_t peer) {
  std::vector<Position> found;
  for (const auto& queued : unfolded.queueOf(peer)) {
    if (!queued.taken) found.push_back(queued.position);
  }
  return found;
}

}  // namespace

TEST_CASE("unfolded: a message is taken off a queue once, and off that queue only") {
  Unfolded unfolded;
  unfolded.accept(message(5, 100));
  CHECK(unfolded.enqueue(kBob, true));
  CHECK_FALSE(unfolded.enqueue(kBob, false));  // named twice: the first counts
  CHECK(unfolded.enqueue(kCarol, false));
  CHECK(unfolded.take(kBob, 4) == Unfolded::Taken::NotHere);
  CHECK(unfolded.take(kAlice, 5) == Unfolded::Taken::NotHere);
  CHECK(unfolded.take(kBob, 5) == Unfolded::Taken::Offline);
  CHECK(unfolded.take(kBob, 5) == Unfolded::Taken::NotHere);
  CHECK(waiting(unfolded, kBob).empty());
  CHECK(waiting(unfolded, kCarol) == std::vector<Position>{5});
  CHECK(unfolded.take(kCarol, 5) == Unfolded::Taken::Online);
}

TEST_CASE("unfolded: the records of several commits make the same again") {
  Unfolded before;
  std::vector<std::string> records;
  const auto commit = [&] {
    records.push_back(before.record());
    before.startRecord();
  };
  before.accept(message(1'000'000, 1'412'000'000'000));
  before.useToken("token");
  before.enqueue(kBob, true);
  before.enqueue(kCarol, false);
  before.accept(message(1'000'001, 1'411'999'999'999, false));
  before.enqueue(kBob, false);
  before.useToken("other");
  commit();
  before.take(kCarol, 1'000'000);  // a commit of nothing but an acknowledgement
  commit();
  before.accept(message(1'000'002, 1'412'000'000'001));
  before.enqueue(kBob, true);
  before.take(kBob, 1'000'001);
  commit();

  Unfolded after;
  for (const std::string& record : records) after.apply(record);
  CHECK_FALSE(after.recorded());
  CHECK(waiting(after, kBob) == std::vector<Position>{1'000'000, 1'000'002});
  CHECK(waiting(after, kCarol).empty());
  const auto queue = after.queueOf(kBob);
  REQUIRE(queue.size() == 3);
  CHECK(queue[0].offline);
  CHECK(queue[0].timestamp == 1'412'000'000'000);
  CHECK_FALSE(queue[1].offline);
  CHECK(queue[1].timestamp == 1'411'999'999'999);
  for (const ListKind kind : kListKinds) {
    CHECK(after.newest()[kind] == before.newest()[kind]);
    CHECK(after.newest()[kind].size() == 1);
  }
  CHECK(after.newest()[ListKind::Conversation].at(kTalk) == 1'000'002);
  REQUIRE(after.tokens().size() == 2);
  const auto stray = after.tokens().find(Unfolded::TokenView(kAlice, "other"));
  REQUIRE(stray != after.tokens().end());
  CHECK(stray->second.position == 1'000'001);
  CHECK(stray->second.timestamp == 1'411'999'999'999);
}

}  // namespace kith::storage
