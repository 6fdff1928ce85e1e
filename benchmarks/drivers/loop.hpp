// SPDX-License-Identifier: Apache-2.0
// One epoll loop for all clients of a measurement: readiness, timers, and a turn's end at which
// everything that the turn has written leaves in one send for each connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

namespace kith::bench {

using Clock = std::chrono::steady_clock;

/// What the loop watches.
class Source {
 public:
  virtual ~Source() = default;
  /// `events` are epoll's.
  virtual void ready(std::uint32_t events) = 0;
  /// The turn is over; asked for with Loop::atTurnEnd().
  virtual void turnEnded() {}
};

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void watch(int fd, std::uint32_t events, Source& source);
  /// Closing a descriptor ends the watch.
  void change(int fd, std::uint32_t events, Source& source);
  void atTurnEnd(Source& source) { ended_.push_back(&source); }
  void after(std::chrono::milliseconds delay, std::function<void()> task);
  /// Runs turns until stop(); false when the limit came first.
  bool run(Clock::time_point limit);
  void stop() { stopped_ = true; }

 private:
  int wait(Clock::time_point limit) const;
  void runTimers();

  int epoll_{-1};
  bool stopped_{false};
  std::vector<Source*> ended_;
  std::multimap<Clock::time_point, std::function<void()>> timers_;
};

}  // namespace kith::bench
