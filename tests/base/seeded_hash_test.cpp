// SPDX-License-Identifier: Apache-2.0
#include "base/seeded_hash.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "support/catch.hpp"
#include "support/meeting_texts.hpp"

namespace kith::base {
namespace {

using testing::meetingTexts;

constexpr std::size_t kTexts = 2000;

template <typename Map>
std::size_t longestBucket(const Map& map) {
  std::size_t longest = 0;
  for (std::size_t i = 0; i < map.bucket_count(); ++i) {
    longest = std::max(longest, map.bucket_size(i));
  }
  return longest;
}

TEST_CASE("seeded hash: texts that all meet in the library's own hash are spread") {
  const std::vector<std::string> texts = meetingTexts(kTexts);
  // The attack works on what has no seed...
  std::set<std::size_t> unseeded;
  for (const std::string& text : texts) unseeded.insert(std::hash<std::string>{}(text));
  CHECK(unseeded.size() == 1);
  CHECK(std::set<std::string>(texts.begin(), texts.end()).size() == kTexts);
  // ... and not on this.
  std::unordered_map<std::string, int, TextHash, std::equal_to<>> map;
  for (const std::string& text : texts) map.emplace(text, 0);
  CHECK(map.size() == kTexts);
  CHECK(longestBucket(map) < 20);
  CHECK(map.find(std::string_view(texts[7])) != map.end());
}

TEST_CASE("seeded hash: numbers that all meet in a table of any usual size are spread") {
  std::unordered_set<std::uint64_t, NumberHash> set;
  std::unordered_set<std::uint64_t> unseeded;
  set.reserve(kTexts);
  unseeded.reserve(kTexts);
  const std::uint64_t step = unseeded.bucket_count();
  for (std::uint64_t i = 0; i < kTexts; ++i) {
    unseeded.insert(i * step);
    set.insert(i * step);
  }
  CHECK(longestBucket(unseeded) == kTexts);
  CHECK(longestBucket(set) < 20);
}

TEST_CASE("seeded hash: another seed is another hash, and the process has one") {
  for (const std::string text : {"a", "bob", "a text of some length"}) {
    CHECK(TextHash(1)(text) != TextHash(2)(text));
    CHECK(TextHash(1)(text) == TextHash(1)(text));
    CHECK(TextHash()(text) == TextHash(processSeed())(text));
  }
  CHECK(NumberHash(1)(5) != NumberHash(2)(5));
  CHECK(NumberHash()(5) == NumberHash(processSeed())(5));
  CHECK(processSeed() == processSeed());
  CHECK(processSeed() != 0);
}

}  // namespace
}  // namespace kith::base
