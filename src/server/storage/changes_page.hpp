// SPDX-License-Identifier: Apache-2.0
// Where a page of ReadChanges ends, in each storage alike. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace kith::storage {

/// How many of these rows, which are in the order of their times, a page has: `limit`, and those
/// behind them that have the time of the last one.
template <typename Row, typename TimeOf>
std::size_t pageEnd(const std::vector<Row>& rows, std::size_t limit, TimeOf timeOf) {
  std::size_t end = std::min(rows.size(), limit);
  while (end > 0 && end < rows.size() && timeOf(rows[end]) == timeOf(rows[end - 1])) ++end;
  return end;
}

}  // namespace kith::storage
