// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <memory>
#include <vector>

#include "net/client/loop.hpp"
#include "support/catch.hpp"

namespace kith::net {
namespace {

/// A loop of tasks alone.
class TaskLoop final : public Loop {
 public:
  bool takes{true};
  bool over{false};
  std::vector<std::function<void()>> tasks;

  bool post(std::function<void()> task) override {
    if (takes) tasks.push_back(std::move(task));
    return takes;
  }
  bool ended() const override { return over; }
  bool onLoopThread() const override { return true; }
  std::unique_ptr<Transport> connect(const ConnectRequest&, TransportHandler&) override {
    return nullptr;
  }
  std::unique_ptr<Timer> makeTimer(std::function<void()>) override { return nullptr; }
  void http(HttpRequest, HttpCompletion) override {}
  base::Instant now() const override { return {}; }
};

TEST_CASE("loop: what is dropped later goes with a task, not before") {
  TaskLoop loop;
  std::weak_ptr<int> watched;
  {
    auto part = std::make_shared<int>(1);
    watched = part;
    loop.dropLater(std::move(part));
  }
  CHECK_FALSE(watched.expired());
  loop.tasks.front()();
  CHECK(watched.expired());
}

TEST_CASE("loop: what is dropped later is kept when the loop has ended, as its calls may go on") {
  TaskLoop loop;
  loop.takes = false;
  loop.over = true;
  auto part = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = part;
  loop.dropLater(std::move(part));
  CHECK_FALSE(watched.expired());
}

TEST_CASE("loop: what is dropped later goes at once when there never was a thread") {
  TaskLoop loop;
  loop.takes = false;
  auto part = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = part;
  loop.dropLater(std::move(part));
  CHECK(watched.expired());
}

}  // namespace
}  // namespace kith::net
