// SPDX-License-Identifier: Apache-2.0
#include "base/threads.hpp"

#include <cstdlib>
#include <pthread.h>
#include <signal.h>
#include <system_error>
#include <utility>
#include <vector>

#include "base/fork.hpp"
#include "base/sync.hpp"

namespace kith::base {
namespace {

struct Living {
  std::weak_ptr<void> owner;
  std::function<void()> end;
};

/// Statics of the host may still hand over after our exit handler ran.
struct Ending {
  Mutex mutex;
  std::vector<Living> living KITH_GUARDED_BY(mutex);
  std::vector<Worker> workers KITH_GUARDED_BY(mutex);
  bool at_exit KITH_GUARDED_BY(mutex){false};
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
    Ending& all = ending();
    const Lock lock(all.mutex);
    all.at_exit = true;
    living.swap(all.living);
    workers.swap(all.workers);
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
  Ending& all = ending();
  const Lock lock(all.mutex);
  return all.at_exit;
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
  Ending& all = ending();
  Lock lock(all.mutex);
  if (!registered || all.at_exit) {
    lock.unlock();
    finish(worker.thread);
    return;
  }
  // Those that are through are collected here, or a program that makes many loops would keep their
  // stacks for ever.
  std::erase_if(all.workers, [](Worker& old) {
    if (!old.finished->load(std::memory_order_acquire)) return false;
    finish(old.thread);
    return true;
  });
  all.workers.push_back(std::move(worker));
}

bool endAtExit(std::weak_ptr<void> owner, std::function<void()> end) {
  exitHandlerIsThere();
  Ending& all = ending();
  const Lock lock(all.mutex);
  if (all.at_exit) return false;
  std::erase_if(all.living, [](const Living& old) { return old.owner.expired(); });
  all.living.push_back({std::move(owner), std::move(end)});
  return true;
}

// The handler may run more than once: the first run ends everything.
void endBeforeLibraries() { std::atexit(joinAtExit); }

}  // namespace kith::base
