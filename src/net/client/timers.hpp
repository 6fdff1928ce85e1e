// SPDX-License-Identifier: Apache-2.0
// The loop's timers: a heap of alarms that knows the earliest. No clock, no thread: the time comes
// in as an argument. Loop thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace kith::net {

/// One alarm. Whoever owns it cancels it before it goes.
struct Alarm {
  explicit Alarm(std::function<void()> what) : fire(std::move(what)) {}
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  /// Copied to be called, because an alarm may delete its owner, and with it the alarm, while it
  /// fires: should hold no more than a pointer or two.
  const std::function<void()> fire;
  base::Millis deadline{base::kNever};
  std::uint64_t order{0};
  std::size_t place{SIZE_MAX};
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
  static bool before(const Alarm& a, const Alarm& b);
  void put(std::size_t place, Alarm* alarm);
  void rise(std::size_t place);
  void sink(std::size_t place);

  std::vector<Alarm*> heap_;
  std::uint64_t next_order_{0};
};

}  // namespace kith::net
