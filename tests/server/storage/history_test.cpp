// SPDX-License-Identifier: Apache-2.0
// What was said, newest first: choice, pages and clocks. One suite for both storages.
#include <algorithm>
#include <map>
#include <random>

#include "server/storage/storage_bench.hpp"

namespace kith::storage {

TEST_CASE("storage: the history is newest first and selects by conversation and sender") {
  Bench bench(anyKind());
  const auto keep = [&](std::string_view id, std::int64_t at, std::string_view conv,
                        std::string_view from) {
    Append message = Bench::make(id, at);
    message.conv_id = conv;
    message.from = from;
    bench.append(message);
  };
  keep("m1", 100, "c1", "alice");
  keep("m2", 100, "c2", "alice");
  keep("m3", 101, "c1", "bob");
  keep("m4", 99, "c3", "alice");  // the clock jumped back
  HistoryRange range;
  CHECK(bench.historyIds(range) == Ids{"m3", "m2", "m1", "m4"});
  range.limit = 2;
  CHECK(bench.historyIds(range) == Ids{"m3", "m2"});
  range.limit = 0;
  CHECK(bench.historyIds(range).empty());
  range.limit = 100;
  range.conv_id = "c1";
  CHECK(bench.historyIds(range) == Ids{"m3", "m1"});
  range.from = "alice";
  CHECK(bench.historyIds(range) == Ids{"m1"});
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
  std::map<std::string, std::int64_t> latest;
  std::mt19937 random(7);
  std::int64_t clock = 1000;
  for (int i = 0; i < 600; ++i) {
    clock += static_cast<std::int64_t>(random() % 3);
    if (i == 200) clock -= 150;  // set back
    if (random() % 50 == 0) clock -= 5;
    Kept kept{"m" + std::to_string(i), clock, "c" + std::to_string(random() % 4),
              "p" + std::to_string(random() % 3)};
    Append message = Bench::make(kept.id, kept.at);
    message.conv_id = kept.conv;
    message.from = kept.from;
    bench.append(message);
    // Within a conversation no time is before that of the message before it.
    kept.at = latest[kept.conv] = std::max(latest[kept.conv], kept.at);
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

}  // namespace kith::storage
