// SPDX-License-Identifier: Apache-2.0
#include "dispatch/strand.hpp"

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/waiter.hpp"

using kith::Executor;
using kith::PollExecutor;
using kith::dispatch::Strand;
using kith::testing::Waiter;
using namespace std::chrono_literals;

namespace {

using Call = std::function<void()>;

class CallStrand final : public Strand<Call> {
 public:
  explicit CallStrand(std::shared_ptr<Executor> where) : where_(std::move(where)) {}
  int slices() const { return slices_; }
  void useExecutor(std::shared_ptr<Executor> where) { where_ = std::move(where); }

 protected:
  std::shared_ptr<Executor> executor() override { return where_; }
  void runItem(std::vector<Call>& batch, std::size_t index) override { batch[index](); }
  void sliceOver() override { ++slices_; }

 private:
  std::shared_ptr<Executor> where_;
  std::atomic<int> slices_{0};
};

/// Runs every task at once, inside post().
class Inline final : public Executor {
 public:
  void post(Call task) override { task(); }
};

/// Several threads that take tasks from one queue: legal for a strand, which must keep its order.
class Pool final : public Executor {
 public:
  explicit Pool(int threads) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
  }
  ~Pool() override {
    waiter_.change([this] { ending_ = true; });
    for (auto& thread : threads_) thread.join();
  }
  void post(Call task) override {
    waiter_.change([&] { tasks_.push_back(std::move(task)); });
  }

 private:
  void serve() {
    for (;;) {
      if (!waiter_.until([this] { return ending_ || !tasks_.empty(); })) return;
      const Call task = waiter_.change([this] {
        if (tasks_.empty()) return Call{};
        Call first = std::move(tasks_.front());
        tasks_.erase(tasks_.begin());
        return first;
      });
      if (task) {
        task();
      } else if (waiter_.look([this] { return ending_; })) {
        return;
      }
    }
  }

  Waiter waiter_;
  std::vector<Call> tasks_;
  bool ending_{false};
  std::vector<std::thread> threads_;
};

}  // namespace

