// SPDX-License-Identifier: Apache-2.0
// The loop's timers: a heap of alarms that knows the earliest. No clock, no thread: the time comes
// in as an argument. Loop thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include "base/clock.hpp"
#include "base/intrusive_heap.hpp"

namespace kith::net {

/// One alarm. It is cancelled before it goes.
struct Alarm {
  explicit Alarm(std::function<void()> what) : fire(std::move(what)) {}
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  /// Copied to be called, because an alarm may delete its owner, and with it the alarm, while it
  /// fires: should hold no more than a pointer or two.
  const std::function<void()> fire;
  std::size_t place{SIZE_MAX};  ///< in the heap
};

class AlarmHeap {
 public:
  /// kNever disarms.
  void arm(Alarm& alarm, base::Millis deadline);
  void cancel(Alarm& alarm);
  /// kNever when nothing is armed.
  base::Millis earliest() const;
  /// Fires what is due, the earliest first; alarms with one deadline in the order of arming. What
  /// is armed meanwhile waits for the next call, even when it is due.
  void fireDue(base::Millis now);

 private:
  struct When {
    base::Millis deadline;
    std::uint64_t order;
    bool operator<(const When& other) const {
      return deadline != other.deadline ? deadline < other.deadline : order < other.order;
    }
  };

  base::IntrusiveHeap<When, Alarm, &Alarm::place> heap_;
  std::uint64_t next_order_{0};
};

}  // namespace kith::net
