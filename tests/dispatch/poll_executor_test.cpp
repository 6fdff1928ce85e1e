// SPDX-License-Identifier: Apache-2.0
#include <kith/executor.hpp>

#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using kith::PollExecutor;
using namespace std::chrono_literals;

TEST_CASE("poll executor: tasks run only in poll, in order") {
  const auto executor = PollExecutor::make();
  std::vector<int> ran;
  for (int i = 0; i < 5; ++i) executor->post([&ran, i] { ran.push_back(i); });
  CHECK(ran.empty());
  CHECK(executor->poll(1h) == 5);
  CHECK(ran == std::vector<int>{0, 1, 2, 3, 4});
  CHECK(executor->poll(1h) == 0);
}

TEST_CASE("poll executor: a budget of zero runs one task") {
  const auto executor = PollExecutor::make();
  int ran = 0;
  for (int i = 0; i < 3; ++i) executor->post([&] { ++ran; });
  CHECK(executor->poll(0ms) == 1);
  CHECK(ran == 1);
  CHECK(executor->poll(0ms) == 1);
  CHECK(ran == 2);
}

TEST_CASE("poll executor: poll inside a task runs nothing") {
  const auto executor = PollExecutor::make();
  std::size_t inside = 99;
  bool second = false;
  executor->post([&] { inside = executor->poll(1h); });
  executor->post([&] { second = true; });
  CHECK(executor->poll(1h) == 2);
  CHECK(inside == 0);
  CHECK(second);
}

TEST_CASE("poll executor: a task posted by a task runs in the same poll") {
  const auto executor = PollExecutor::make();
  bool ran = false;
  executor->post([&] { executor->post([&] { ran = true; }); });
  CHECK(executor->poll(1h) == 2);
  CHECK(ran);
}

TEST_CASE("poll executor: wait ends when something is posted, at once when it is there") {
  const auto executor = PollExecutor::make();
  CHECK_FALSE(executor->wait(0ms));
  std::thread poster([&] { executor->post([] {}); });
  CHECK(executor->wait(1h));
  poster.join();
  CHECK(executor->wait(0ms));
  CHECK(executor->poll(1h) == 1);
  CHECK_FALSE(executor->wait(0ms));
}

TEST_CASE("poll executor: a task that throws does not stop the next") {
  const auto executor = PollExecutor::make();
  bool second = false;
  executor->post([] { throw std::runtime_error("boom"); });
  executor->post([&] { second = true; });
  CHECK(executor->poll(1h) == 2);
  CHECK(second);
}

TEST_CASE("poll executor: what was never run is freed with it") {
  auto executor = PollExecutor::make();
  auto held = std::make_shared<int>(1);
  executor->post([held] {});
  CHECK(held.use_count() == 2);
  executor.reset();
  CHECK(held.use_count() == 1);
}

TEST_CASE("poll executor: a task may drop the last reference to it") {
  auto executor = PollExecutor::make();
  auto* const raw = executor.get();
  bool second = false;
  raw->post([&] { executor.reset(); });
  raw->post([&] { second = true; });
  CHECK(raw->poll(1h) == 2);
  CHECK(second);
}
