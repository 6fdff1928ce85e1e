// SPDX-License-Identifier: Apache-2.0
// How much of something scarce one address may have. Pure; any thread.
#pragma once

#include <algorithm>
#include <cstddef>

namespace kith::net {

/// What one address may have of a thing of which `free` is left: a quarter of it, so that the next
/// address finds some, however many have taken their share; and never more than `limit`. With a
/// limit of 0 addresses make no difference (all connections come from one proxy): all of it.
inline std::size_t fairShare(std::size_t limit, std::size_t free) {
  return limit == 0 ? free : std::min(limit, free / 4);
}

}  // namespace kith::net
