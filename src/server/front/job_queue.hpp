// SPDX-License-Identifier: Apache-2.0
// Jobs for threads that may wait, and what came of them.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "base/sync.hpp"

namespace kith::front {

/// next() and finish() are for the threads that carry the jobs out; all else is the owner's thread.
template <typename Job, typename Done>
class JobQueue {
 public:
  void put(Job job) KITH_EXCLUDES(mutex_) {
    {
      const base::Lock lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    ++unanswered_;
    changed_.notifyOne();
  }
  /// Jobs that no thread has begun.
  std::size_t waiting() const KITH_EXCLUDES(mutex_) {
    const base::Lock lock(mutex_);
    return jobs_.size();
  }
  /// Jobs whose results have not been taken.
  std::size_t unanswered() const { return unanswered_; }
  /// What was finished since the last call.
  std::vector<Done> take() KITH_EXCLUDES(mutex_) {
    if (unanswered_ == 0) return {};
    std::vector<Done> done;
    {
      const base::Lock lock(mutex_);
      done.swap(done_);
    }
    unanswered_ -= done.size();
    return done;
  }
  /// From now on next() has nothing; what waits is dropped.
  void end() KITH_EXCLUDES(mutex_) {
    {
      const base::Lock lock(mutex_);
      ending_ = true;
    }
    changed_.notifyAll();
  }

  /// Waits for a job; nullopt: it is over.
  std::optional<Job> next() KITH_EXCLUDES(mutex_) {
    base::Lock lock(mutex_);
    while (jobs_.empty() && !ending_) changed_.wait(lock);
    if (ending_) return std::nullopt;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    return job;
  }
  void finish(Done done) KITH_EXCLUDES(mutex_) {
    const base::Lock lock(mutex_);
    done_.push_back(std::move(done));
  }

 private:
  std::size_t unanswered_{0};
  mutable base::Mutex mutex_;
  base::Condition changed_;
  std::deque<Job> jobs_ KITH_GUARDED_BY(mutex_);
  std::vector<Done> done_ KITH_GUARDED_BY(mutex_);
  bool ending_ KITH_GUARDED_BY(mutex_){false};
};

}  // namespace kith::front
