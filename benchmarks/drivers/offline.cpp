// SPDX-License-Identifier: Apache-2.0
// offline: messages for absent peers are accepted, then the peers come and take them. Peers
// are known to the server before they go away, where that is what makes a queue.
#include "benchmarks/drivers/work.hpp"

namespace kith::bench {
namespace {

class Offline final : public Work {
 public:
  explicit Offline(const Settings& settings)
      : Work(settings),
        all_(settings.clients * settings.messages),
        storers_(settings.connections),
        heard_(settings.clients) {}

  Figures run() override {
    if (!leave()) return {};
    for (Storer& storer : storers_) {
      storer.peer = static_cast<std::size_t>(&storer - storers_.data());
      Role role;
      role.hears = false;
      role.kept = true;
      add("sender" + std::to_string(storer.peer), role);
    }
    if (!open()) return {};
    start();
    for (std::size_t k = 0; k < settings().in_flight; ++k) {
      for (std::size_t i = 0; i < size(); ++i) sendNext(at(i));
    }
    if (!turn("storing")) return {};
    const auto count = static_cast<double>(all_);
    Figures figures{{"storedPerSecond", count / seconds()}};
    addCpu(figures, "Message", count);
    if (!takeAll()) return {};
    figures.insert(figures.begin() + 1, {"drainedPerSecond", count / drain_seconds_});
    return figures;
  }

 private:
  struct Storer {
    std::size_t peer{0};
    std::size_t number{0};
  };

  void addAway(bool known) {
    Role role;
    role.kept = true;
    role.known = known;
    for (std::size_t i = 0; i < settings().clients; ++i) add("away" + std::to_string(i), role);
  }

  /// All come once, and go.
  bool leave() {
    addAway(false);
    if (!open()) return false;
    closeAll();
    return true;
  }

  bool takeAll() {
    closeAll();
    draining_ = true;
    addAway(true);
    start();
    if (!open()) return false;
    if (taken_ < all_ && !turn("draining")) return false;
    drain_seconds_ = seconds();
    return true;
  }

  void sendNext(Client& from) {
    Storer& storer = storers_[from.index()];
    if (storer.number >= settings().messages) return;
    from.send("away" + std::to_string(storer.peer),
              makeBody(storer.number, from.index(), settings().body));
    storer.peer += storers_.size();
    if (storer.peer < settings().clients) return;
    storer.peer = from.index();
    ++storer.number;
  }

  void onAccepted(Client& client) override {
    sendNext(client);
    if (++accepted_ == all_) loop().stop();
  }
  void onHeard(Client& client, std::string_view body) override {
    if (!draining_) return fail("a message for somebody who is away was delivered");
    if (readBody(body).number != heard_[client.index()]++) {
      fail(client.name() + " got a stored message twice or out of order");
    }
    if (++taken_ == all_) loop().stop();
  }

  std::size_t all_;
  std::size_t accepted_{0};
  std::size_t taken_{0};
  bool draining_{false};
  double drain_seconds_{0};
  std::vector<Storer> storers_;
  std::vector<std::uint64_t> heard_;
};

}  // namespace

std::unique_ptr<Work> makeOffline(const Settings& settings) {
  return std::make_unique<Offline>(settings);
}

}  // namespace kith::bench