TEST_CASE("strand: a burst costs one posted task") {
  const auto executor = PollExecutor::make();
  const auto strand = std::make_shared<CallStrand>(executor);
  std::vector<int> ran;
  std::vector<Call> burst;
  for (int i = 0; i < 10; ++i) burst.emplace_back([&ran, i] { ran.push_back(i); });
  strand->pushAll(burst);
  CHECK(burst.empty());
  strand->push([&ran] { ran.push_back(10); });
  CHECK(executor->poll(1h) == 1);
  CHECK(ran == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  CHECK(strand->slices() == 1);
}

TEST_CASE("strand: on many threads, items run in order and never two at once") {
  constexpr int kStrands = 4;
  constexpr int kItems = 5000;
  Waiter waiter;
  int finished = 0;
  std::atomic<int> wrong{0};
  struct Lane {
    std::shared_ptr<CallStrand> strand;
    std::atomic<bool> inside{false};
    int next{0};  // no lock: the strand is the lock, and TSan the judge
  };
  const auto pool = std::make_shared<Pool>(4);
  std::vector<Lane> lanes(kStrands);
  for (auto& lane : lanes) lane.strand = std::make_shared<CallStrand>(pool);
  for (int i = 0; i < kItems; ++i) {
    for (auto& lane : lanes) {
      lane.strand->push([&, i] {
        if (lane.inside.exchange(true)) ++wrong;
        if (lane.next++ != i) ++wrong;
        lane.inside = false;
        if (i == kItems - 1) waiter.change([&] { ++finished; });
      });
    }
  }
  REQUIRE(waiter.until([&] { return finished == kStrands; }));
  CHECK(wrong == 0);
  // A thread of the pool that drops the last strand would drop the pool, and cannot join itself.
  for (const auto& lane : lanes) {
    REQUIRE(kith::testing::eventually([&] { return lane.strand.use_count() == 1; }));
  }
}

TEST_CASE("strand: an item may push, also where the executor runs tasks inside post") {
  const auto strand = std::make_shared<CallStrand>(std::make_shared<Inline>());
  std::vector<int> ran;
  strand->push([&] {
    ran.push_back(1);
    strand->push([&] { ran.push_back(2); });
    ran.push_back(-1);  // before 2: items never nest
  });
  CHECK(ran == std::vector<int>{1, -1, 2});
}

TEST_CASE("strand: a long chain of pushing items needs no deep stack on an inline executor") {
  const auto strand = std::make_shared<CallStrand>(std::make_shared<Inline>());
  int left = 200000;
  Call step = [&] {
    if (--left > 0) strand->push(step);
  };
  strand->push(step);
  CHECK(left == 0);
}

TEST_CASE("strand: what an item holds is freed before the next item runs") {
  const auto executor = PollExecutor::make();
  const auto strand = std::make_shared<CallStrand>(executor);
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = held;
  bool expired = false;
  strand->push([held = std::move(held)] {});
  strand->push([&] { expired = watched.expired(); });
  while (executor->poll(1h) != 0) {
  }
  CHECK(expired);
}

TEST_CASE("strand: it lives until its items have run, though nobody holds it") {
  const auto executor = PollExecutor::make();
  auto strand = std::make_shared<CallStrand>(executor);
  const std::weak_ptr<CallStrand> watched = strand;
  bool ran = false;
  strand->push([&] { ran = true; });
  strand.reset();
  CHECK_FALSE(watched.expired());
  CHECK(executor->poll(1h) == 1);
  CHECK(ran);
  CHECK(watched.expired());
}

TEST_CASE("strand: without an executor items are dropped, and freed") {
  const auto strand = std::make_shared<CallStrand>(nullptr);
  auto held = std::make_shared<int>(1);
  bool ran = false;
  strand->push([held, &ran] { ran = true; });
  CHECK(held.use_count() == 1);
  CHECK_FALSE(ran);
}

TEST_CASE("strand: a slow item lets the executor's other work have its turn") {
  const auto executor = PollExecutor::make();
  const auto strand = std::make_shared<CallStrand>(executor);
  std::vector<int> ran;
  std::vector<Call> burst;
  burst.emplace_back([&] {
    const auto end = std::chrono::steady_clock::now() + 2ms;
    while (std::chrono::steady_clock::now() < end) {
    }
    ran.push_back(1);
  });
  burst.emplace_back([&] { ran.push_back(3); });
  strand->pushAll(burst);
  executor->post([&] { ran.push_back(2); });
  CHECK(executor->poll(1h) == 3);
  CHECK(ran == std::vector<int>{1, 2, 3});
}

TEST_CASE("strand: memory is kept for the next items only where they are expected") {
  const auto strand = std::make_shared<CallStrand>(std::make_shared<Inline>());
  std::vector<Call> calls;
  const auto push = [&](bool more_soon) {
    calls.assign(3, [] {});
    strand->pushAll(calls, more_soon);
    calls.clear();
    return calls.capacity();  // what the strand had for the items before
  };
  push(false);
  CHECK(push(false) == 0);
  push(true);
  push(true);
  CHECK(push(true) >= 3);  // two vectors take turns
  strand->trim();
  CHECK(push(true) == 0);
}

TEST_CASE("strand: items whose task is thrown away are freed, though they hold the strand") {
  auto executor = PollExecutor::make();
  auto strand = std::make_shared<CallStrand>(nullptr);
  const std::weak_ptr<CallStrand> watched = strand;
  strand->useExecutor(executor);
  strand->push([strand] {});
  strand->useExecutor(nullptr);
  strand.reset();
  CHECK_FALSE(watched.expired());
  executor.reset();
  CHECK(watched.expired());
}

TEST_CASE("strand: an executor that throws tasks away in the middle of a burst leaves nothing") {
  /// Runs what is posted from outside, throws away what is posted while it runs.
  class Stubborn final : public Executor {
   public:
    void post(Call task) override {
      if (std::exchange(busy_, true)) return;
      task();
      busy_ = false;
    }

   private:
    bool busy_{false};
  };
  auto strand = std::make_shared<CallStrand>(std::make_shared<Stubborn>());
  const std::weak_ptr<CallStrand> watched = strand;
  int ran = 0;
  strand->push([&] {
    ++ran;
    strand->push([&ran, strand] { ++ran; });
  });
  CHECK(ran == 1);
  strand->push([&] { ++ran; });  // it works again
  CHECK(ran == 2);
  strand.reset();
  CHECK(watched.expired());
}
