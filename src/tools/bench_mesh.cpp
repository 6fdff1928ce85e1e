// SPDX-License-Identifier: Apache-2.0
// bench mesh: many clients, each sends to others at random.
#include <atomic>
#include <charconv>
#include <random>

#include "tools/bench.hpp"

namespace kith::tools {
namespace {

/// What all have counted together; written on the io thread.
struct Tally {
  std::size_t all;
  std::atomic<std::size_t> heard{0};
  std::atomic<std::size_t> accepted{0};
};

/// One client: hears in order from each other one, and sends its share.
class Client : public MessageReceiver {
 public:
  Client(Bench& bench, Tally& tally, std::size_t index)
      : bench_(bench),
        tally_(tally),
        random_(static_cast<std::mt19937::result_type>(index + 1)),
        any_(0, bench.args().clients - 2),
        index_(index),
        left_(bench.args().messages / bench.args().clients),
        sent_(bench.args().clients),
        heard_(bench.args().clients) {}

  void setSession(Session& session) { session_ = &session; }

  void sendNext() {
    if (left_ == 0) return;
    --left_;
    std::size_t other = any_(random_);
    if (other >= index_) ++other;
    Message message;
    message.text = numberedBody(sent_[other]++, bench_.args().body);
    message.to = {"c" + std::to_string(other)};
    session_->send(std::move(message), [this](const Result<Receipt>& receipt) {
      if (!receipt) return bench_.fail("a message was refused: " + receipt.error().detail);
      sendNext();
      if (tally_.accepted.fetch_add(1) + 1 == tally_.all) bench_.wake();
    });
  }

  void onMessage(Session& session, const Message& message) override {
    std::size_t from = heard_.size();
    std::from_chars(message.from.data() + 1, message.from.data() + message.from.size(), from);
    if (from >= heard_.size() || bodyNumber(message.text) != heard_[from]++) {
      bench_.fail(session.peerId() + " heard " + message.from + " twice or out of order");
    }
    if (tally_.heard.fetch_add(1, std::memory_order_release) + 1 == tally_.all) bench_.wake();
  }

 private:
  Bench& bench_;
  Tally& tally_;
  std::mt19937 random_;
  std::uniform_int_distribution<std::size_t> any_;
  Session* session_{nullptr};
  std::size_t index_;
  std::size_t left_;
  std::vector<std::uint64_t> sent_;
  std::vector<std::uint64_t> heard_;
};

}  // namespace

Figures benchMesh(Bench& bench) {
  const BenchArgs& args = bench.args();
  Tally tally{args.messages / args.clients * args.clients};
  std::vector<std::shared_ptr<Client>> clients;
  Fleet fleet(bench);
  for (std::size_t i = 0; i < args.clients; ++i) {
    clients.push_back(std::make_shared<Client>(bench, tally, i));
    clients.back()->setSession(*fleet.add("c" + std::to_string(i), clients.back()));
  }
  if (!fleet.open()) return {};
  const Usage own = ownUsage();
  const Usage server = bench.server().usage();
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < args.clients; ++i) {
    fleet.at(i).query({"c0"}, [&, i](const Result<std::vector<std::string>>&) {
      for (std::size_t k = 0; k < args.in_flight; ++k) clients[i]->sendNext();
    });
  }
  const bool done = bench.waitFor("sending", [&] {
    return tally.heard.load() == tally.all && tally.accepted.load() == tally.all;
  });
  if (!done) return {};
  const double seconds = secondsSince(start);
  const auto count = static_cast<double>(tally.all);
  Figures figures{{"messagesPerSecond", count / seconds, "msg/s"}};
  addCpu(figures, own, ownUsage(), server, bench.server().usage(), count);
  return figures;
}

}  // namespace kith::tools
