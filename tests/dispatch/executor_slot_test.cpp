// SPDX-License-Identifier: Apache-2.0
#include "dispatch/executor_slot.hpp"

#include <future>
#include <thread>

#include "support/catch.hpp"
#include "support/waiter.hpp"

using kith::Executor;
using kith::PollExecutor;
using kith::dispatch::ExecutorSlot;

namespace {

class Plain final : public Executor {
 public:
  void post(std::function<void()> task) override { task(); }
};

}  // namespace

TEST_CASE("executor slot: without an executor it makes a thread") {
  const ExecutorSlot slot(nullptr);
  REQUIRE(slot.get() != nullptr);
  std::promise<std::thread::id> ran;
  slot.get()->post([&] { ran.set_value(std::this_thread::get_id()); });
  auto future = ran.get_future();
  REQUIRE(future.wait_until(kith::testing::globalDeadline()) == std::future_status::ready);
  CHECK(future.get() != std::this_thread::get_id());
}

TEST_CASE("executor slot: released, it lets a poll executor go with its owner") {
  auto poll = PollExecutor::make();
  ExecutorSlot slot(poll);
  slot.release();
  CHECK(slot.get() == poll);
  poll.reset();
  CHECK(slot.get() == nullptr);
}

TEST_CASE("executor slot: released, it keeps any other executor: its tasks must run") {
  auto plain = std::make_shared<Plain>();
  ExecutorSlot slot(plain);
  slot.release();
  plain.reset();
  CHECK(slot.get() != nullptr);
}
