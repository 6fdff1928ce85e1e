// SPDX-License-Identifier: Apache-2.0
// bench direct: one peer sends to another, so many unanswered at a time; or at a fixed rate, for
// the time from send() to the receiver's callback.
#include <algorithm>
#include <atomic>
#include <time.h>

#include "tools/bench.hpp"

namespace kith::tools {
namespace {

using Clock = std::chrono::steady_clock;

std::int64_t nanosNow() {
  return std::chrono::nanoseconds(Clock::now().time_since_epoch()).count();
}

/// Checks that messages 0, 1, 2... come, each once.
class InOrder : public MessageReceiver {
 public:
  InOrder(Bench& bench, std::size_t total) : bench_(bench), total_(total) {}
  void onMessage(Session&, const Message& message) override {
    const std::size_t expected = received.load(std::memory_order_relaxed);
    const std::uint64_t number = bodyNumber(message.text);
    if (number != expected) {
      bench_.fail("message " + std::to_string(number) + " came in the place of " +
                  std::to_string(expected));
    }
    received.store(expected + 1, std::memory_order_release);
    if (expected + 1 == total_) bench_.wake();
  }
  std::atomic<std::size_t> received{0};

 private:
  Bench& bench_;
  std::size_t total_;
};

/// Keeps a number of messages under way. Everything but `accepted` lives on the io thread.
struct Window {
  Window(Bench& run, Session& from) : bench(run), session(from), total(run.args().messages) {}

  Bench& bench;
  Session& session;
  std::size_t total;
  std::size_t next{0};
  std::atomic<std::size_t> accepted{0};

  void sendNext() {
    if (next >= total) return;
    Message message;
    message.text = numberedBody(next++, bench.args().body);
    message.to = {"receiver"};
    session.send(std::move(message), [this](const Result<Receipt>& receipt) {
      if (!receipt) return bench.fail("a message was refused: " + receipt.error().detail);
      sendNext();
      if (accepted.fetch_add(1, std::memory_order_release) + 1 == total) bench.wake();
    });
  }
};

Figures throughput(Bench& bench) {
  const BenchArgs& args = bench.args();
  const auto receiver = std::make_shared<InOrder>(bench, args.messages);
  std::optional<Window> window;
  Fleet fleet(bench);
  const auto sender = fleet.add("sender", nullptr);
  fleet.add("receiver", receiver);
  if (!fleet.open()) return {};
  window.emplace(bench, *sender);
  const Usage own = ownUsage();
  const Usage server = bench.server().usage();
  const auto start = Clock::now();
  // A completion runs on the io thread, where the window lives.
  sender->query({"receiver"}, [&](const Result<std::vector<std::string>>&) {
    for (std::size_t i = 0; i < args.in_flight; ++i) window->sendNext();
  });
  const bool done = bench.waitFor("sending", [&] {
    return window->accepted.load() == args.messages && receiver->received.load() == args.messages;
  });
  if (!done) return {};
  const double seconds = secondsSince(start);
  const auto count = static_cast<double>(args.messages);
  Figures figures{{"messagesPerSecond", count / seconds, "msg/s"}};
  addCpu(figures, own, ownUsage(), server, bench.server().usage(), count);
  return figures;
}

/// Notes how long each message, which carries its own time, was on the way.
class Stopwatch : public MessageReceiver {
 public:
  Stopwatch(Bench& bench, std::size_t total) : bench_(bench), total_(total) {
    micros.reserve(total);
  }
  void onMessage(Session&, const Message& message) override {
    const auto sent = static_cast<std::int64_t>(bodyNumber(message.text));
    if (sent <= last_) bench_.fail("a message came twice or out of order");
    last_ = sent;
    micros.push_back(static_cast<double>(nanosNow() - sent) / 1000);
    received.store(micros.size(), std::memory_order_release);
    if (micros.size() == total_) bench_.wake();
  }
  std::vector<double> micros;
  std::atomic<std::size_t> received{0};

 private:
  Bench& bench_;
  std::size_t total_;
  std::int64_t last_{0};
};

double percentile(const std::vector<double>& sorted, double part) {
  const auto index = static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1));
  return sorted[index];
}

Figures latency(Bench& bench) {
  const BenchArgs& args = bench.args();
  // Ten seconds' worth, unless that is more than was asked for.
  const std::size_t total = std::min(args.messages, static_cast<std::size_t>(args.rate * 10));
  const auto receiver = std::make_shared<Stopwatch>(bench, total);
  Fleet fleet(bench);
  const auto sender = fleet.add("sender", nullptr);
  fleet.add("receiver", receiver);
  if (!fleet.open()) return {};
  const auto step = static_cast<std::int64_t>(1e9 / args.rate);
  std::int64_t due = nanosNow();
  for (std::size_t i = 0; i < total && !bench.failure(); ++i, due += step) {
    const timespec until{due / 1'000'000'000, due % 1'000'000'000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
    Message message;
    message.text = numberedBody(static_cast<std::uint64_t>(nanosNow()), args.body);
    message.to = {"receiver"};
    sender->send(std::move(message), [&bench](const Result<Receipt>& receipt) {
      if (!receipt) bench.fail("a message was refused: " + receipt.error().detail);
    });
  }
  if (!bench.waitFor("receiving", [&] { return receiver->received.load() == total; })) return {};
  std::sort(receiver->micros.begin(), receiver->micros.end());
  return {{"latencyP50", percentile(receiver->micros, 0.5), "us"},
          {"latencyP99", percentile(receiver->micros, 0.99), "us"},
          {"latencyMax", receiver->micros.back(), "us"}};
}

}  // namespace

Figures benchDirect(Bench& bench) {
  return bench.args().rate > 0 ? latency(bench) : throughput(bench);
}

}  // namespace kith::tools
