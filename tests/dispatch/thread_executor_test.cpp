// SPDX-License-Identifier: Apache-2.0
#include <kith/executor.hpp>

#include <pthread.h>
#include <signal.h>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/waiter.hpp"

using kith::ThreadExecutor;
using kith::testing::Waiter;

TEST_CASE("thread executor: tasks run on one other thread, in the order they were posted") {
  const auto executor = ThreadExecutor::make();
  Waiter waiter;
  std::vector<int> ran;
  std::vector<std::thread::id> threads;
  for (int i = 0; i < 1000; ++i) {
    executor->post([&, i] {
      waiter.change([&] {
        ran.push_back(i);
        threads.push_back(std::this_thread::get_id());
      });
    });
  }
  REQUIRE(waiter.until([&] { return ran.size() == 1000; }));
  for (int i = 0; i < 1000; ++i) REQUIRE(ran[static_cast<std::size_t>(i)] == i);
  for (const auto& thread : threads) REQUIRE(thread == threads.front());
  CHECK(threads.front() != std::this_thread::get_id());
}

TEST_CASE("thread executor: the last reference may be dropped on its own thread") {
  Waiter waiter;
  bool dropped = false;
  auto executor = ThreadExecutor::make();
  auto* raw = executor.get();
  raw->post([&waiter, &dropped, holder = std::move(executor)]() mutable {
    holder.reset();
    waiter.change([&] { dropped = true; });
  });
  CHECK(waiter.until([&] { return dropped; }));
}

TEST_CASE("thread executor: what was posted runs although the executor is gone") {
  Waiter waiter;
  int ran = 0;
  {
    const auto executor = ThreadExecutor::make();
    for (int i = 0; i < 100; ++i) executor->post([&] { waiter.change([&] { ++ran; }); });
  }
  CHECK(waiter.until([&] { return ran == 100; }));
}

TEST_CASE("thread executor: a task that throws does not end the thread") {
  const auto executor = ThreadExecutor::make();
  Waiter waiter;
  bool second = false;
  executor->post([] { throw std::runtime_error("boom"); });
  executor->post([&] { waiter.change([&] { second = true; }); });
  CHECK(waiter.until([&] { return second; }));
}

TEST_CASE("thread executor: what a task holds is freed before the next task runs") {
  const auto executor = ThreadExecutor::make();
  Waiter waiter;
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = held;
  int expired = -1;
  // Both in one batch: the first task keeps the thread busy until they are posted.
  bool posted = false;
  executor->post([&] { REQUIRE(waiter.until([&] { return posted; })); });
  executor->post([held = std::move(held)] {});
  executor->post([&] { waiter.change([&] { expired = watched.expired() ? 1 : 0; }); });
  waiter.change([&] { posted = true; });
  REQUIRE(waiter.until([&] { return expired >= 0; }));
  CHECK(expired == 1);
}

TEST_CASE("thread executor: tasks do not run on a thread that takes signals") {
  const auto executor = ThreadExecutor::make();
  Waiter waiter;
  bool looked = false;
  bool blocked = false;
  executor->post([&] {
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    waiter.change([&] {
      blocked = sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGPIPE) == 1;
      looked = true;
    });
  });
  REQUIRE(waiter.until([&] { return looked; }));
  CHECK(blocked);
}
