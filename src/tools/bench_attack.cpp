// SPDX-License-Identifier: Apache-2.0
// bench attack: the latency of an app that behaves well, alone and beside attackers of other apps.
#include <algorithm>
#include <atomic>
#include <time.h>

#include "base/sync.hpp"
#include "tools/bench.hpp"
#include "tools/bench_attackers.hpp"

namespace kith::tools {
namespace {

using Clock = std::chrono::steady_clock;

// Below the default rates of a peer: 40 senders at 50 messages a second each.
constexpr std::size_t kSenders = 40;
constexpr double kDefaultRate = 2000;
// A core's share that an attacker may use.
constexpr double kAttackerShare = 0.25;

std::int64_t nanosNow() {
  return std::chrono::nanoseconds(Clock::now().time_since_epoch()).count();
}

/// Notes how long each message, which carries its own time, was on the way.
class Stopwatch : public MessageReceiver {
 public:
  explicit Stopwatch(Bench& bench) : bench_(bench) {}
  void onMessage(Session&, const Message& message) override {
    const auto sent = static_cast<std::int64_t>(bodyNumber(message.text));
    const double micros = static_cast<double>(nanosNow() - sent) / 1000;
    {
      const base::Lock lock(mutex_);
      micros_.push_back(micros);
    }
    received.fetch_add(1);
    bench_.wake();
  }
  std::vector<double> take() {
    const base::Lock lock(mutex_);
    received.store(0);
    accepted.store(0);
    return std::exchange(micros_, {});
  }
  std::atomic<std::size_t> received{0};
  /// An acknowledgement may come behind its message, and a session that ends before that fails it.
  std::atomic<std::size_t> accepted{0};

 private:
  Bench& bench_;
  base::Mutex mutex_;
  std::vector<double> micros_ KITH_GUARDED_BY(mutex_);
};

double percentile(const std::vector<double>& sorted, double part) {
  return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
}

struct Latency {
  double p50{0};
  double p99{0};
};

Latency measure(Bench& bench, Fleet& fleet, Stopwatch& watch, const std::string& beside,
                std::size_t total) {
  watch.take();
  const double rate = bench.args().rate > 0 ? bench.args().rate : kDefaultRate;
  const auto step = static_cast<std::int64_t>(1e9 / rate);
  std::int64_t due = nanosNow();
  for (std::size_t i = 0; i < total && !bench.failure(); ++i, due += step) {
    const timespec until{due / 1'000'000'000, due % 1'000'000'000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
    Message message;
    message.text = numberedBody(static_cast<std::uint64_t>(nanosNow()), bench.args().body);
    message.to = {"receiver"};
    fleet.at(i % kSenders)
        .send(std::move(message), [&bench, &watch](const Result<Receipt>& receipt) {
          if (!receipt) return bench.fail("a message was refused: " + receipt.error().detail);
          watch.accepted.fetch_add(1);
          bench.wake();
        });
  }
  const auto done = [&] {
    return watch.received.load() >= total && watch.accepted.load() >= total;
  };
  if (!bench.waitFor("receiving beside " + beside, done)) return {};
  std::vector<double> micros = watch.take();
  std::sort(micros.begin(), micros.end());
  return {percentile(micros, 0.5), percentile(micros, 0.99)};
}

/// Only where figures mean something: sanitizers take memory and time of their own.
void judge(Bench& bench, const Attack& attack, const Latency& under, double mb) {
  if (std::string(buildKind()) != "optimised") return;
  const auto check = [&](const char* what, double value, double most) {
    if (value <= most) return;
    bench.fail("beside " + std::string(attack.name) + " (" + attack.what + ") " + what + " is " +
               std::to_string(value) + ", more than " + std::to_string(most));
  };
  check("p50 in ms", under.p50 / 1000, attack.most_p50_ms);
  check("p99 in ms", under.p99 / 1000, attack.most_p99_ms);
  check("the growth of the server in MB", mb, attack.most_mb);
}

std::uint16_t portOf(const std::string& url) {
  return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}

}  // namespace

std::string attackConfig() {
  return R"({"apps":[{"id":"loud","require_watch":"never"},
                     {"id":"locked","master_key":"k","require_signature":true}]})";
}

Figures benchAttack(Bench& bench) {
  const auto watch = std::make_shared<Stopwatch>(bench);
  Fleet fleet(bench);
  for (std::size_t i = 0; i < kSenders; ++i) fleet.add("sender" + std::to_string(i), nullptr);
  fleet.add("receiver", watch);
  if (!fleet.open()) return {};
  const std::size_t total = bench.args().messages;
  measure(bench, fleet, *watch, "nothing", total / 4);  // warms everything up
  const Latency alone = measure(bench, fleet, *watch, "nothing", total);
  Figures figures{{"alone.p50", alone.p50, "us"}, {"alone.p99", alone.p99, "us"}};
  const std::uint16_t port = portOf(bench.server().url());
  Latency burn;
  int from = 2;
  for (const Attack& attack : attacks()) {
    if (bench.failure()) return {};
    const std::string name = attack.name;
    const double memory = bench.server().usage().rss_kb;
    // Each kind comes from an address whose savings are untouched: the worst for the server.
    const Attacker attacker(kAttackerShare, attack.make(port, from++));
    const auto start = Clock::now();
    const Usage server = bench.server().usage();
    const Latency under = measure(bench, fleet, *watch, name, total);
    if (attack.make == attacks().front().make) burn = under;
    const double seconds = secondsSince(start);
    figures.push_back({name + ".p50", under.p50, "us"});
    figures.push_back({name + ".p99", under.p99, "us"});
    figures.push_back({name + ".p50Ratio", under.p50 / burn.p50, "x burn"});
    figures.push_back({name + ".p99Ratio", under.p99 / burn.p99, "x burn"});
    figures.push_back({name + ".steps", static_cast<double>(attacker.steps()) / seconds, "/s"});
    const double cpu = (bench.server().usage().cpu_us - server.cpu_us) / 1e4 / seconds;
    figures.push_back({name + ".serverCpu", cpu, "%"});
    const double mb = std::max(0.0, (bench.server().usage().rss_kb - memory) / 1024);
    figures.push_back({name + ".serverGrowth", mb, "MB"});
    judge(bench, attack, under, mb);
  }
  return figures;
}

}  // namespace kith::tools
