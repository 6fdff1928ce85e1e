// SPDX-License-Identifier: Apache-2.0
// What waits for a peer: pages, acknowledgements, limits and ages. One suite for both storages.
#include "server/storage/storage_bench.hpp"

namespace kith::storage {

TEST_CASE("storage: a queue comes oldest first, in pages, and says when nothing is left") {
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

TEST_CASE("storage: acknowledged messages leave the queue of that peer only") {
  Bench bench(anyKind());
  const std::vector<ReceiverRef> both{{"bob", true}, {"carol", false}};
  const Token first = bench.append("m1", 100, both);
  const Token second = bench.append("m2", 100, both);
  bench.finish();
  const std::vector<Position> known{bench.positionOf(first), 4711};
  bench.storage->submit(kNoToken, Acknowledge{"app", "bob", known});
  bench.storage->submit(kNoToken, Acknowledge{"app", "nobody", known});
  bench.storage->submit(kNoToken, Acknowledge{"elsewhere", "bob", known});
  CHECK(bench.pendingIds("bob") == Ids{"m2"});
  CHECK(bench.pendingIds("carol") == Ids{"m1", "m2"});
  const std::vector<Position> last{bench.positionOf(second)};
  bench.storage->submit(kNoToken, Acknowledge{"app", "carol", last});
  bench.storage->submit(kNoToken, Acknowledge{"app", "carol", last});
  CHECK(bench.pendingIds("carol") == Ids{"m1"});
}

TEST_CASE("storage: beyond the offline limit the oldest message of the absence goes (Q8)") {
  Bench bench(anyKind());
  bench.storage->submit(kNoToken, ConfigureApp{"app", {3, 1000000, 100}});
  const std::vector<std::string> ids{"a1", "a2", "a3", "a4", "a5"};
  const Token here = bench.append("h1", 90, {&kBobHere, 1});
  for (const std::string& id : ids) bench.append(id, 100, {&kBobAway, 1});
  bench.append("h2", 110, {&kBobHere, 1});
  CHECK(bench.pendingIds("bob") == Ids{"h1", "a3", "a4", "a5", "h2"});
  CHECK(bench.historyIds({}).size() == 7);
  // An acknowledgement makes room again.
  const Token a4 = here + 4;
  const std::vector<Position> acknowledged{bench.positionOf(here), bench.positionOf(a4)};
  bench.storage->submit(kNoToken, Acknowledge{"app", "bob", acknowledged});
  bench.append("a6", 120, {&kBobAway, 1});
  CHECK(bench.pendingIds("bob") == Ids{"a3", "a5", "h2", "a6"});
  bench.append("a7", 120, {&kBobAway, 1});
  CHECK(bench.pendingIds("bob") == Ids{"a5", "h2", "a6", "a7"});
}

TEST_CASE("storage: a queue never holds more than the limit of unacknowledged messages") {
  Bench bench(anyKind());
  bench.storage->submit(kNoToken, ConfigureApp{"app", {50, 1000000, 3}});
  const std::vector<std::string> ids{"m1", "m2", "m3", "m4"};
  for (const std::string& id : ids) bench.append(id, 100, {&kBobHere, 1});
  bench.append("m5", 100, {&kBobAway, 1});
  CHECK(bench.pendingIds("bob") == Ids{"m3", "m4", "m5"});
}

TEST_CASE("storage: a limit of zero keeps nothing for peers that are away") {
  Bench bench(anyKind());
  bench.storage->submit(kNoToken, ConfigureApp{"app", {0, 1000000, 3}});
  bench.append("m1", 100, {&kBobAway, 1});
  CHECK(bench.pendingIds("bob").empty());
  CHECK(bench.historyIds({}) == Ids{"m1"});
}

TEST_CASE("storage: messages older than the app's age are left out, and expire() forgets them") {
  Bench bench(anyKind());
  bench.storage->submit(kNoToken, ConfigureApp{"app", {50, 1000, 100}});
  bench.append("old", 100, {&kBobAway, 1});
  bench.append("new", 600, {&kBobAway, 1});
  CHECK(bench.pendingIds("bob", 1100) == Ids{"old", "new"});
  CHECK(bench.pendingIds("bob", 1101) == Ids{"new"});
  bench.storage->submit(kNoToken, Expire{1101});
  CHECK(bench.pendingIds("bob", 0) == Ids{"new"});
  bench.storage->submit(kNoToken, ConfigureApp{"other", {50, 10, 100}});
  bench.storage->submit(kNoToken, Expire{1101});
  CHECK(bench.pendingIds("bob", 0) == Ids{"new"});
}

TEST_CASE("storage: expire() keeps the message that is just as old as it may be") {
  Bench bench(anyKind());
  bench.storage->submit(kNoToken, ConfigureApp{"app", {50, 1000, 100}});
  bench.append("m1", 100, {&kBobAway, 1});
  bench.finish();
  bench.storage->submit(kNoToken, Expire{1100});
  CHECK(bench.pendingIds("bob", 1100) == Ids{"m1"});
  CHECK(bench.storage->stats().expired == 0);
  bench.storage->submit(kNoToken, Expire{1101});
  CHECK(bench.pendingIds("bob", 0).empty());
  CHECK(bench.storage->stats().expired == 1);
}

TEST_CASE("storage: log-only messages enter the history and nobody's queue") {
  Bench bench(anyKind());
  Append message = Bench::make("m1", 100);
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

}  // namespace kith::storage
