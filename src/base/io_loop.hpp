// SPDX-License-Identifier: Apache-2.0
// An io thread as the rooms above the network see it: tasks and the time.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.hpp"

namespace kith::base {

class IoLoop {
 public:
  virtual ~IoLoop() = default;
  /// Runs `task` on the loop's thread, in order. Any thread, also the loop's own. Returns false
  /// when the loop has ended or there is no thread to run it on (the task is dropped).
  virtual bool post(std::function<void()> task) = 0;
  /// Lets `part` go, but not while its own calls are on the stack: later, on the loop's thread. A
  /// loop that has ended keeps it for good; one that never got a thread lets it go at once. Any
  /// thread.
  virtual void dropLater(std::shared_ptr<void> part) = 0;
  /// It ends with the process at the latest, and runs nothing more. Any thread.
  virtual bool ended() const = 0;
  virtual bool onLoopThread() const = 0;
  /// The time when the loop last turned to a connection, a task or a timer: it does not pass within
  /// what one of these does. Loop thread only.
  virtual Instant now() const = 0;
};

}  // namespace kith::base
