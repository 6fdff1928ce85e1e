// SPDX-License-Identifier: Apache-2.0
#include "base/slab.hpp"

#include <cstdint>
#include <map>
#include <string>

#include "base/random.hpp"
#include "support/catch.hpp"

namespace kith::base {
namespace {

TEST_CASE("slab: a place is of one thing at a time, which stays where and what it is") {
  SeededRandom random(11);
  Slab<std::string> slab;
  struct Held {
    std::string* at;
    std::string text;
  };
  std::map<std::uint32_t, Held> model;
  for (int step = 0; step < 5000; ++step) {
    if (model.size() < 20 || random.upTo(1) == 0) {
      const auto place = slab.take();
      slab[place] = std::to_string(step);
      CHECK(model.emplace(place, Held{&slab[place], slab[place]}).second);
    } else {
      const auto given = std::next(model.begin(), static_cast<long>(random.upTo(model.size() - 1)));
      slab.give(given->first);
      model.erase(given);
    }
    CHECK(slab.taken() == model.size());
  }
  for (const auto& [place, held] : model) {
    CHECK(place < slab.size());
    CHECK(&slab[place] == held.at);
    CHECK(slab[place] == held.text);
  }
}

TEST_CASE("slab: what was given back last is used first, with its memory") {
  Slab<std::string> slab;
  const auto first = slab.take();
  const auto second = slab.take();
  slab[second].reserve(1000);
  slab.give(first);
  slab.give(second);
  CHECK(slab.take() == second);
  CHECK(slab[second].capacity() >= 1000);
  CHECK(slab.take() == first);
  CHECK(slab.size() == 2);
}

TEST_CASE("slab: cleared, it holds nothing and begins anew") {
  Slab<std::string> slab;
  const auto place = slab.take();
  slab[place] = "old";
  slab.give(place);
  slab.clear();
  CHECK(slab.size() == 0);
  CHECK(slab[slab.take()].empty());
}

}  // namespace
}  // namespace kith::base
