// SPDX-License-Identifier: Apache-2.0
// Texts that an attacker works out at home: all have the same std::hash. Pure; any thread.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "base/random.hpp"

namespace kith::testing {

/// `count` different texts of 16 bytes with one std::hash, for the 64-bit hash of libstdc++
/// (MurmurHash64A). Its first block may be anything: the second is chosen so that what the first
/// did is undone.
inline std::vector<std::string> meetingTexts(std::size_t count) {
  constexpr std::uint64_t kFactor = 0xc6a4a7935bd1e995u;
  constexpr std::uint64_t kSeed = 0xc70f6907u;
  constexpr std::size_t kBytes = 16;
  // Newton's way to the inverse modulo 2^64: each round doubles the bits that are right.
  std::uint64_t inverse = kFactor;
  for (int round = 0; round < 6; ++round) inverse *= 2 - kFactor * inverse;
  const auto mix = [](std::uint64_t v) { return v ^ v >> 47; };  // undoes itself: 2 * 47 > 64
  base::SeededRandom random(11);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t first = random.next();
    std::uint64_t hash = kSeed ^ (kBytes * kFactor);
    hash = (hash ^ mix(first * kFactor) * kFactor) * kFactor;
    // What is xored in last has to bring the hash to 0.
    const std::uint64_t second = mix(hash * inverse) * inverse;
    std::string text(kBytes, '\0');
    std::memcpy(text.data(), &first, sizeof first);
    std::memcpy(text.data() + sizeof first, &second, sizeof second);
    texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace kith::testing
