// SPDX-License-Identifier: Apache-2.0
// Notices when the wall clock is set. Pure; one thread.
#pragma once

#include "base/clock.hpp"

namespace kith::front {

class ClockWatch {
 public:
  /// How long the machine has slept so far, which the wall clock shows and the other does not.
  using Slept = base::Millis (*)();

  ClockWatch(base::Instant start, Slept slept)
      : offset_(start.wall - start.mono), slept_before_(slept()), slept_(slept) {}

  /// By how much the wall clock was set since the last call; 0 for less than a minute. A clock that
  /// is made to run faster or slower is not set.
  base::Millis observe(base::Instant now) {
    const base::Millis moved = now.wall - now.mono - offset_;
    offset_ += moved;
    if (isSmall(moved)) return base::Millis{0};
    const base::Millis slept = slept_();
    const base::Millis jump = moved - (slept - slept_before_);
    slept_before_ = slept;
    return isSmall(jump) ? base::Millis{0} : jump;
  }

 private:
  static bool isSmall(base::Millis by) {
    constexpr base::Millis kJump{60'000};
    return by > -kJump && by < kJump;
  }

  base::Millis offset_;
  base::Millis slept_before_;
  Slept slept_;
};

}  // namespace kith::front
