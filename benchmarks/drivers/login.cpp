// SPDX-License-Identifier: Apache-2.0
// login: many peers come, each a member of some conversations in which messages wait for it. It is
// over when each has learnt of all that wait: by hearing them, or by being told how many there are.
#include <algorithm>

#include "benchmarks/drivers/work.hpp"

namespace kith::bench {
namespace {

class Login final : public Work {
 public:
  explicit Login(const Settings& settings)
      : Work(settings),
        in_each_(std::min(kInEach, settings.clients)),
        groups_a_round_(settings.clients / in_each_),
        groups_(groups_a_round_ * settings.conversations),
        next_group_(settings.connections),
        next_message_(settings.connections),
        learnt_(settings.clients) {}

  Figures run() override {
    if (settings().clients % in_each_ != 0) fail("--clients must be a multiple of 100");
    if (failure() || !makeGroups() || !fillGroups()) return {};
    closeAll();
    const std::size_t half = settings().clients / 2;
    coming_ = true;
    start();
    if (!come(0, half)) return {};
    // What the preparations have given back is used up by then.
    const double kilobytes = usageOf(settings().server_pid).rss_kb;
    if (!come(half, settings().clients)) return {};
    const auto count = static_cast<double>(settings().clients);
    Figures figures{{"openSeconds", seconds()}};
    figures.push_back({"serverKbPerSession", (usageOf(settings().server_pid).rss_kb - kilobytes) /
                                                 static_cast<double>(settings().clients - half)});
    addCpu(figures, "Open", count);
    return figures;
  }

 private:
  /// Members of a group, without the one that has made it.
  static constexpr std::size_t kInEach = 100;

  bool makeGroups() {
    for (std::size_t i = 0; i < settings().connections; ++i) add("maker" + std::to_string(i), {});
    if (!open()) return false;
    for (std::size_t i = 0; i < size(); ++i) {
      next_group_[i] = i;
      if (i < groups_) at(i).gather(membersOf(i));
    }
    return gathered_ == groups_ || turn("gathering");
  }

  /// Neighbours are together in one round, and far apart in the next one.
  std::vector<std::string> membersOf(std::size_t group) const {
    const std::size_t round = group / groups_a_round_;
    const std::size_t place = group % groups_a_round_;
    std::vector<std::string> members;
    for (std::size_t k = 0; k < in_each_; ++k) {
      const std::size_t peer = round % 2 == 0 ? place * in_each_ + k : place + k * groups_a_round_;
      members.push_back("p" + std::to_string(peer));
    }
    return members;
  }

  void onMade(Client& maker) override {
    maker_of_.push_back(maker.index());
    const std::size_t next = next_group_[maker.index()] += settings().connections;
    if (next < groups_) maker.gather(membersOf(next));
    if (++gathered_ == groups_) loop().stop();
  }

  /// Each maker speaks in its own groups, one message after the other.
  bool fillGroups() {
    all_ = groups_ * settings().messages;
    if (all_ == 0) return true;
    for (std::size_t i = 0; i < size(); ++i) speakNext(at(i));
    return turn("filling the groups");
  }

  void speakNext(Client& maker) {
    std::size_t& next = next_message_[maker.index()];
    while (next < all_ && maker_of_[next % groups_] != maker.index()) ++next;
    if (next >= all_) return;
    maker.speakIn(next % groups_, makeBody(next, maker.index(), settings().body));
    ++next;
  }

  void onAccepted(Client& maker) override {
    speakNext(maker);
    if (++accepted_ == all_) loop().stop();
  }

  bool come(std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) add("p" + std::to_string(i), {});
    wanted_ = last * settings().conversations * settings().messages;
    open_ = false;
    if (!open(first)) return false;
    open_ = true;
    return known_ == wanted_ || turn("learning what waits");
  }

  void onHeard(Client& client, std::string_view) override { learn(client, 1); }
  void onUnread(Client& client, std::size_t conversations) override {
    learn(client, conversations * settings().messages);
  }
  void learn(const Client& client, std::size_t messages) {
    if (!coming_) return fail("a message for somebody who is away was delivered");
    learnt_[client.index()] += messages;
    if (learnt_[client.index()] > settings().conversations * settings().messages) {
      return fail(client.name() + " learnt of more than waits for it");
    }
    known_ += messages;
    if (known_ == wanted_ && open_) loop().stop();
  }

  std::size_t in_each_;
  std::size_t groups_a_round_;
  std::size_t groups_;
  std::size_t gathered_{0};
  std::size_t all_{0};
  std::size_t accepted_{0};
  std::size_t wanted_{0};
  std::size_t known_{0};
  bool coming_{false};
  bool open_{false};                       ///< all that come now
  std::vector<std::size_t> next_group_;    ///< by maker
  std::vector<std::size_t> next_message_;  ///< by maker
  std::vector<std::size_t> maker_of_;      ///< by group, as they were made
  std::vector<std::size_t> learnt_;        ///< messages, by peer
};

}  // namespace

std::unique_ptr<Work> makeLogin(const Settings& settings) {
  return std::make_unique<Login>(settings);
}

}  // namespace kith::bench
