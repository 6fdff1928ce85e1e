// SPDX-License-Identifier: Apache-2.0
#include "net/client/timers.hpp"

namespace kith::net {

void AlarmHeap::arm(Alarm& alarm, base::Millis deadline) {
  if (deadline == base::kNever) return cancel(alarm);
  heap_.set(alarm, {deadline, next_order_++});
}

void AlarmHeap::cancel(Alarm& alarm) { heap_.remove(alarm); }

base::Millis AlarmHeap::earliest() const {
  return heap_.empty() ? base::kNever : heap_.firstKey().deadline;
}

void AlarmHeap::fireDue(base::Millis now) {
  const std::uint64_t from_here_on = next_order_;
  while (!heap_.empty() && heap_.firstKey().deadline <= now) {
    // Armed by another alarm just now: it and what is behind it wait for the next turn.
    if (heap_.firstKey().order >= from_here_on) break;
    Alarm& due = heap_.first();
    cancel(due);
    const auto fire = due.fire;
    fire();
  }
}

}  // namespace kith::net
