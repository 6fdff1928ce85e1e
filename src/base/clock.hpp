// SPDX-License-Identifier: Apache-2.0
// Time as the engines see it: a value that is handed in, never a clock that is read.
#pragma once

#include <chrono>

namespace kith::base {

using Millis = std::chrono::milliseconds;

/// One moment, on both clocks. Timers use `mono`, which never jumps back; what goes over the wire
/// uses `wall`.
struct Instant {
  Millis mono{0};  ///< Since an arbitrary start, never decreasing.
  Millis wall{0};  ///< Since the Unix epoch; may jump.
};

/// A deadline that never comes.
inline constexpr Millis kNever = Millis::max();

/// Both clocks of this machine. Drivers call it; engines must not.
inline Instant systemNow() {
  using std::chrono::duration_cast;
  return {duration_cast<Millis>(std::chrono::steady_clock::now().time_since_epoch()),
          duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch())};
}

}  // namespace kith::base
