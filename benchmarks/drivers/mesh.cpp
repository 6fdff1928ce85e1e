// SPDX-License-Identifier: Apache-2.0
// mesh: many clients, each sends to others at random.
#include <random>

#include "benchmarks/drivers/work.hpp"

namespace kith::bench {
namespace {

class Mesh final : public Work {
 public:
  explicit Mesh(const Settings& settings)
      : Work(settings),
        count_(settings.clients),
        all_(settings.messages / count_ * count_),
        left_(count_, settings.messages / count_),
        sent_(count_ * count_),
        heard_(count_ * count_),
        any_(0, count_ - 2) {}

  Figures run() override {
    for (std::size_t i = 0; i < count_; ++i) add("c" + std::to_string(i), {});
    if (!open() || !introduce(everybody())) return {};
    start();
    for (std::size_t i = 0; i < count_; ++i) {
      for (std::size_t k = 0; k < settings().in_flight; ++k) sendNext(at(i));
    }
    if (!turn("sending")) return {};
    const auto count = static_cast<double>(all_);
    Figures figures{{"messagesPerSecond", count / seconds()}};
    addCpu(figures, "Message", count);
    return figures;
  }

 private:
  /// All others, for each.
  std::vector<std::vector<std::string>> everybody() {
    std::vector<std::vector<std::string>> peers_of(count_);
    for (std::size_t i = 0; i < count_; ++i) {
      for (std::size_t k = 0; k < count_; ++k) {
        if (k != i) peers_of[i].push_back(at(k).name());
      }
    }
    return peers_of;
  }
  void sendNext(Client& from) {
    if (left_[from.index()] == 0) return;
    --left_[from.index()];
    std::size_t to = any_(random_);
    if (to >= from.index()) ++to;
    const std::uint64_t number = sent_[from.index() * count_ + to]++;
    from.send(at(to).name(), makeBody(number, from.index(), settings().body));
  }
  void onAccepted(Client& client) override {
    ++accepted_;
    sendNext(client);
    endIfDone();
  }
  void onHeard(Client& client, std::string_view body) override {
    const BodyHead head = readBody(body);
    if (head.sender >= count_ || head.number != heard_[head.sender * count_ + client.index()]++) {
      fail(client.name() + " heard a message twice or out of order");
    }
    ++deliveries_;
    endIfDone();
  }
  void endIfDone() {
    if (deliveries_ == all_ && accepted_ == all_) loop().stop();
  }

  std::size_t count_;
  std::size_t all_;
  std::size_t accepted_{0};
  std::size_t deliveries_{0};
  std::vector<std::size_t> left_;     ///< by sender
  std::vector<std::uint64_t> sent_;   ///< by sender and receiver
  std::vector<std::uint64_t> heard_;  ///< by sender and receiver
  std::mt19937 random_{1};
  std::uniform_int_distribution<std::size_t> any_;
};

}  // namespace

std::unique_ptr<Work> makeMesh(const Settings& settings) {
  return std::make_unique<Mesh>(settings);
}

}  // namespace kith::bench
