// SPDX-License-Identifier: Apache-2.0
#include "base/intrusive_heap.hpp"

#include <array>
#include <map>
#include <set>
#include <utility>

#include "base/random.hpp"
#include "support/catch.hpp"

namespace kith::base {
namespace {

struct Thing {
  std::size_t place{SIZE_MAX};
};
using Heap = IntrusiveHeap<int, Thing, &Thing::place>;

TEST_CASE("heap: a new key moves a thing both ways, and what is taken out is gone") {
  Heap heap;
  std::array<Thing, 3> things;
  CHECK(heap.empty());
  for (int i = 0; i < 3; ++i) heap.set(things[static_cast<std::size_t>(i)], 10 * i);
  CHECK(&heap.first() == &things[0]);
  heap.set(things[2], -1);
  CHECK(&heap.first() == &things[2]);
  CHECK(heap.firstKey() == -1);
  heap.set(things[2], 100);
  CHECK(&heap.first() == &things[0]);
  heap.remove(things[0]);
  CHECK(things[0].place == Heap::kNotInHeap);
  CHECK(&heap.first() == &things[1]);
  heap.remove(things[0]);
  CHECK(heap.size() == 2);
}

TEST_CASE("heap: the least is first through any changes, and everything comes out in order") {
  SeededRandom random(9);
  std::array<Thing, 100> things;
  std::map<Thing*, int> model;
  Heap heap;
  for (int step = 0; step < 20000; ++step) {
    Thing& thing = things[random.upTo(things.size() - 1)];
    if (random.upTo(3) == 0) {
      heap.remove(thing);
      model.erase(&thing);
    } else {
      model[&thing] = static_cast<int>(random.upTo(50));
      heap.set(thing, model[&thing]);
    }
    REQUIRE(heap.size() == model.size());
    if (model.empty()) continue;
    std::set<std::pair<int, Thing*>> sorted;
    for (const auto& [each, key] : model) sorted.emplace(key, each);
    REQUIRE(heap.firstKey() == sorted.begin()->first);
    REQUIRE(model.at(&heap.first()) == heap.firstKey());
  }
  int last = -1;
  for (; !heap.empty(); heap.remove(heap.first())) {
    CHECK(heap.firstKey() >= last);
    last = heap.firstKey();
    CHECK(model.erase(&heap.first()) == 1);
  }
  CHECK(model.empty());
  for (const Thing& thing : things) CHECK(thing.place == Heap::kNotInHeap);
}

}  // namespace
}  // namespace kith::base
