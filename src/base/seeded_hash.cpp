// SPDX-License-Identifier: Apache-2.0
#include "base/seeded_hash.hpp"

#include <random>

namespace kith::base {

std::uint64_t processSeed() {
  static const std::uint64_t seed = [] {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
  }();
  return seed;
}

}  // namespace kith::base
