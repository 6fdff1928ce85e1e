// SPDX-License-Identifier: Apache-2.0
// direct: one peer sends to another, so many unanswered at a time.
// latency: the same at a fixed rate, for the time from send() to onHeard().
#include <algorithm>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "benchmarks/drivers/work.hpp"

namespace kith::bench {
namespace {

class Direct final : public Work {
 public:
  using Work::Work;

  Figures run() override {
    add("sender", {});
    add("receiver", {});
    if (!open() || !introduce({{"receiver"}})) return {};
    start();
    for (std::size_t i = 0; i < settings().in_flight; ++i) sendNext();
    if (!turn("sending")) return {};
    const auto count = static_cast<double>(settings().messages);
    Figures figures{{"messagesPerSecond", count / seconds()}};
    addCpu(figures, "Message", count);
    return figures;
  }

 private:
  void sendNext() {
    if (next_ < settings().messages) {
      at(0).send("receiver", makeBody(next_, 0, settings().body));
      ++next_;
    }
  }
  void onAccepted(Client&) override {
    if (++accepted_ > next_) fail("more answers than messages");
    sendNext();
    endIfDone();
  }
  void onHeard(Client&, std::string_view body) override {
    if (readBody(body).number != heard_++) fail("a message came twice or out of order");
    endIfDone();
  }
  void endIfDone() {
    if (accepted_ == settings().messages && heard_ == settings().messages) loop().stop();
  }

  std::size_t next_{0};
  std::size_t accepted_{0};
  std::size_t heard_{0};
};

std::uint64_t nanosNow() {
  return static_cast<std::uint64_t>(
      std::chrono::nanoseconds(Clock::now().time_since_epoch()).count());
}

/// Sends on a timer's edge; a late turn sends all that is due, each with its own time.
class Latency final : public Work, private Source {
 public:
  explicit Latency(const Settings& settings)
      : Work(settings), timer_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {}
  ~Latency() override { close(timer_); }

  Figures run() override {
    add("sender", {});
    add("receiver", {});
    if (!open() || !introduce({{"receiver"}})) return {};
    micros_.reserve(settings().messages);
    const auto step = static_cast<long>(1e9 / settings().rate);
    const itimerspec every{{step / 1000000000, step % 1000000000},
                           {step / 1000000000, step % 1000000000}};
    timerfd_settime(timer_, 0, &every, nullptr);
    loop().watch(timer_, EPOLLIN, *this);
    if (!turn("sending")) return {};
    std::sort(micros_.begin(), micros_.end());
    return {{"latencyP50", percentile(0.5)},
            {"latencyP99", percentile(0.99)},
            {"latencyMax", micros_.back()}};
  }

 private:
  void ready(std::uint32_t) override {
    std::uint64_t due = 0;
    if (read(timer_, &due, sizeof due) != sizeof due) return;
    for (; due > 0 && sent_ < settings().messages; --due, ++sent_) {
      at(0).send("receiver", makeBody(nanosNow(), 0, settings().body));
    }
  }
  void onAccepted(Client&) override {}
  void onHeard(Client&, std::string_view body) override {
    const std::uint64_t sent = readBody(body).number;
    if (sent <= last_) fail("a message came twice or out of order");
    last_ = sent;
    micros_.push_back(static_cast<double>(nanosNow() - sent) / 1000);
    if (micros_.size() == settings().messages) loop().stop();
  }
  double percentile(double part) const {
    return micros_[static_cast<std::size_t>(part * static_cast<double>(micros_.size() - 1))];
  }

  int timer_;
  std::size_t sent_{0};
  std::uint64_t last_{0};
  std::vector<double> micros_;
};

}  // namespace

std::unique_ptr<Work> makeDirect(const Settings& settings) {
  return std::make_unique<Direct>(settings);
}

std::unique_ptr<Work> makeLatency(const Settings& settings) {
  return std::make_unique<Latency>(settings);
}

}  // namespace kith::bench
