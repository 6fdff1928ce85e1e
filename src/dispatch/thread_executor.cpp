// SPDX-License-Identifier: Apache-2.0
#include <kith/executor.hpp>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <pthread.h>
#include <thread>
#include <utility>
#include <vector>

namespace kith {
namespace {

/// Shared by the executor and its thread, so that either may end first.
struct Queue {
  std::mutex mutex;
  std::condition_variable filled;
  std::vector<std::function<void()>> tasks;
  bool sleeping{false};
  bool ending{false};
};

void runAll(std::vector<std::function<void()>>& tasks) {
  for (auto& task : tasks) {
    try {
      task();
    } catch (...) {  // NOLINT: ours never throw; a user's must not end the thread
    }
    // Now, not with the batch: what the task holds may be the last reference to something big, or
    // to this very executor.
    task = nullptr;
  }
  tasks.clear();
}

void serve(const std::shared_ptr<Queue>& queue) {
  std::vector<std::function<void()>> batch;
  for (;;) {
    {
      std::unique_lock lock(queue->mutex);
      queue->sleeping = true;
      queue->filled.wait(lock, [&] { return !queue->tasks.empty() || queue->ending; });
      queue->sleeping = false;
      if (queue->tasks.empty()) return;
      batch.swap(queue->tasks);
    }
    runAll(batch);
  }
}

class OneThread final : public ThreadExecutor {
 public:
  OneThread() {
    // Detached: the last reference may be dropped on this very thread, which can not join itself,
    // and elsewhere joining would wait for a callback (R3).
    std::thread thread([queue = queue_] { serve(queue); });
    pthread_setname_np(thread.native_handle(), "kith-executor");
    thread.detach();
  }

  ~OneThread() override {
    const std::lock_guard lock(queue_->mutex);
    queue_->ending = true;
    queue_->filled.notify_one();
  }

  void post(std::function<void()> task) override {
    const std::lock_guard lock(queue_->mutex);
    queue_->tasks.push_back(std::move(task));
    // A burst costs one wake-up: an awake thread looks again before it sleeps.
    if (std::exchange(queue_->sleeping, false)) queue_->filled.notify_one();
  }

 private:
  std::shared_ptr<Queue> queue_{std::make_shared<Queue>()};
};

}  // namespace

std::shared_ptr<ThreadExecutor> ThreadExecutor::make() { return std::make_shared<OneThread>(); }

}  // namespace kith
