// SPDX-License-Identifier: Apache-2.0
// What the storages keep in memory stays within its bounds.
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

TEST_CASE("sqlite: the cache of peers forgets the longest unused") {
  constexpr std::size_t kBound = 10;
  RowCache<PeerRow> cache(kBound);
  PeerRow peer;
  for (peer.row = 1; peer.row <= 100; ++peer.row) {
    cache.add(1, std::to_string(peer.row), peer);
    REQUIRE(cache.find(1, "1") != nullptr);  // always in use
    CHECK(cache.size() <= kBound);
  }
  for (const char* name : {"1", "97", "98", "99", "100"}) {
    const PeerRow* found = cache.find(1, name);
    REQUIRE(found != nullptr);
    CHECK(std::to_string(found->row) == name);
    CHECK(cache.find(2, name) == nullptr);
  }
  CHECK(cache.find(1, "50") == nullptr);
}

}  // namespace kith::storage
