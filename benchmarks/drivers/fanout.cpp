// SPDX-License-Identifier: Apache-2.0
// fanout: one speaks to a group, all others hear it, each on a connection of its own.
#include "benchmarks/drivers/work.hpp"

namespace kith::bench {
namespace {

class Fanout final : public Work {
 public:
  explicit Fanout(const Settings& settings)
      : Work(settings),
        all_(settings.messages * (settings.clients - 1)),
        heard_(settings.clients) {}

  Figures run() override {
    Role speaker;
    speaker.speaks = true;
    add("m0", speaker);
    // Where a protocol has groups made by a client, the speaker makes it.
    if (!open()) return {};
    Role member;
    member.member = true;
    for (std::size_t i = 1; i < settings().clients; ++i) add("m" + std::to_string(i), member);
    if (!open(1)) return {};
    start();
    for (std::size_t i = 0; i < settings().in_flight; ++i) speakNext();
    if (!turn("speaking")) return {};
    const auto count = static_cast<double>(all_);
    Figures figures{{"deliveriesPerSecond", count / seconds()}};
    addCpu(figures, "Message", count);
    return figures;
  }

 private:
  void speakNext() {
    if (next_ >= settings().messages) return;
    at(0).speak(makeBody(next_, 0, settings().body));
    ++next_;
  }
  void onAccepted(Client&) override {
    ++accepted_;
    speakNext();
    endIfDone();
  }
  void onHeard(Client& client, std::string_view body) override {
    if (readBody(body).number != heard_[client.index()]++) {
      fail(client.name() + " heard a message twice or out of order");
    }
    ++deliveries_;
    endIfDone();
  }
  void endIfDone() {
    if (deliveries_ == all_ && accepted_ == settings().messages) loop().stop();
  }

  std::size_t all_;
  std::size_t next_{0};
  std::size_t accepted_{0};
  std::size_t deliveries_{0};
  std::vector<std::uint64_t> heard_;
};

}  // namespace

std::unique_ptr<Work> makeFanout(const Settings& settings) {
  return std::make_unique<Fanout>(settings);
}

}  // namespace kith::bench
