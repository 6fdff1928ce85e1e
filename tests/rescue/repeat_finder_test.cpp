// SPDX-License-Identifier: Apache-2.0
#include "rescue/repeat_finder.hpp"

#include <string>
#include <vector>

#include "base/random.hpp"
#include "support/catch.hpp"

namespace kith::rescue {
namespace {

std::vector<std::string> repeatedIn(const std::vector<std::string>& ids, std::size_t at_a_time) {
  RepeatFinder finder(static_cast<std::int64_t>(ids.size()), at_a_time);
  const std::size_t passes = finder.passes();
  for (std::size_t pass = 0; pass < passes; ++pass) {
    for (const std::string& id : ids) finder.see(id);
    finder.endPass();
  }
  if (!finder.suspicious()) return {};
  for (const std::string& id : ids) finder.confirm(id);
  return finder.repeated();
}

TEST_CASE("repeat finder: ids that come twice are found, in one pass and in many") {
  std::vector<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.push_back("id" + std::to_string(i));
  for (const std::size_t at_a_time : {std::size_t{10'000}, std::size_t{100}, std::size_t{7}}) {
    CAPTURE(at_a_time);
    CHECK(repeatedIn(ids, at_a_time).empty());
    std::vector<std::string> more = ids;
    more.insert(more.begin() + 500, {"id3", "id998", "id3"});
    CHECK(repeatedIn(more, at_a_time) == std::vector<std::string>{"id3", "id998"});
  }
}

TEST_CASE("repeat finder: as many passes as the space needs") {
  CHECK(RepeatFinder(0).passes() == 1);
  CHECK(RepeatFinder(99, 100).passes() == 1);
  CHECK(RepeatFinder(250, 100).passes() == 3);
}

TEST_CASE("repeat finder: no more are named than it says") {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < RepeatFinder::kMostNamed + 100; ++i) {
    ids.push_back(std::to_string(i));
    ids.push_back(std::to_string(i));
  }
  CHECK(repeatedIn(ids, 10'000).size() == RepeatFinder::kMostNamed);
}

}  // namespace
}  // namespace kith::rescue
