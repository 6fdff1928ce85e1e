// SPDX-License-Identifier: Apache-2.0
#include "net/threads.hpp"

#include <cstdlib>
#include <mutex>
#include <pthread.h>
#include <signal.h>
#include <utility>
#include <vector>

namespace kith::net {
namespace {

struct Ending {
  std::mutex mutex;
  std::vector<Worker> workers;
  bool at_exit{false};
};

/// Never destroyed: statics of the host may still hand over after our exit handler ran.
Ending& ending() {
  static auto* const instance = new Ending;
  return *instance;
}

void finish(std::thread& thread) {
  if (thread.get_id() == std::this_thread::get_id()) {
    thread.detach();
  } else {
    thread.join();
  }
}

void joinAtExit() {
  std::vector<Worker> workers;
  {
    const std::lock_guard lock(ending().mutex);
    ending().at_exit = true;
    workers.swap(ending().workers);
  }
  for (Worker& worker : workers) finish(worker.thread);
}

}  // namespace

Worker startWorker(const char* name, std::function<void()> body) {
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
  static const bool registered = std::atexit(joinAtExit) == 0;
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

}  // namespace kith::net
