// SPDX-License-Identifier: Apache-2.0
// bench fanout: one member of a group speaks, all others hear it, each on its own connection.
#include <kith/group.hpp>

#include <atomic>

#include "tools/bench.hpp"

namespace kith::tools {
namespace {

/// What all members have counted together; written on the io thread.
struct Tally {
  std::atomic<std::size_t> joined{0};
  std::atomic<std::size_t> heard{0};
  std::atomic<std::size_t> accepted{0};
};

class Member : public MessageReceiver {
 public:
  Member(Bench& bench, Tally& tally, std::size_t all) : bench_(bench), tally_(tally), all_(all) {}
  void onInvitedToGroup(Group&, const std::string&) override {
    tally_.joined.fetch_add(1);
    bench_.wake();
  }
  void onGroupMessage(Group& group, const Message& message) override {
    if (bodyNumber(message.text) != next_++) {
      bench_.fail(group.selfId() + " heard a message twice or out of order");
    }
    if (tally_.heard.fetch_add(1, std::memory_order_release) + 1 == all_) bench_.wake();
  }

 private:
  Bench& bench_;
  Tally& tally_;
  std::size_t all_;
  std::uint64_t next_{0};
};

bool gather(Bench& bench, Group& group, Tally& tally, Fleet& fleet) {
  std::atomic<bool> made{false};
  group.join([&](const Result<std::string>& id) {
    if (!id) return bench.fail("no group: " + id.error().detail);
    made = true;
    bench.wake();
  });
  if (!bench.waitFor("making the group", [&] { return made.load(); })) return false;
  for (std::size_t from = 1; from < fleet.size(); from += limits::kPeersPerCall) {
    std::vector<std::string> some;
    for (std::size_t i = from; i < std::min(from + limits::kPeersPerCall, fleet.size()); ++i) {
      some.push_back(fleet.at(i).peerId());
    }
    group.invite(std::move(some), [&bench](const Result<std::vector<std::string>>& invited) {
      if (!invited) bench.fail("invite: " + invited.error().detail);
    });
  }
  return bench.waitFor("gathering the members",
                       [&] { return tally.joined.load() == fleet.size() - 1; });
}

/// Speaks with so many messages unanswered; lives on the io thread but for the tally.
struct Speaker {
  Bench& bench;
  Group& group;
  Tally& tally;
  std::size_t next{0};

  void speak() {
    if (next >= bench.args().messages) return;
    Message message;
    message.text = numberedBody(next++, bench.args().body);
    group.send(std::move(message), [this](const Result<Receipt>& receipt) {
      if (!receipt) return bench.fail("a message was refused: " + receipt.error().detail);
      speak();
      if (tally.accepted.fetch_add(1) + 1 == bench.args().messages) bench.wake();
    });
  }
};

}  // namespace

Figures benchFanout(Bench& bench) {
  const BenchArgs& args = bench.args();
  const std::size_t deliveries = args.messages * (args.clients - 1);
  Tally tally;
  std::optional<Speaker> speaker;
  Fleet fleet(bench);
  for (std::size_t i = 0; i < args.clients; ++i) {
    fleet.add("m" + std::to_string(i), std::make_shared<Member>(bench, tally, deliveries));
  }
  if (!fleet.open()) return {};
  const auto group = fleet.at(0).group();
  if (!gather(bench, *group, tally, fleet)) return {};
  speaker.emplace(Speaker{bench, *group, tally});
  const Usage own = ownUsage();
  const Usage server = bench.server().usage();
  const auto start = std::chrono::steady_clock::now();
  fleet.at(0).query({"m0"}, [&](const Result<std::vector<std::string>>&) {
    for (std::size_t i = 0; i < args.in_flight; ++i) speaker->speak();
  });
  const bool done = bench.waitFor("speaking", [&] {
    return tally.heard.load() == deliveries && tally.accepted.load() == args.messages;
  });
  if (!done) return {};
  const double seconds = secondsSince(start);
  const auto count = static_cast<double>(deliveries);
  Figures figures{{"deliveriesPerSecond", count / seconds, "del/s"}};
  addCpu(figures, own, ownUsage(), server, bench.server().usage(), count);
  return figures;
}

}  // namespace kith::tools
