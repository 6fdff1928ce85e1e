// SPDX-License-Identifier: Apache-2.0
#include "net/client/timers.hpp"

#include <utility>

namespace kith::net {

void AlarmHeap::arm(Alarm& alarm, base::Millis deadline) {
  cancel(alarm);
  if (deadline == base::kNever) return;
  alarm.deadline = deadline;
  alarm.order = next_order_++;
  heap_.push_back(&alarm);
  alarm.place = heap_.size() - 1;
  rise(alarm.place);
}

void AlarmHeap::cancel(Alarm& alarm) {
  const std::size_t place = std::exchange(alarm.place, SIZE_MAX);
  alarm.deadline = base::kNever;
  if (place == SIZE_MAX) return;
  Alarm* last = heap_.back();
  heap_.pop_back();
  if (last == &alarm) return;
  put(place, last);
  rise(place);
  sink(last->place);
}

base::Millis AlarmHeap::earliest() const {
  return heap_.empty() ? base::kNever : heap_.front()->deadline;
}

void AlarmHeap::fireDue(base::Millis now) {
  const std::uint64_t from_here_on = next_order_;
  while (!heap_.empty() && heap_.front()->deadline <= now) {
    // Armed by another alarm just now: it and what is behind it wait for the next turn.
    if (heap_.front()->order >= from_here_on) break;
    Alarm& due = *heap_.front();
    cancel(due);
    const auto fire = due.fire;
    fire();
  }
}

bool AlarmHeap::before(const Alarm& a, const Alarm& b) {
  return a.deadline != b.deadline ? a.deadline < b.deadline : a.order < b.order;
}

void AlarmHeap::put(std::size_t place, Alarm* alarm) {
  heap_[place] = alarm;
  alarm->place = place;
}

void AlarmHeap::rise(std::size_t place) {
  Alarm* alarm = heap_[place];
  while (place > 0 && before(*alarm, *heap_[(place - 1) / 2])) {
    put(place, heap_[(place - 1) / 2]);
    place = (place - 1) / 2;
  }
  put(place, alarm);
}

void AlarmHeap::sink(std::size_t place) {
  Alarm* alarm = heap_[place];
  for (;;) {
    std::size_t child = 2 * place + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && before(*heap_[child + 1], *heap_[child])) ++child;
    if (!before(*heap_[child], *alarm)) break;
    put(place, heap_[child]);
    place = child;
  }
  put(place, alarm);
}

}  // namespace kith::net
