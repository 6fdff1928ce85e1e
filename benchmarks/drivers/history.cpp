// SPDX-License-Identifier: Apache-2.0
// history: one reads pages of a conversation, one after the other; each begins anywhere in the
// newer half.
#include <algorithm>
#include <random>

#include "benchmarks/drivers/work.hpp"

namespace kith::bench {
namespace {

std::int64_t wallMillis() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

class History final : public Work {
 public:
  using Work::Work;

  Figures run() override {
    add("maker", {});
    if (!open()) return {};
    at(0).gather({"reader"});
    if (!turn("gathering")) return {};
    const std::int64_t began = wallMillis();
    for (std::size_t i = 0; i < settings().in_flight; ++i) speakNext();
    if (!turn("filling the conversation")) return {};
    const std::int64_t ended = wallMillis();
    before_ = std::uniform_int_distribution<std::int64_t>((began + ended) / 2 + 1, ended + 1);
    Role reader;
    reader.reads = true;
    add("reader", reader);
    if (!open(1)) return {};
    micros_.reserve(settings().pages);
    start();
    readNext();
    if (!turn("reading")) return {};
    const double took = seconds();
    std::sort(micros_.begin(), micros_.end());
    const auto count = static_cast<double>(settings().pages);
    Figures figures{{"pagesPerSecond", count / took},
                    {"pageP50", percentile(0.5)},
                    {"pageP99", percentile(0.99)}};
    addCpu(figures, "Page", count);
    return figures;
  }

 private:
  /// Messages of a page.
  static constexpr std::size_t kPage = 100;

  void onMade(Client&) override { loop().stop(); }
  void speakNext() {
    if (next_ >= settings().messages) return;
    at(0).speakIn(0, makeBody(next_, 0, settings().body));
    ++next_;
  }
  void onAccepted(Client&) override {
    speakNext();
    if (++accepted_ == settings().messages) loop().stop();
  }

  void readNext() {
    asked_ = Clock::now();
    at(1).readPage(before_(random_), kPage);
  }
  void onPage(Client&, std::size_t messages) override {
    if (messages != kPage) {
      return fail("a page has " + std::to_string(messages) + " messages, and not 100");
    }
    micros_.push_back(secondsSince(asked_) * 1e6);
    if (micros_.size() == settings().pages) return loop().stop();
    readNext();
  }
  double percentile(double part) const {
    return micros_[static_cast<std::size_t>(part * static_cast<double>(micros_.size() - 1))];
  }

  std::size_t next_{0};
  std::size_t accepted_{0};
  Clock::time_point asked_;
  std::vector<double> micros_;
  std::mt19937 random_{1};
  std::uniform_int_distribution<std::int64_t> before_;
};

}  // namespace

std::unique_ptr<Work> makeHistory(const Settings& settings) {
  return std::make_unique<History>(settings);
}

}  // namespace kith::bench
