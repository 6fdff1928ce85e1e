// SPDX-License-Identifier: Apache-2.0
// From one thread to another: what a post costs, and how long a sleeping thread takes to answer.
#include <kith/executor.hpp>

#include <atomic>
#include <benchmark/benchmark.h>

#include "net/client/loop.hpp"

namespace kith {
namespace {

/// There and back: the other thread was asleep, and this one sleeps until it has answered.
template <typename Post>
void thereAndBack(benchmark::State& state, Post post) {
  std::atomic<int> answered{0};
  for (auto unused : state) {
    const int before = answered.load();
    post([&answered] {
      answered.fetch_add(1);
      answered.notify_one();
    });
    answered.wait(before);
  }
  state.SetItemsProcessed(state.iterations());
}

void wakeLoop(benchmark::State& state) {
  const auto loop = net::Loop::make({});
  thereAndBack(state, [&loop](auto task) { loop->post(task); });
}
BENCHMARK(wakeLoop)->UseRealTime();

void wakeExecutor(benchmark::State& state) {
  const auto executor = ThreadExecutor::make();
  thereAndBack(state, [&executor](auto task) { executor->post(task); });
}
BENCHMARK(wakeExecutor)->UseRealTime();

/// Many posts to a loop that is awake: their wake-ups fold.
void postBurst(benchmark::State& state) {
  const auto loop = net::Loop::make({});
  std::atomic<std::int64_t> run{0};
  std::int64_t posted = 0;
  for (auto unused : state) {
    for (int i = 0; i < 1000; ++i, ++posted) {
      loop->post([&run] {
        run.fetch_add(1);
        run.notify_one();
      });
    }
    for (std::int64_t seen = run.load(); seen < posted; seen = run.load()) run.wait(seen);
  }
  state.SetItemsProcessed(posted);
}
BENCHMARK(postBurst)->UseRealTime();

}  // namespace
}  // namespace kith
