// SPDX-License-Identifier: Apache-2.0
// The executor of a manager, for as long as its strands need it. Any thread.
#pragma once

#include <kith/executor.hpp>

#include <memory>
#include <utility>

#include "base/sync.hpp"

namespace kith::dispatch {

/// A PollExecutor holds tasks that hold sessions that hold the manager: when the manager ended and
/// the application drops the executor, a strong reference here would close the circle. Other
/// executors run what they hold, and so open it by themselves.
class ExecutorSlot {
 public:
  /// Null = one thread of our own.
  explicit ExecutorSlot(std::shared_ptr<Executor> given)
      : strong_(given != nullptr ? std::move(given) : ThreadExecutor::make()) {}

  std::shared_ptr<Executor> get() const {
    const base::Lock lock(mutex_);
    return strong_ != nullptr ? strong_ : weak_.lock();
  }

  /// The manager ended: from now on only the application keeps a PollExecutor alive.
  void release() {
    std::shared_ptr<Executor> dropped;  // its destructor runs without the lock
    const base::Lock lock(mutex_);
    if (dynamic_cast<PollExecutor*>(strong_.get()) == nullptr) return;
    weak_ = strong_;
    dropped.swap(strong_);
  }

 private:
  mutable base::Mutex mutex_;
  std::shared_ptr<Executor> strong_ KITH_GUARDED_BY(mutex_);
  std::weak_ptr<Executor> weak_ KITH_GUARDED_BY(mutex_);
};

}  // namespace kith::dispatch
