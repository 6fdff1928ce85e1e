// SPDX-License-Identifier: Apache-2.0
// A sorted list of names as a set: for lists of at most some hundred. Pure functions.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace kith::base {

inline bool hasName(const std::vector<std::string>& list, std::string_view name) {
  const auto at = std::lower_bound(list.begin(), list.end(), name);
  return at != list.end() && *at == name;
}

/// False: it was there already.
inline bool insertName(std::vector<std::string>& list, std::string_view name) {
  const auto at = std::lower_bound(list.begin(), list.end(), name);
  if (at != list.end() && *at == name) return false;
  list.emplace(at, name);
  return true;
}

/// False: it was not there.
inline bool eraseName(std::vector<std::string>& list, std::string_view name) {
  const auto at = std::lower_bound(list.begin(), list.end(), name);
  if (at == list.end() || *at != name) return false;
  list.erase(at);
  return true;
}

}  // namespace kith::base
