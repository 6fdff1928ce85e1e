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

  void feed(std::size_t from, const std::string& frame) {
    buffer_.assign(frame).push_back('\0');
    const auto id = static_cast<ConnectionId>(from);
    if (hub_.received(id, buffer_.data(), frame.size(), now_) == Flow::Wait) ++refused;
  }

  /// Carries out what was fed, and lets those who heard something acknowledge it.
  void turn() {
    settle();
    for (std::size_t i = 0; i < peers_.size(); ++i) {
      if (peers_[i].empty()) continue;
      peers_[i].back() = ']';
      feed(i, R"({"cmd":"ack")" + self(i) + R"(,"ids":[)" + peers_[i] + "}");
      peers_[i].clear();
    }
    settle();
  }

  std::int64_t delivered{0};
  std::int64_t answered{0};
  std::int64_t refused{0};
  std::string group;

 private:
  static HubOptions options() {
    HubOptions options;
    options.apps.emplace_back();
    options.apps.back().id = "bench";
    options.apps.back().require_watch = RequireWatch::Never;
    return options;
  }

  void settle() {
    do {
      hub_.endTurn(now_);
    } while (storage_->drain(hub_) > 0);
    hub_.endTurn(now_);
  }

  void write(ConnectionId to, std::initializer_list<std::string_view> parts) override {
    frame_.clear();
    for (const std::string_view part : parts) frame_.append(part);
    if (frame_.find(R"("cmd":"ack")") != std::string::npos) ++answered;
    if (frame_.find(R"("cmd":"direct")") != std::string::npos) {
      ++delivered;
      peers_[to].append("\"").append(field(R"("id":")")).append("\",");
    }
    if (frame_.find(R"("op":"joined")") != std::string::npos) group = field(R"("roomId":")");
  }
  void close(ConnectionId, std::uint16_t, std::string_view) override { ++refused; }
  void resume(ConnectionId) override {}

  std::string_view field(std::string_view name) const {
    const std::size_t start = frame_.find(name) + name.size();
    return std::string_view(frame_).substr(start, frame_.find('"', start) - start);
  }

  std::vector<std::string> peers_;  ///< ids heard in this turn, each with quotes and a comma
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
  if (world.delivered != sent || world.answered != sent || world.refused > 0) {
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
  if (world.delivered != deliveries || world.refused > 0) {
    state.SkipWithError("a message was not delivered");
  }
  state.SetItemsProcessed(deliveries);
}
BENCHMARK(hubGroup)->Arg(10)->Arg(1000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace kith::hub
