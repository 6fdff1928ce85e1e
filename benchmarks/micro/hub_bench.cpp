// SPDX-License-Identifier: Apache-2.0
// The server's decisions, from frame to frames, over the storage in memory: decoding, the hub,
// encoding; no sockets. A turn takes all that came together, as the front does it.
#include <algorithm>
#include <benchmark/benchmark.h>
#include <cstring>
#include <deque>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/micro/allocations.hpp"
#include "server/core/hub.hpp"
#include "server/dialects/avos/avos_dialect.hpp"

namespace kith::core {
namespace {

const std::string kBody(128, 'x');

/// Clients that acknowledge what they hear at the end of the turn, in one frame each.
class World final : private Output {
 public:
  explicit World(std::size_t clients) : peers_(clients) {
    for (std::size_t i = 0; i < clients; ++i) {
      hub_.connected(static_cast<ConnectionId>(i), dialect_, now_);
      feed(i, R"({"cmd":"session","op":"open")" + self(i) + "}");
    }
    turn();
  }

  /// The common fields of a frame of client `i`.
  static std::string self(std::size_t i) {
    return R"(,"appId":"bench","peerId":"p)" + std::to_string(i) + '"';
  }

  /// Each frame comes 10 ms after the one before, which keeps all peers below the rates of a
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

  /// Carries out what was fed, and lets the peers that heard something acknowledge it.
  void turn() {
    settle();
    // An answer to these brings no peer more to hear, so the list does not change meanwhile.
    for (const std::size_t i : hearers_) {
      std::string& heard = peers_[i].heard;
      heard.back() = ']';
      feed(i, R"({"cmd":"ack")" + self(i) + R"(,"ids":[)" + heard + "}");
      heard.clear();
    }
    hearers_.clear();
    settle();
  }

  std::uint64_t allocations{0};  ///< inside of the hub and the storage
  std::int64_t delivered{0};
  std::int64_t answered{0};
  std::int64_t closed{0};
  std::int64_t presence_frames{0};
  std::int64_t told{0};  ///< peers in them
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
    options.apps.back().require_watch = RequireWatch::Off;
    // What is measured is not how rates are kept.
    options.apps.back().rates.peer_per_second = options.apps.back().rates.app_per_second = 0;
    options.connections.commands_per_second = 0;
    options.apps.back().group_members = 10000;
    options.apps.back().watched_peers = 10000;
    return options;
  }

  void hand(std::size_t from, const std::string& frame) {
    buffer_.assign(frame).push_back('\0');
    const auto id = static_cast<ConnectionId>(from);
    // Before the call, which may take it back.
    peers_[from].waits = true;
    const std::uint64_t before = bench::allocations();
    const Flow flow = hub_.received(id, buffer_.data(), frame.size(), now_);
    allocations += bench::allocations() - before;
    if (flow == Flow::Continue) peers_[from].waits = false;
  }

  /// Turn after turn, until the storage has answered and no frame waits.
  void settle() {
    bool moved = true;
    for (int turns = 0; (moved || waiting_ > 0) && turns < 100000; ++turns) {
      const std::uint64_t before = bench::allocations();
      hub_.endTurn(now_);
      moved = storage_->drain(hub_) > 0;
      allocations += bench::allocations() - before;
      for (std::size_t i = 0; waiting_ > 0 && i < peers_.size(); ++i) {
        std::deque<std::string>& backlog = peers_[i].backlog;
        for (; !backlog.empty() && !peers_[i].waits; backlog.pop_front(), --waiting_) {
          hand(i, backlog.front());
        }
      }
    }
    hub_.endTurn(now_);
  }

  // Looks at few bytes, so that what is measured is the hub.
  void write(ConnectionId to, std::initializer_list<std::string_view> parts, FrameForm) override {
    const std::string_view end = *(parts.end() - 1);
    const std::string_view start = parts.size() == 1 ? end : end.substr(1);
    if (start.starts_with(R"({"cmd":"ack")")) ++answered;
    if (start.starts_with(R"("cmd":"direct")")) {
      ++delivered;
      if (peers_[to].heard.empty()) hearers_.push_back(to);
      peers_[to].heard.append("\"").append(field(end, R"("id":")")).append("\",");
    }
    if (start.starts_with(R"("cmd":"presence")")) {
      ++presence_frames;
      const std::string_view ids = end.substr(end.find('['));
      told += 1 + std::count(ids.begin(), ids.end(), ',');
    }
    if (start.starts_with(R"({"cmd":"room","op":"joined")")) group = field(end, R"("roomId":")");
  }
  void close(ConnectionId, std::uint16_t, std::string_view) override { ++closed; }
  void resume(ConnectionId connection) override { peers_[connection].waits = false; }

