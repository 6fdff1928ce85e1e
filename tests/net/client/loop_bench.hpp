// SPDX-License-Identifier: Apache-2.0
// A loop with one recorded connection, driven from a test's thread.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/client/loop.hpp"
#include "support/catch.hpp"
#include "support/waiter.hpp"

namespace kith::testing {

/// Runs `what` on the loop's thread and waits for its value.
template <typename What>
auto onLoop(net::Loop& loop, What what) {
  using Value = std::invoke_result_t<What>;
  auto promise = std::make_shared<std::promise<Value>>();
  auto future = promise->get_future();
  REQUIRE(loop.post([promise, what = std::move(what)]() mutable {
    if constexpr (std::is_void_v<Value>) {
      what();
      promise->set_value();
    } else {
      promise->set_value(what());
    }
  }));
  REQUIRE(future.wait_until(globalDeadline()) == std::future_status::ready);
  return future.get();
}

/// What a connection said. Written on the loop's thread, read in the test's.
class Recorder final : public net::TransportHandler {
 public:
  void onUp() override {
    waiter.change([this] { ++ups; });
    if (when_up) when_up();
  }
  void onFrame(char* frame, std::size_t size) override {
    frame[size] = '!';  // the spare byte is ours
    waiter.change([&] { frames.emplace_back(frame, size); });
    if (when_frame) when_frame();
  }
  void onHeard() override {
    waiter.change([this] { ++heard; });
  }
  void onDown(int code, Error error) override {
    waiter.change([&] {
      ++downs;
      close_code = code;
      why = std::move(error);
    });
    if (when_down) when_down();
  }
  void onTurnEnd() override {
    waiter.change([this] {
      ++turns;
      frames_at_turn_end = frames.size();
    });
    if (when_turn_ends) when_turn_ends();
  }

  bool isUp() {
    return waiter.until([this] { return ups > 0 || downs > 0; }) &&
           waiter.look([this] { return downs == 0; });
  }
  Error down() {
    REQUIRE(waiter.until([this] { return downs > 0; }));
    return waiter.look([this] { return why; });
  }
  bool hasFrames(std::size_t count) {
    return waiter.until([this, count] { return frames.size() >= count || downs > 0; }) &&
           waiter.look([this, count] { return frames.size() >= count; });
  }
  int count(int Recorder::*member) {
    return waiter.look([this, member] { return this->*member; });
  }

  Waiter waiter;
  int ups{0}, downs{0}, turns{0}, heard{0}, close_code{-1};
  std::size_t frames_at_turn_end{0};
  std::vector<std::string> frames;
  Error why;
  std::function<void()> when_up, when_frame, when_down, when_turn_ends;
};

/// Loop, handler and transport, taken down in the right order.
struct Bench {
  explicit Bench(std::shared_ptr<net::Loop> shared = net::Loop::make({}))
      : loop(std::move(shared)) {}
  ~Bench() { hangUp(); }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  void connect(net::ConnectRequest request) {
    onLoop(*loop, [this, &request] { transport = loop->connect(request, recorder); });
  }
  void connect(const std::string& url) {
    net::ConnectRequest request;
    request.url = url;
    connect(std::move(request));
  }
  void hangUp() {
    onLoop(*loop, [this] { transport.reset(); });
  }
  void send(const std::string& text) {
    onLoop(*loop, [this, &text] { transport->send(text); });
  }

  std::shared_ptr<net::Loop> loop;
  Recorder recorder;
  std::unique_ptr<net::Transport> transport;
};

}  // namespace kith::testing
