// SPDX-License-Identifier: Apache-2.0
// What the works of kith_stress share: arguments, ways to end, waiting. Main thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>

#include "support/waiter.hpp"

namespace kith::stress {

struct Args {
  std::string work;
  /// 0 = the short form that ctest runs.
  double minutes{0};
  /// 0 = what the work takes by default.
  std::size_t sessions{0};
  /// Every session on a socket of its own.
  bool own_sockets{false};
  std::uint64_t seed{1};

  bool isLong() const { return minutes > 0; }
};

/// KITH_TEST_SMALL: under TSan everything is as parallel, but shorter.
inline bool small() { return std::getenv("KITH_TEST_SMALL") != nullptr; }

/// A sanitizer keeps freed memory, so how much there is says nothing.
constexpr bool sanitized() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;
#else
  return false;
#endif
}

/// The contract was broken, or the work could not go on: exit status 1.
struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// What the work needs cannot be had here: exit status 77, which ctest shows as skipped.
struct Skip : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline void require(bool holds, const std::string& what) {
  if (!holds) throw Violation(what);
}

/// Rung by callbacks that changed what is waited for.
inline testing::Waiter& bell() {
  static testing::Waiter waiter;
  return waiter;
}
inline void ring() {
  bell().change([] {});
}

/// Waits until `condition` holds, looking whenever a callback rang. A violation named `what` when
/// it does not come before the process's deadline.
template <typename Condition>
void await(const std::string& what, Condition&& condition) {
  require(bell().until(std::forward<Condition>(condition)), "waited for: " + what);
}

/// The same for what is not signalled, and where looking is part of the work.
template <typename Condition>
void keepTrying(const std::string& what, Condition&& condition) {
  require(testing::eventually(std::forward<Condition>(condition)), "waited for: " + what);
}

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_{std::chrono::steady_clock::now()};
};

/// The works. Each prints lines of figures, the last one a summary, and throws when it failed.
void runKill(const Args& args);
void runDrain(const Args& args);
void runDisk(const Args& args);
void runUnwritable(const Args& args);
void runFiles(const Args& args);
void runMany(const Args& args);
void runSlowReader(const Args& args);
void runNetwork(const Args& args);
void runSoak(const Args& args);

}  // namespace kith::stress
