// SPDX-License-Identifier: Apache-2.0
// Ids that come twice among any number of rows, in a bounded space: the rows are walked through
// several times, each time for another part of the ids. Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/seeded_hash.hpp"

namespace kith::rescue {

class RepeatFinder {
 public:
  /// Hashes that are kept at a time: 128 MB of them.
  static constexpr std::size_t kHashesAtATime = std::size_t{16} * 1024 * 1024;
  /// Of ids that come twice so many are named.
  static constexpr std::size_t kMostNamed = 1000;

  /// For about so many rows.
  explicit RepeatFinder(std::int64_t rows, std::size_t hashes_at_a_time = kHashesAtATime);

  /// How often see() has to be called for every row, pass after pass.
  std::size_t passes() const { return passes_; }
  void see(std::string_view id);
  void endPass();
  /// Ids whose hash came twice. When there are none, none came twice.
  bool suspicious() const { return !suspects_.empty(); }

  /// One more time for every row, if it is suspicious(): two ids may have one hash.
  void confirm(std::string_view id);
  /// Those that came twice or more.
  std::vector<std::string> repeated() const;

 private:
  std::uint64_t hashOf(std::string_view id) const;

  std::size_t passes_;
  std::size_t pass_{0};
  std::uint64_t seed_;
  std::vector<std::uint64_t> hashes_;
  std::vector<std::uint64_t> suspects_;  // in order
  std::unordered_map<std::string, std::int64_t, base::TextHash> counts_;
};

}  // namespace kith::rescue
