// SPDX-License-Identifier: Apache-2.0
#include <kith/executor.hpp>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

namespace kith {
namespace {

class Poll final : public PollExecutor, public std::enable_shared_from_this<Poll> {
 public:
  void post(std::function<void()> task) override {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    if (tasks_.size() == 1) filled_.notify_all();
  }

  std::size_t poll(std::chrono::milliseconds budget) override {
    const auto self = shared_from_this();  // a callback may drop the last reference (R1)
    const auto end = std::chrono::steady_clock::now() + budget;
    std::size_t count = 0;
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(polling_, true)) return 0;
    }
    while (std::function<void()> task = next()) {
      try {
        task();
      } catch (...) {  // NOLINT: ours never throw; a user's must not end the others
      }
      ++count;
      if (std::chrono::steady_clock::now() >= end) break;
    }
    const std::lock_guard lock(mutex_);
    polling_ = false;
    return count;
  }

  bool wait(std::chrono::milliseconds timeout) override {
    std::unique_lock lock(mutex_);
    return filled_.wait_for(lock, timeout, [this] { return !tasks_.empty(); });
  }

 private:
  std::function<void()> next() {
    const std::lock_guard lock(mutex_);
    if (tasks_.empty()) return nullptr;
    std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    return task;
  }

  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<std::function<void()>> tasks_;
  bool polling_{false};
};

}  // namespace

std::shared_ptr<PollExecutor> PollExecutor::make() { return std::make_shared<Poll>(); }

}  // namespace kith
