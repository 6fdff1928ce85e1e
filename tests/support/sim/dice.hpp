// SPDX-License-Identifier: Apache-2.0
// Chance that can be repeated: the same seed throws the same numbers. One thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/random.hpp"

namespace kith::sim {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : numbers_(seed) {}

  std::uint64_t next() { return numbers_.next(); }
  /// 0 to `count` - 1.
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(next() % count); }
  /// Both ends included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool chance(double probability) {
    return static_cast<double>(next() >> 11) * 0x1p-53 < probability;
  }
  template <typename List>
  const auto& pick(const List& list) {
    return list[below(list.size())];
  }

 private:
  base::SeededRandom numbers_;
};

}  // namespace kith::sim
