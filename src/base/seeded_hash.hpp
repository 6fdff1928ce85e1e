// SPDX-License-Identifier: Apache-2.0
// Hashes for std::unordered_map and -set whose keys strangers choose. The standard library's own
// have no seed: texts that meet in one bucket can be worked out at home, and a table of them is a
// list that each look-up walks. Pure but for the seed of the process; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/text_hash.hpp"

namespace kith::base {

/// Drawn from the system once; no other process has it.
std::uint64_t processSeed();

/// Lets maps with string keys be searched by a view, too: take std::equal_to<> with it. It is not
/// noexcept on purpose: the library then keeps the hash of each key instead of working it out anew
/// whenever it walks over a bucket.
class TextHash {
 public:
  using is_transparent = void;
  TextHash() : TextHash(processSeed()) {}
  /// For runs that must be repeatable.
  explicit TextHash(std::uint64_t seed) : seed_(seed) {}
  std::size_t operator()(std::string_view text) const {
    return static_cast<std::size_t>(hashText(text, seed_));
  }

 private:
  std::uint64_t seed_;
};

class NumberHash {
 public:
  NumberHash() : NumberHash(processSeed()) {}
  explicit NumberHash(std::uint64_t seed) : seed_(seed) {}
  std::size_t operator()(std::uint64_t number) const {
    constexpr std::uint64_t kSecret = 0xd6e8feb86659fd93u;
    return static_cast<std::size_t>(foldProduct(number ^ seed_, (seed_ + kSecret) | 1));
  }

 private:
  std::uint64_t seed_;
};

}  // namespace kith::base
