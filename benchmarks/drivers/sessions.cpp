// SPDX-License-Identifier: Apache-2.0
// idle: what it takes to open and to keep many sessions.
// storm: all lose their server, which benchmarks/compare kills and starts again, and come back.
#include <cstdio>
#include <random>

#include "benchmarks/drivers/work.hpp"

namespace kith::bench {
namespace {

class Idle final : public Work {
 public:
  using Work::Work;

  Figures run() override {
    for (std::size_t i = 0; i < settings().clients; ++i) add("p" + std::to_string(i), {});
    start();
    if (!open()) return {};
    const auto count = static_cast<double>(size());
    Figures figures{{"openSeconds", seconds()}};
    addMemory(figures, count);
    addCpu(figures, "Open", count);
    return figures;
  }
};

/// Tries again after 50 to 150 ms, at random: the driver's own spread, the same for every peer.
class Storm final : public Work {
 public:
  using Work::Work;

  Figures run() override {
    for (std::size_t i = 0; i < settings().clients; ++i) add("p" + std::to_string(i), {});
    if (!open()) return {};
    opened_ = true;
    std::puts("kill the server");
    std::fflush(stdout);
    if (!turn("coming back")) return {};
    // On the clock that the script that killed the server reads, too.
    const auto now = Clock::now().time_since_epoch();
    return {{"backAt", std::chrono::duration<double>(now).count()}};
  }

 private:
  void onReady(Client& client) override {
    if (!opened_) return Work::onReady(client);
    if (++back_ == size()) loop().stop();
  }
  void onLost(Client& client, std::string_view why) override {
    if (!opened_) return Work::onLost(client, why);
    loop().after(std::chrono::milliseconds(delay_(random_)), [&client] { client.connect(); });
  }

  bool opened_{false};
  std::size_t back_{0};
  std::mt19937 random_{1};
  std::uniform_int_distribution<int> delay_{50, 150};
};

}  // namespace

std::unique_ptr<Work> makeIdle(const Settings& settings) {
  return std::make_unique<Idle>(settings);
}

std::unique_ptr<Work> makeStorm(const Settings& settings) {
  return std::make_unique<Storm>(settings);
}

}  // namespace kith::bench
