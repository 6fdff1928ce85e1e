// SPDX-License-Identifier: Apache-2.0
// Randomness that is handed in, so that a test or a simulation can repeat a run.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kith::base {

/// A source of random bytes. Drivers give a cryptographic one (sign/secure_random.hpp), tests a
/// seeded one.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(unsigned char* bytes, std::size_t size) = 0;

  /// Evenly from 0 to `bound` inclusive, near enough for jitter.
  std::uint64_t upTo(std::uint64_t bound) {
    std::uint64_t value = 0;
    fill(reinterpret_cast<unsigned char*>(&value), sizeof value);
    return bound == UINT64_MAX ? value : value % (bound + 1);
  }
};

/// A small repeatable generator (splitmix64). Not for secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}

  void fill(unsigned char* bytes, std::size_t size) override {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < size; ++i) {
      if (i % 8 == 0) word = next();
      bytes[i] = static_cast<unsigned char>(word >> (8 * (i % 8)));
    }
  }

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

}  // namespace kith::base
