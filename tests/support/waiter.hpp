// SPDX-License-Identifier: Apache-2.0
// Waiting for conditions, never for time. All waits of a test program share one deadline, so that a
// hang ends the program once instead of once a test. Any thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>

namespace kith::testing {

/// When every wait of this process gives up: KITH_TEST_SECONDS after the first call, default 240.
inline std::chrono::steady_clock::time_point globalDeadline() {
  static const auto deadline = [] {
    const char* text = std::getenv("KITH_TEST_SECONDS");
    const int seconds = text != nullptr ? std::atoi(text) : 240;
    return std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  }();
  return deadline;
}

/// What is left until then, not less than nothing.
inline std::chrono::milliseconds timeLeft() {
  const auto left = globalDeadline() - std::chrono::steady_clock::now();
  return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(left),
                  std::chrono::milliseconds(0));
}

/// Guards what callbacks write and a test reads, and wakes the test when it changed.
class Waiter {
 public:
  /// Runs `change` under the lock and wakes the threads that wait. Returns what it returns.
  template <typename Change>
  decltype(auto) change(Change&& change) {
    const std::lock_guard lock(mutex_);
    const Wake wake{changed_};  // wakes under the lock: the waiting test may destroy us right after
    return std::forward<Change>(change)();
  }
  /// Reads under the lock.
  template <typename Look>
  auto look(Look&& look) {
    const std::lock_guard lock(mutex_);
    return std::forward<Look>(look)();
  }
  /// Waits until `condition`, looked at under the lock, holds. False when the deadline passed
  /// first.
  template <typename Condition>
  [[nodiscard]] bool until(Condition&& condition) {
    return untilTime(globalDeadline(), std::forward<Condition>(condition));
  }
  /// The same with a deadline of its own, where it is no failure when the condition does not come.
  template <typename Condition>
  [[nodiscard]] bool untilTime(std::chrono::steady_clock::time_point time, Condition&& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, time, std::forward<Condition>(condition));
  }

 private:
  struct Wake {
    std::condition_variable& changed;
    ~Wake() { changed.notify_all(); }
  };
  std::mutex mutex_;
  std::condition_variable changed_;
};

/// For conditions that are not signalled, such as a counter of the server: looks again and again.
template <typename Condition>
[[nodiscard]] bool eventually(Condition&& condition) {
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= globalDeadline()) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace kith::testing
