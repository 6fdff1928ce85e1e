// SPDX-License-Identifier: Apache-2.0
// When the next request may leave: a rate, and after a failure a pause that doubles. Time is handed
// in. Pure; one thread.
#pragma once

#include "base/clock.hpp"

namespace kith::rescue {

using base::Millis;

struct Pace {
  double per_second{5};          ///< requests; 0 = no limit
  Millis first_pause{1000};      ///< after the first failure in a row
  Millis longest_pause{60'000};  ///< the vendor refuses for a minute what comes too often
  Millis patience{900'000};      ///< how long one request may fail before the run is given up
};

class Pacer {
 public:
  explicit Pacer(const Pace& pace) : pace_(pace) {}

  /// How long the next request has to wait from `now` on.
  Millis waitFrom(Millis now) const;
  /// A request leaves.
  void sent(Millis now);
  /// It was answered.
  void succeeded();
  /// It failed in a way that passes. At least `retry_after` goes by before the next, if the other
  /// side named one. False when that would be beyond the patience.
  bool failed(Millis now, Millis retry_after);
  /// Failures in a row.
  int failures() const { return failures_; }

 private:
  Pace pace_;
  Millis next_{0};
  Millis failing_since_{0};
  int failures_{0};
};

}  // namespace kith::rescue
