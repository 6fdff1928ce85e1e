// SPDX-License-Identifier: Apache-2.0
// Where callbacks run. The manager keeps a shared_ptr to its executor; see docs/threading.md.
#pragma once

#include <kith/export.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace kith {

/// Runs the library's callbacks. Implement it to deliver them on a thread of your own.
///
/// The library posts from its io thread (and, for calls that fail at once, from the caller's).
/// Tasks may run on many threads at once: a session's callbacks keep their order all the same.
class KITH_EXPORT Executor {
 public:
  virtual ~Executor();

  /// Takes `task` and runs it once, later or at once. Running it at once means that callbacks run
  /// on the io thread: the fastest way, for callbacks that never wait.
  /// Thread: any. Blocks: must not. Callback: none. Lifetime: owns `task` until it has run.
  virtual void post(std::function<void()> task) = 0;
};

/// One thread that sleeps until there is something to run. The default of a manager. It takes no
/// signals. When the process exits, the task that runs is waited for and no other begins.
class KITH_EXPORT ThreadExecutor : public Executor {
 public:
  /// Makes the executor; its thread starts with the first task. While the system has no thread
  /// left, tasks run inside `post()`.
  /// Thread: any. Blocks: never. Callback: none. Lifetime: the thread ends with the last reference,
  /// which may be dropped on that very thread.
  static std::shared_ptr<ThreadExecutor> make();
};

/// Keeps callbacks until the application asks for them: for games, GUIs and other languages.
class KITH_EXPORT PollExecutor : public Executor {
 public:
  /// Makes an empty executor.
  /// Thread: any. Blocks: never. Callback: none. Lifetime: shared with the managers that use it.
  static std::shared_ptr<PollExecutor> make();

  /// Runs what has been posted, in order, until nothing is left or `budget` is used up, and says
  /// how many tasks ran. A budget of zero runs one task at the most. Not reentrant: inside a
  /// callback it runs nothing and returns 0.
  /// Thread: one at a time. Blocks: as long as the callbacks. Callback: here. Lifetime: none.
  virtual std::size_t poll(std::chrono::milliseconds budget = std::chrono::milliseconds{5}) = 0;

  /// Waits until something is posted or `timeout` is over; true when there is something to run.
  /// Thread: any but a callback's. Blocks: up to `timeout`. Callback: none. Lifetime: none.
  virtual bool wait(std::chrono::milliseconds timeout) = 0;
};

}  // namespace kith
