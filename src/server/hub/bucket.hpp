// SPDX-License-Identifier: Apache-2.0
// A token bucket that may run into debt: who overdraws it has to be quiet for as long again before
// it is trusted. The time comes in. Plain data; hub's thread.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/clock.hpp"

namespace kith::hub {

/// What a bucket holds and how fast it fills.
struct Rate {
  std::size_t per_second{0};  ///< 0 = no limit
  std::size_t burst{1};
};

class Bucket {
 public:
  /// Takes `cost` out, whatever is left. False: there was less than that.
  bool take(const Rate& rate, double cost, base::Millis now) {
    if (rate.per_second == 0) return true;
    const auto full = static_cast<double>(rate.burst);
    if (filled_at_ == base::kNever) {
      level_ = full;
    } else if (now > filled_at_) {
      const auto seconds = static_cast<double>((now - filled_at_).count()) / 1000;
      level_ = std::min(full, level_ + seconds * static_cast<double>(rate.per_second));
    }
    filled_at_ = now;
    if (level_ >= 0) empty_since_ = base::kNever;
    level_ = std::max(-full, level_ - cost);
    if (level_ >= 0) return true;
    if (empty_since_ == base::kNever) empty_since_ = now;
    return false;
  }

  /// Since when every take() has found too little; kNever when the last one did not.
  base::Millis emptySince() const { return empty_since_; }

 private:
  double level_{0};
  base::Millis filled_at_{base::kNever};
  base::Millis empty_since_{base::kNever};
};

}  // namespace kith::hub
