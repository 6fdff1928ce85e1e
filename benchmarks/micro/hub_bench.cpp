// SPDX-License-Identifier: Apache-2.0
// The server's decisions, from frame to frames, over the storage in memory: decoding, the hub,
// encoding; no sockets. A turn takes all that came together, as the front does it.
#include <benchmark/benchmark.h>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "server/hub/hub.hpp"

namespace kith::hub {
namespace {

const std::string kBody(128, 'x');

/// Clients that acknowledge what they hear at the end of the turn, in one frame each.
class World final : private Output {
 public:
  explicit World(std::size_t clients) : peers_(clients) {
    for (std::size_t i = 0; i < clients; ++i) {
      hub_.connected(static_cast<ConnectionId>(i), now_);
      feed(i, R"({"cmd":"session","op":"open")" + self(i) + "}");
    }
    turn();
  }

  /// The common fields of a frame of client `i`.
  static std::string self(std::size_t i) {
    return R"(,"appId":"bench","peerId":"p)" + std::to_string(i) + '"';
  }

  /// Each frame comes 10 ms after the one before, which keeps everybody below the rates of a
  /// server.
  void feed(std::size_t from, const std::string& frame) {
    now_.mono += base::Millis{10};
    now_.wall += base::Millis{10};
    if (peers_[from].waits) {
      peers_[from].backlog.push_back(frame);
      ++waiting_;
    } else {
      hand(from, frame);
    }
  }

  /// Carries out what was fed, and lets those who heard something acknowledge it.
  void turn() {
    settle();
    for (std::size_t i = 0; i < peers_.size(); ++i) {
      std::string& heard = peers_[i].heard;
      if (heard.empty()) continue;
      heard.back() = ']';
      feed(i, R"({"cmd":"ack")" + self(i) + R"(,"ids":[)" + heard + "}");
      heard.clear();
    }
    settle();
  }

  std::int64_t delivered{0};
  std::int64_t answered{0};
  std::int64_t closed{0};
  std::string group;

 private:
  struct Peer {
    std::string heard;  ///< ids of this turn, each with quotes and a comma
    std::deque<std::string> backlog;
    bool waits{false};  ///< the hub wants no frame of it until resume()
  };

  static HubOptions options() {
    HubOptions options;
    options.apps.emplace_back();
    options.apps.back().id = "bench";
    options.apps.back().require_watch = RequireWatch::Never;
    return options;
  }

  void hand(std::size_t from, const std::string& frame) {
    buffer_.assign(frame).push_back('\0');
    const auto id = static_cast<ConnectionId>(from);
    // Before the call, which may take it back.
    peers_[from].waits = true;
    const Flow flow = hub_.received(id, buffer_.data(), frame.size(), now_);
    if (flow == Flow::Continue) peers_[from].waits = false;
  }

  /// Turn after turn, until the storage has answered and nobody's frames wait.
  void settle() {
    bool moved = true;
    for (int turns = 0; (moved || waiting_ > 0) && turns < 100000; ++turns) {
      hub_.endTurn(now_);
      moved = storage_->drain(hub_) > 0;
      for (std::size_t i = 0; waiting_ > 0 && i < peers_.size(); ++i) {
        std::deque<std::string>& backlog = peers_[i].backlog;
        for (; !backlog.empty() && !peers_[i].waits; backlog.pop_front(), --waiting_) {
          hand(i, backlog.front());
        }
      }
    }
    hub_.endTurn(now_);
  }

  void write(ConnectionId to, std::initializer_list<std::string_view> parts) override {
    frame_.clear();
    for (const std::string_view part : parts) frame_.append(part);
    if (frame_.find(R"("cmd":"ack")") != std::string::npos) ++answered;
    if (frame_.find(R"("cmd":"direct")") != std::string::npos) {
      ++delivered;
      peers_[to].heard.append("\"").append(field(R"("id":")")).append("\",");
    }
    if (frame_.find(R"("op":"joined")") != std::string::npos) group = field(R"("roomId":")");
  }
  void close(ConnectionId, std::uint16_t, std::string_view) override { ++closed; }
  void resume(ConnectionId connection) override { peers_[connection].waits = false; }

  std::string_view field(std::string_view name) const {
    const std::size_t start = frame_.find(name) + name.size();
    return std::string_view(frame_).substr(start, frame_.find('"', start) - start);
  }

  std::vector<Peer> peers_;
  std::size_t waiting_{0};  ///< frames in all backlogs
  std::string buffer_;
  std::string frame_;
  base::Instant now_{base::Millis{1000}, base::Millis{1412000000000}};
  base::SeededRandom random_{1};
  std::unique_ptr<storage::Storage> storage_{storage::makeMemoryStorage([] {})};
  Hub hub_{options(), *this, *storage_, random_};
};

/// So many messages from one peer to another in a turn, acknowledged by the receiver.
void hubDirect(benchmark::State& state) {
  World world(2);
  const std::string frame = R"({"cmd":"direct")" + World::self(0) +
                            R"(,"toPeerIds":["p1"],"msg":")" + kBody + R"(","i":17})";
  for (auto unused : state) {
    for (std::int64_t i = 0; i < state.range(0); ++i) world.feed(0, frame);
    world.turn();
  }
  const std::int64_t sent = static_cast<std::int64_t>(state.iterations()) * state.range(0);
  if (world.delivered != sent || world.answered != sent || world.closed > 0) {
    state.SkipWithError("a message was not delivered or not answered");
  }
  state.SetItemsProcessed(sent);
}
BENCHMARK(hubDirect)->Arg(1)->Arg(64);

/// One message to a group of so many, acknowledged by each; an item is a delivery.
void hubGroup(benchmark::State& state) {
  const auto members = static_cast<std::size_t>(state.range(0));
  World world(members);
  world.feed(0, R"({"cmd":"room","op":"join")" + World::self(0) + "}");
  world.turn();
  for (std::size_t i = 1; i < members; ++i) {
    world.feed(i, R"({"cmd":"room","op":"join")" + World::self(i) + R"(,"roomId":")" + world.group +
                      "\"}");
    world.turn();
  }
  const std::string frame = R"({"cmd":"direct")" + World::self(0) + R"(,"roomId":")" + world.group +
                            R"(","msg":")" + kBody + R"(","i":17})";
  for (auto unused : state) {
    world.feed(0, frame);
    world.turn();
  }
  const auto deliveries = static_cast<std::int64_t>(state.iterations() * (members - 1));
  if (world.delivered != deliveries || world.closed > 0) {
    state.SkipWithError("a message was not delivered");
  }
  state.SetItemsProcessed(deliveries);
}
BENCHMARK(hubGroup)->Arg(10)->Arg(1000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace kith::hub
