// SPDX-License-Identifier: Apache-2.0
// A token bucket: what something may do in the long run, and how much of it at once. The time comes
// in. Plain data; one thread.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/clock.hpp"

namespace kith::base {

/// What a bucket holds and how fast it fills.
struct Rate {
  std::size_t per_second{0};  ///< 0 = no limit
  std::size_t burst{1};
};

class TokenBucket {
 public:
  /// Takes one out if there is one.
  bool takeOne(const Rate& rate, Millis now) {
    if (rate.per_second == 0) return true;
    fill(rate, now);
    if (level_ < 1) return false;
    level_ -= 1;
    return true;
  }

  /// Takes `cost` out, whatever is left. False: there was less than that. It may run into debt, of
  /// its burst at most: what overdraws has to be quiet for as long again before it is trusted.
  bool take(const Rate& rate, double cost, Millis now) {
    if (rate.per_second == 0) return true;
    fill(rate, now);
    if (level_ >= 0) empty_since_ = kNever;
    level_ = std::max(-static_cast<double>(rate.burst), level_ - cost);
    if (level_ >= 0) return true;
    if (empty_since_ == kNever) empty_since_ = now;
    return false;
  }

  /// Since when every take() has found too little; kNever when the last one did not.
  Millis emptySince() const { return empty_since_; }
  /// Something was taken, and less than half was left then.
  bool wasSpent(const Rate& rate) const {
    return filled_at_ != kNever && level_ < static_cast<double>(rate.burst) / 2;
  }
  /// Like a new one: it is as full as it gets.
  bool isFull(const Rate& rate, Millis now) const {
    return rate.per_second == 0 || levelAt(rate, now) >= static_cast<double>(rate.burst);
  }

 private:
  double levelAt(const Rate& rate, Millis now) const {
    const auto full = static_cast<double>(rate.burst);
    if (filled_at_ == kNever) return full;
    if (now <= filled_at_) return level_;
    const auto seconds = static_cast<double>((now - filled_at_).count()) / 1000;
    return std::min(full, level_ + seconds * static_cast<double>(rate.per_second));
  }
  void fill(const Rate& rate, Millis now) {
    level_ = levelAt(rate, now);
    filled_at_ = now;
  }

  double level_{0};
  Millis filled_at_{kNever};
  Millis empty_since_{kNever};
};

}  // namespace kith::base
