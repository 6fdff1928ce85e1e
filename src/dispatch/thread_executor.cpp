// SPDX-License-Identifier: Apache-2.0
#include <kith/executor.hpp>

#include <atomic>
#include <chrono>
#include <iterator>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/fork.hpp"
#include "base/sync.hpp"
#include "base/threads.hpp"

namespace kith {
namespace {

/// A process that exits waits so long for the callback that is running. One that waits for
/// something that main() held will never return.
constexpr std::chrono::seconds kPatience{2};

/// Shared by the executor and its thread, so that either may end first.
class Queue : public std::enable_shared_from_this<Queue> {
 public:
  /// Without a thread, for want of one, the tasks run right here.
  void post(std::function<void()> task);
  /// The thread runs what is there and goes.
  void end();

 private:
  using Tasks = std::vector<std::function<void()>>;

  bool startThread() KITH_REQUIRES(mutex_);
  void serve();
  void serveHere();
  void runAll(Tasks& batch, base::Lock& lock) KITH_REQUIRES(mutex_);
  void endAtExit();

  base::Mutex mutex_;
  base::Condition changed_;
  Tasks tasks_ KITH_GUARDED_BY(mutex_);
  // Empty when it never came or is through.
  std::optional<base::Worker> worker_ KITH_GUARDED_BY(mutex_);
  bool registered_ KITH_GUARDED_BY(mutex_){false};  // with the exit handler
  bool sleeping_ KITH_GUARDED_BY(mutex_){false};
  bool running_ KITH_GUARDED_BY(mutex_){false};  // tasks run, on the thread `runner_`
  std::thread::id runner_ KITH_GUARDED_BY(mutex_);
  bool ending_ KITH_GUARDED_BY(mutex_){false};
  std::atomic<bool> at_exit_{false};  // changes under the lock: no task begins any more
};

void Queue::post(std::function<void()> task) {
  {
    const base::Lock lock(mutex_);
    tasks_.push_back(std::move(task));
    if (at_exit_) return;
    if (worker_ || startThread()) {
      // A burst costs one wake-up: an awake thread looks again before it sleeps.
      if (std::exchange(sleeping_, false)) changed_.notifyAll();
      return;
    }
  }
  serveHere();
}

bool Queue::startThread() {
  if (!registered_) {
    registered_ = base::endAtExit(weak_from_this(), [this] { endAtExit(); });
    at_exit_ = !registered_;
    if (at_exit_) return true;  // nothing runs any more
  }
  try {
    worker_ = base::startWorker("kith-executor", [self = shared_from_this()] { self->serve(); });
    return true;
  } catch (const std::system_error&) {
    return false;  // the next post() tries again
  }
}

void Queue::serve() {
  Tasks batch;
  base::Lock lock(mutex_);
  for (;;) {
    sleeping_ = true;
    while (!at_exit_ && (running_ || (tasks_.empty() && !ending_))) changed_.wait(lock);
    sleeping_ = false;
    if (at_exit_ || tasks_.empty()) break;
    runAll(batch, lock);
  }
  std::optional<base::Worker> self = std::exchange(worker_, std::nullopt);
  lock.unlock();
  if (self) base::handOver(std::move(*self));
}

/// There is no thread. A task that posts finds its task run after it, not inside.
void Queue::serveHere() {
  Tasks batch;
  base::Lock lock(mutex_);
  while (!running_ && !tasks_.empty() && !at_exit_) runAll(batch, lock);
}

/// Takes what waits. The lock is not held while tasks run: `lock` is of `mutex_`, which the
/// compiler cannot know of an argument.
void Queue::runAll(Tasks& batch, base::Lock& lock) KITH_UNCHECKED {
  running_ = true;
  runner_ = std::this_thread::get_id();
  batch.swap(tasks_);
  lock.unlock();
  std::size_t done = 0;
  for (; done < batch.size() && !at_exit_; ++done) {
    try {
      batch[done]();
    } catch (...) {  // NOLINT: ours never throw; a user's must not end the thread
    }
    // Now, not with the batch: what the task holds may be the last reference to something big, or
    // to this very executor.
    batch[done] = nullptr;
  }
  lock.lock();
  // At exit the others stay where they are: what they hold may need what is destroyed already.
  tasks_.insert(tasks_.begin(), std::make_move_iterator(batch.begin() + static_cast<long>(done)),
                std::make_move_iterator(batch.end()));
  batch.clear();
  running_ = false;
  if (sleeping_ || at_exit_) changed_.notifyAll();
}

void Queue::end() {
  const base::Lock lock(mutex_);
  ending_ = true;
  changed_.notifyAll();
}

void Queue::endAtExit() {
  std::optional<base::Worker> worker;
  bool idle = false;
  {
    base::Lock lock(mutex_);
    at_exit_ = true;
    changed_.notifyAll();
    const bool inside = running_ && runner_ == std::this_thread::get_id();
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!inside && running_ && changed_.waitUntil(lock, end)) {
    }
    idle = !inside && !running_;
    worker.swap(worker_);
  }
  // What still waits, or comes later, is never run.
  base::neverDestroy(shared_from_this());
  if (!worker) return;
  idle ? worker->thread.join() : worker->thread.detach();
}

class OneThread final : public ThreadExecutor {
 public:
  ~OneThread() override {
    if (origin_.elsewhere()) {
      base::neverDestroy(std::move(queue_));
    } else {
      queue_->end();
    }
  }

  void post(std::function<void()> task) override { queue_->post(std::move(task)); }

 private:
  const base::Origin origin_;
  std::shared_ptr<Queue> queue_{std::make_shared<Queue>()};
};

}  // namespace

std::shared_ptr<ThreadExecutor> ThreadExecutor::make() { return std::make_shared<OneThread>(); }

}  // namespace kith
