// SPDX-License-Identifier: Apache-2.0
// How far an export is, on standard error: one line that is written anew on a terminal, else a line
// every few seconds. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace kith::tools {

struct Step {
  std::string what;      ///< `_Conversation`, `messages`
  std::int64_t rows{0};  ///< less than 0 = it has none
  std::int64_t bytes{0};
  std::string where;    ///< what it is at: a time, a name; empty = nothing to say
  double fraction{-1};  ///< of it that is done; less than 0 = unknown
};

class RescueProgress {
 public:
  explicit RescueProgress(std::chrono::milliseconds interval);
  ~RescueProgress() { end(); }
  RescueProgress(const RescueProgress&) = delete;
  RescueProgress& operator=(const RescueProgress&) = delete;

  /// Another part begins; what is left is estimated from here on.
  void begin(const Step& step);
  void show(const Step& step);
  /// Leaves the terminal with a new line, for what comes next.
  void end();
  /// Nothing happens for a while.
  void pause(const std::string& why, std::chrono::milliseconds time);

 private:
  using Time = std::chrono::steady_clock::time_point;

  void print(const std::string& line, bool now);

  bool terminal_;
  std::chrono::milliseconds interval_;
  Time began_;
  Time printed_;
  double first_fraction_{-1};
  bool open_{false};
};

/// `12.3 MB`
std::string bytesText(std::int64_t bytes);

}  // namespace kith::tools
