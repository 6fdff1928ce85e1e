// SPDX-License-Identifier: Apache-2.0
#include "base/hash_index.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "base/random.hpp"
#include "support/catch.hpp"

namespace kith::base {
namespace {

TEST_CASE("index: it finds what is in it, also when hashes meet") {
  SeededRandom random(7);
  std::array<int, 300> things{};
  std::set<int*> model;
  HashIndex<int> index;
  // Few different hashes, whose homes are next to each other and wrap around.
  const auto hashOf = [&](const int* thing) {
    return static_cast<std::uint64_t>(thing - things.data()) % 40 - 20;
  };
  for (int step = 0; step < 20000; ++step) {
    int* const thing = &things[random.upTo(step % 4000 < 2000 ? things.size() - 1 : 20)];
    const auto isIt = [&](const int& each) { return &each == thing; };
    CHECK((index.find(hashOf(thing), isIt) == thing) == model.contains(thing));
    if (model.erase(thing) > 0) {
      index.remove(hashOf(thing), thing);
    } else {
      index.add(hashOf(thing), thing);
      model.insert(thing);
    }
    CHECK(index.size() == model.size());
    if (random.upTo(200) == 0) index.shrink();
  }
  std::set<int*> seen;
  index.each([&](int& thing) { CHECK(seen.insert(&thing).second); });
  CHECK(seen == model);
}

TEST_CASE("index: a thing is asked about only when the whole hash is the same") {
  HashIndex<int> index;
  std::array<int, 2> things{};
  index.add(1, &things[0]);
  index.add(1 + (std::uint64_t{1} << 40), &things[1]);
  int asked = 0;
  const auto count = [&](const int&) { return ++asked < 0; };
  CHECK(index.find(1, count) == nullptr);
  CHECK(asked == 1);
  CHECK(index.find(2, count) == nullptr);
  CHECK(asked == 1);
}

TEST_CASE("index: giving memory back loses nothing") {
  HashIndex<int> index;
  std::vector<int> things(10000);
  for (int& thing : things)
    index.add(hashNumber(static_cast<std::uint64_t>(&thing - &things[0])), &thing);
  for (int& thing : things) {
    if (&thing != &things[5]) {
      index.remove(hashNumber(static_cast<std::uint64_t>(&thing - &things[0])), &thing);
    }
  }
  index.shrink();
  CHECK(index.size() == 1);
  CHECK(index.find(hashNumber(5), [](const int&) { return true; }) == &things[5]);
  CHECK(index.find(hashNumber(6), [](const int&) { return true; }) == nullptr);
}

struct Slot {
  std::uint32_t value{0};  // 0 = free
  bool isFree() const { return value == 0; }
  std::uint64_t hash() const { return value >> 4; }
};

TEST_CASE("index: slots that are removed leave no gap that hides another") {
  SeededRandom random(3);
  ProbeTable<Slot> table(32);
  std::set<std::uint32_t> model;
  for (int step = 0; step < 20000; ++step) {
    const auto value = static_cast<std::uint32_t>(1 + random.upTo(600));
    const auto isIt = [&](const Slot& slot) { return slot.value == value; };
    const std::size_t at = table.find(Slot{value}.hash(), isIt);
    REQUIRE(table[at].isFree() != model.contains(value));
    if (model.erase(value) > 0) {
      table.remove(at);
    } else if (model.size() < 24) {
      table.add({value});
      model.insert(value);
    }
  }
  std::set<std::uint32_t> seen;
  for (const Slot& slot : table) {
    if (!slot.isFree()) CHECK(seen.insert(slot.value).second);
  }
  CHECK(seen == model);
}

}  // namespace
}  // namespace kith::base