  /// The last member that is called so.
  static std::string_view field(std::string_view frame, std::string_view name) {
    const std::size_t start = frame.rfind(name) + name.size();
    return frame.substr(start, frame.find('"', start) - start);
  }

  std::vector<Peer> peers_;
  std::vector<std::size_t> hearers_;  ///< whose `heard` is not empty
  std::size_t waiting_{0};            ///< frames in all backlogs
  std::string buffer_;
  base::Instant now_{base::Millis{1000}, base::Millis{1412000000000}};
  base::SeededRandom random_{1};
  std::unique_ptr<storage::Storage> storage_{storage::makeMemoryStorage([] {})};
  dialects::AvosDialect dialect_{0};
  Hub hub_{options(), *this, *storage_, random_};
};

void report(benchmark::State& state, const World& world, std::int64_t items) {
  state.SetItemsProcessed(items);
  state.counters["allocations"] = static_cast<double>(world.allocations) /
                                  static_cast<double>(std::max<std::int64_t>(items, 1));
}

/// Measures two frames of client `from`, of which the second takes back the first, a turn each.
void backAndForth(benchmark::State& state, World& world, std::size_t from, const std::string& forth,
                  const std::string& back) {
  world.allocations = 0;
  for (auto unused : state) {
    world.feed(from, forth);
    world.turn();
    world.feed(from, back);
    world.turn();
  }
  if (world.closed > 0) state.SkipWithError("a connection was closed");
  report(state, world, static_cast<std::int64_t>(state.iterations()));
}

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
  report(state, world, sent);
}
BENCHMARK(hubDirect)->Arg(1)->Arg(64);

/// Messages between so many clients at random, 16 in a turn, acknowledged by their receivers.
void hubMesh(benchmark::State& state) {
  constexpr std::int64_t kTurn = 16;
  const auto clients = static_cast<std::size_t>(state.range(0));
  World world(clients);
  std::minstd_rand random(1);
  std::string frame;
  const auto turn = [&] {
    for (std::int64_t i = 0; i < kTurn; ++i) {
      const std::size_t from = random() % clients;
      const std::size_t to = (from + 1 + random() % (clients - 1)) % clients;
      frame = R"({"cmd":"direct")" + World::self(from) + R"(,"toPeerIds":["p)" +
              std::to_string(to) + R"("],"msg":")" + kBody + R"(","dt":"a1b2c3d4-)" +
              std::to_string(random()) + R"(","i":17})";
      world.feed(from, frame);
    }
    world.turn();
  };
  for (int i = 0; i < 15000; ++i) turn();  // until the history and the tokens are full
  world.allocations = 0;
  const std::int64_t before = world.delivered;
  for (auto unused : state) turn();
  const std::int64_t sent = static_cast<std::int64_t>(state.iterations()) * kTurn;
  if (world.delivered - before != sent || world.closed > 0) {
    state.SkipWithError("a message was not delivered");
  }
  report(state, world, sent);
}
BENCHMARK(hubMesh)->Arg(200);

/// Messages of the first client to the world's group, each delivered to so many.
void sendToGroup(benchmark::State& state, World& world, std::size_t receivers) {
  const std::string frame = R"({"cmd":"direct")" + World::self(0) + R"(,"roomId":")" + world.group +
                            R"(","msg":")" + kBody + R"(","i":17})";
  for (auto unused : state) {
    world.feed(0, frame);
    world.turn();
  }
  const auto deliveries = static_cast<std::int64_t>(state.iterations() * receivers);
  if (world.delivered != deliveries || world.closed > 0) {
    state.SkipWithError("a message was not delivered");
  }
  report(state, world, deliveries);
}

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
  sendToGroup(state, world, members - 1);
}
BENCHMARK(hubGroup)->Arg(10)->Arg(1000)->Arg(10000)->Unit(benchmark::kMicrosecond);

