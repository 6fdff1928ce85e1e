// SPDX-License-Identifier: Apache-2.0
#include <kith/executor.hpp>

#include <deque>
#include <memory>
#include <utility>

#include "base/fork.hpp"
#include "base/sync.hpp"

namespace kith {
namespace {

class Poll final : public PollExecutor, public std::enable_shared_from_this<Poll> {
 public:
  ~Poll() override {
    // The destructor of `filled` would wait for threads of the parent that are in wait().
    if (origin_.elsewhere()) base::neverDestroy(std::move(state_));
  }

  void post(std::function<void()> task) override {
    const base::Lock lock(state_->mutex);
    state_->tasks.push_back(std::move(task));
    if (state_->tasks.size() == 1) state_->filled.notifyAll();
  }

  std::size_t poll(std::chrono::milliseconds budget) override {
    const auto self = shared_from_this();  // a callback may drop the last reference (R1)
    const auto end = std::chrono::steady_clock::now() + budget;
    std::size_t count = 0;
    {
      const base::Lock lock(state_->mutex);
      if (std::exchange(state_->polling, true)) return 0;
    }
    while (std::function<void()> task = next()) {
      try {
        task();
      } catch (...) {  // NOLINT: ours never throw; a user's must not end the others
      }
      ++count;
      if (std::chrono::steady_clock::now() >= end) break;
    }
    const base::Lock lock(state_->mutex);
    state_->polling = false;
    return count;
  }

  bool wait(std::chrono::milliseconds timeout) override {
    const auto end = std::chrono::steady_clock::now() + timeout;
    base::Lock lock(state_->mutex);
    while (state_->tasks.empty()) {
      if (!state_->filled.waitUntil(lock, end)) return !state_->tasks.empty();
    }
    return true;
  }

 private:
  struct State {
    base::Mutex mutex;
    base::Condition filled;
    std::deque<std::function<void()>> tasks KITH_GUARDED_BY(mutex);
    bool polling KITH_GUARDED_BY(mutex){false};
  };

  std::function<void()> next() {
    const base::Lock lock(state_->mutex);
    if (state_->tasks.empty()) return nullptr;
    std::function<void()> task = std::move(state_->tasks.front());
    state_->tasks.pop_front();
    return task;
  }

  const base::Origin origin_;
  std::shared_ptr<State> state_{std::make_shared<State>()};
};

}  // namespace

std::shared_ptr<PollExecutor> PollExecutor::make() { return std::make_shared<Poll>(); }

}  // namespace kith
