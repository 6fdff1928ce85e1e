// SPDX-License-Identifier: Apache-2.0
// The one thread of `kith`: library callbacks, typed input and signals all arrive here, so commands
// are written without locks. Owned by the command; the manager shares it as its executor.
#pragma once

#include <kith/executor.hpp>
#include <kith/result.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "base/sync.hpp"

namespace kith::tools {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Keeps SIGINT and SIGTERM for MainLoop. Call it first in main(): threads inherit the mask.
void blockSignals();

class MainLoop : public Executor {
 public:
  MainLoop();
  ~MainLoop() override;
  MainLoop(const MainLoop&) = delete;
  MainLoop& operator=(const MainLoop&) = delete;

  /// Thread: any. The task runs inside runUntil().
  void post(std::function<void()> task) override;

  /// Runs what arrives until `done()` says so (true), the deadline passes or a signal comes
  /// (false).
  bool runUntil(const std::function<bool()>& done, SteadyTime deadline = SteadyTime::max());
  /// Starts an operation and waits for its completion; `Errc::Timeout` after `timeout`.
  template <typename T>
  Result<T> await(std::chrono::milliseconds timeout,
                  const std::function<void(std::function<void(Result<T>)>)>& start);

  /// Calls `readable` whenever `fd` has something to read (or has ended), until stopReading().
  void onReadable(int fd, std::function<void()> readable);
  void stopReading();
  /// Calls `due` once, at `when`.
  void at(SteadyTime when, std::function<void()> due);

  /// SIGINT or SIGTERM came.
  bool interrupted() const { return interrupted_; }
  void forgetInterrupt() { interrupted_ = false; }
  /// Drops what is queued and what comes later: breaks the circle of tasks that hold their
  /// executor.
  void finish();

 private:
  bool runTasks();
  void waitForWork(SteadyTime deadline);

  int wake_fd_;
  int signal_fd_;
  int input_fd_{-1};
  std::function<void()> readable_;
  std::optional<SteadyTime> due_at_;
  std::function<void()> due_;
  bool interrupted_{false};

  base::Mutex mutex_;
  std::deque<std::function<void()>> tasks_ KITH_GUARDED_BY(mutex_);
  bool finished_ KITH_GUARDED_BY(mutex_){false};
};

template <typename T>
Result<T> MainLoop::await(std::chrono::milliseconds timeout,
                          const std::function<void(std::function<void(Result<T>)>)>& start) {
  auto answer = std::make_shared<std::optional<Result<T>>>();
  start([answer](Result<T> result) { answer->emplace(std::move(result)); });
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  if (runUntil([&] { return answer->has_value(); }, deadline)) return std::move(**answer);
  if (interrupted_) return Error{Errc::Closed, 0, "interrupted", true};
  return Error{Errc::Timeout, 0, "no answer within " + std::to_string(timeout.count()) + " ms",
               true};
}

}  // namespace kith::tools
