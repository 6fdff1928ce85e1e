// SPDX-License-Identifier: Apache-2.0
// bench offline: messages for peers that are away are stored, then the peers come and take them.
#include <atomic>

#include "tools/bench.hpp"

namespace kith::tools {
namespace {

class Returner : public MessageReceiver {
 public:
  Returner(Bench& bench, std::atomic<std::size_t>& heard, std::size_t all)
      : bench_(bench), heard_(heard), all_(all) {}
  void onMessage(Session& session, const Message& message) override {
    if (bodyNumber(message.text) != next_++) {
      bench_.fail(session.peerId() + " got a stored message twice or out of order");
    }
    if (!message.offline) bench_.fail("a stored message is not marked offline");
    if (heard_.fetch_add(1, std::memory_order_release) + 1 == all_) bench_.wake();
  }

 private:
  Bench& bench_;
  std::atomic<std::size_t>& heard_;
  std::size_t all_;
  std::uint64_t next_{0};
};

/// Sends its share: message k to each of its peers, then k + 1. Lives on the io thread.
struct Storer {
  Bench& bench;
  Session& session;
  std::size_t first;
  std::size_t step;
  std::atomic<std::size_t>& stored;
  std::size_t all;
  std::size_t number{0};
  std::size_t peer{first};

  void sendNext() {
    const BenchArgs& args = bench.args();
    if (number >= args.messages) return;
    Message message;
    message.text = numberedBody(number, args.body);
    message.to = {"away" + std::to_string(peer)};
    peer += step;
    if (peer >= args.clients) {
      peer = first;
      ++number;
    }
    session.send(std::move(message), [this](const Result<Receipt>& receipt) {
      if (!receipt) return bench.fail("a message was refused: " + receipt.error().detail);
      sendNext();
      if (stored.fetch_add(1, std::memory_order_release) + 1 == all) bench.wake();
    });
  }
};

double storeAll(Bench& bench, std::size_t all) {
  const BenchArgs& args = bench.args();
  const std::size_t count = std::min(args.connections, args.clients);
  std::atomic<std::size_t> stored{0};
  std::vector<std::unique_ptr<Storer>> storers;
  Fleet fleet(bench);
  for (std::size_t i = 0; i < count; ++i) {
    const auto session = fleet.add("sender" + std::to_string(i), nullptr);
    storers.push_back(std::make_unique<Storer>(Storer{bench, *session, i, count, stored, all}));
  }
  if (!fleet.open()) return 0;
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < count; ++i) {
    fleet.at(i).query({"sender0"}, [&, i](const Result<std::vector<std::string>>&) {
      for (std::size_t k = 0; k < args.in_flight; ++k) storers[i]->sendNext();
    });
  }
  bench.waitFor("storing", [&] { return stored.load() == all; });
  return secondsSince(start);
}

double drainAll(Bench& bench, std::size_t all) {
  const BenchArgs& args = bench.args();
  std::atomic<std::size_t> heard{0};
  Fleet fleet(bench);
  for (std::size_t i = 0; i < args.clients; ++i) {
    fleet.add("away" + std::to_string(i), std::make_shared<Returner>(bench, heard, all),
              i % args.connections);
  }
  const auto start = std::chrono::steady_clock::now();
  if (!fleet.open()) return 0;
  bench.waitFor("draining", [&] { return heard.load() == all; });
  return secondsSince(start);
}

}  // namespace

Figures benchOffline(Bench& bench) {
  const std::size_t all = bench.args().clients * bench.args().messages;
  const auto count = static_cast<double>(all);
  const Usage own = ownUsage();
  const Usage server = bench.server().usage();
  const double store = storeAll(bench, all);
  if (bench.failure()) return {};
  const double drain = drainAll(bench, all);
  if (bench.failure()) return {};
  Figures figures{{"storedPerSecond", count / store, "msg/s"},
                  {"drainedPerSecond", count / drain, "msg/s"}};
  addCpu(figures, own, ownUsage(), server, bench.server().usage(), count);
  return figures;
}

}  // namespace kith::tools
