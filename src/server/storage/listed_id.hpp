// SPDX-License-Identifier: Apache-2.0
// The id that a pair gets when it is listed: as long as that of any other conversation (24
// characters), and the same in each storage. Pure.
#pragma once

#include <string>
#include <string_view>

namespace kith::storage {

/// The beginning of the pair's own id; another one only where the pair was listed before and its
/// conversation has become a group.
template <typename IsTaken>
std::string makeListedId(std::string_view pair, IsTaken isTaken) {
  constexpr std::size_t kChars = 24;
  std::string id(pair.substr(0, kChars));
  const std::size_t kept = id.size();
  for (int number = 2; id == pair || isTaken(id); ++number) {
    id.resize(kept);
    id += '-' + std::to_string(number);
  }
  return id;
}

}  // namespace kith::storage
