// SPDX-License-Identifier: Apache-2.0
#include "base/threads.hpp"

#include <cstdlib>
#include <mutex>
#include <pthread.h>
#include <signal.h>
#include <system_error>
#include <utility>
#include <vector>

#include "base/fork.hpp"

namespace kith::base {
namespace {

struct Living {
  std::weak_ptr<void> owner;
  std::function<void()> end;
};

/// Statics of the host may still hand over after our exit handler ran.
struct Ending {
  std::mutex mutex;
  std::vector<Living> living;
  std::vector<Worker> workers;
  bool at_exit{false};
};

Ending& ending() { return OfProcess<Ending>::get(); }

void finish(std::thread& thread) {
  if (thread.get_id() == std::this_thread::get_id()) {
    thread.detach();
  } else {
    thread.join();
  }
}

void joinAtExit() {
  std::vector<Living> living;
  std::vector<Worker> workers;
  {
    const std::lock_guard lock(ending().mutex);
    ending().at_exit = true;
    living.swap(ending().living);
    workers.swap(ending().workers);
  }
  for (const Living& one : living) {
    if (const std::shared_ptr<void> owner = one.owner.lock()) one.end();
  }
  for (Worker& worker : workers) finish(worker.thread);
}

bool exitHandlerIsThere() {
  static const bool registered = std::atexit(joinAtExit) == 0;
  return registered;
}

bool leaving() {
  const std::lock_guard lock(ending().mutex);
  return ending().at_exit;
}

}  // namespace

Worker startWorker(const char* name, std::function<void()> body) {
  if (leaving()) throw std::system_error(std::make_error_code(std::errc::operation_canceled));
  auto finished = std::make_shared<std::atomic<bool>>(false);
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread thread([body = std::move(body), finished]() mutable {
      body();
      body = nullptr;
      finished->store(true, std::memory_order_release);
    });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_setname_np(thread.native_handle(), name);
    return {std::move(thread), std::move(finished)};
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
}

void handOver(Worker worker) {
  const bool registered = exitHandlerIsThere();
  std::unique_lock lock(ending().mutex);
  if (!registered || ending().at_exit) {
    lock.unlock();
    finish(worker.thread);
    return;
  }
  // Those that are through are collected here, or a program that makes many loops would keep their
  // stacks for ever.
  std::erase_if(ending().workers, [](Worker& old) {
    if (!old.finished->load(std::memory_order_acquire)) return false;
    finish(old.thread);
    return true;
  });
  ending().workers.push_back(std::move(worker));
}

bool endAtExit(std::weak_ptr<void> owner, std::function<void()> end) {
  exitHandlerIsThere();
  const std::lock_guard lock(ending().mutex);
  if (ending().at_exit) return false;
  std::erase_if(ending().living, [](const Living& old) { return old.owner.expired(); });
  ending().living.push_back({std::move(owner), std::move(end)});
  return true;
}

// The handler may run more than once: the first run ends everything.
void endBeforeLibraries() { std::atexit(joinAtExit); }

}  // namespace kith::base
