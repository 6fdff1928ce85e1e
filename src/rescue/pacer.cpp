// SPDX-License-Identifier: Apache-2.0
#include "rescue/pacer.hpp"

#include <algorithm>

namespace kith::rescue {

Millis Pacer::waitFrom(Millis now) const { return std::max(Millis{0}, next_ - now); }

void Pacer::sent(Millis now) {
  if (pace_.per_second <= 0) return;
  const Millis between{static_cast<Millis::rep>(1000 / pace_.per_second)};
  // What was not used is not saved up: a pause must not end in a burst.
  next_ = std::max(next_, now + between);
}

void Pacer::succeeded() { failures_ = 0; }

bool Pacer::failed(Millis now, Millis retry_after) {
  if (failures_++ == 0) failing_since_ = now;
  Millis pause = pace_.first_pause;
  for (int i = 1; i < failures_ && pause < pace_.longest_pause; ++i) pause *= 2;
  pause = std::max(std::min(pause, pace_.longest_pause), retry_after);
  next_ = std::max(next_, now + pause);
  return next_ - failing_since_ <= pace_.patience;
}

}  // namespace kith::rescue
