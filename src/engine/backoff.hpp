// SPDX-License-Identifier: Apache-2.0
// How long to wait before the next try (R6). A pure function of options, count and randomness.
#pragma once

#include <kith/options.hpp>

#include <algorithm>
#include <cstdint>

#include "base/clock.hpp"
#include "base/random.hpp"

namespace kith::engine {

/// Full jitter: evenly from zero to `first_delay * 2^(failures-1)`, at most `max_delay`, so that
/// the clients of a restarted server do not come back in step.
inline base::Millis fullJitter(const ReconnectOptions& options, int failures,
                               base::Random& random) {
  const int doublings = std::clamp(failures - 1, 0, 30);
  const auto first = std::max<std::int64_t>(options.first_delay.count(), 1);
  const auto most = std::max<std::int64_t>(options.max_delay.count(), 1);
  const std::int64_t bound = first > (most >> doublings) ? most : first << doublings;
  return base::Millis{
      static_cast<std::int64_t>(random.upTo(static_cast<std::uint64_t>(std::min(bound, most))))};
}

}  // namespace kith::engine