/// A group of so many absent peers, and of the first peer.
void inviteAway(World& world, std::int64_t members) {
  world.feed(0, R"({"cmd":"room","op":"join")" + World::self(0) + "}");
  world.turn();
  const std::string room = World::self(0) + R"(,"roomId":")" + world.group + '"';
  for (std::int64_t i = 0; i < members; i += 100) {
    std::string ids;
    for (std::int64_t k = 0; k < 100; ++k) {
      ids.append(ids.empty() ? "\"" : ",\"").append("away").append(std::to_string(i + k)) += '"';
    }
    world.feed(0, R"({"cmd":"room","op":"invite")" + room + R"(,"roomPeerIds":[)" + ids + "]}");
    world.turn();
  }
}

/// One message to a group of so many absent members and one that is here: it costs the same for any
/// number of them.
void hubGroupAway(benchmark::State& state) {
  World world(2);
  inviteAway(world, state.range(0));
  world.feed(
      1, R"({"cmd":"room","op":"join")" + World::self(1) + R"(,"roomId":")" + world.group + "\"}");
  world.turn();
  sendToGroup(state, world, 1);
}
BENCHMARK(hubGroupAway)->Arg(100)->Arg(9900)->Unit(benchmark::kMicrosecond);

/// A peer joins and leaves a group of so many, none of which is connected.
void hubJoin(benchmark::State& state) {
  World world(2);
  inviteAway(world, state.range(0));
  const std::string rest = World::self(1) + R"(,"roomId":")" + world.group + "\"}";
  backAndForth(state, world, 1, R"({"cmd":"room","op":"join")" + rest,
               R"({"cmd":"room","op":"leave")" + rest);
}
BENCHMARK(hubJoin)->Arg(100)->Arg(9900)->Unit(benchmark::kMicrosecond);

/// One session is opened and closed beside so many others.
void hubOpenClose(benchmark::State& state) {
  const auto others = static_cast<std::size_t>(state.range(0));
  World world(others);
  const std::string self = R"(,"appId":"bench","peerId":"one more"})";
  backAndForth(state, world, 0, R"({"cmd":"session","op":"open")" + self,
               R"({"cmd":"session","op":"close")" + self);
}
BENCHMARK(hubOpenClose)->Arg(10)->Arg(50000)->Unit(benchmark::kMicrosecond);

/// So many watchers of so many peers, which all go in one turn and come back in the next; an item
/// is one peer's going or coming as one watcher hears it.
void hubPresence(benchmark::State& state) {
  const auto watchers = static_cast<std::size_t>(state.range(0));
  const auto watched = static_cast<std::size_t>(state.range(1));
  World world(watchers + watched);
  std::string ids;
  for (std::size_t i = 0; i < watched; ++i) {
    ids.append(ids.empty() ? "\"p" : ",\"p").append(std::to_string(watchers + i)) += '"';
  }
  for (std::size_t i = 0; i < watchers; ++i) {
    world.feed(i, R"({"cmd":"session","op":"add")" + World::self(i) + R"(,"sessionPeerIds":[)" +
                      ids + "]}");
  }
  world.turn();
  const auto all = [&](const char* op) {
    for (std::size_t i = watchers; i < watchers + watched; ++i) {
      world.feed(i, std::string(R"({"cmd":"session","op":")") + op + '"' + World::self(i) + '}');
    }
    world.turn();
  };
  all("close");
  all("open");
  world.allocations = 0;
  world.told = world.presence_frames = 0;
  for (auto unused : state) {
    all("close");
    all("open");
  }
  const auto changes = static_cast<std::int64_t>(state.iterations() * watchers * watched * 2);
  if (world.told != changes || world.closed > 0) {
    state.SkipWithError("a watcher was not told of a change");
  }
  report(state, world, changes);
  state.counters["frames"] =
      static_cast<double>(world.presence_frames) / static_cast<double>(changes);
}
BENCHMARK(hubPresence)
    ->Args({1, 250})
    ->Args({20, 20})
    ->Args({200, 1})
    ->Args({200, 20})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace kith::core
