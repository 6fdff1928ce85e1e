// SPDX-License-Identifier: Apache-2.0
// A turn's messages into a storage, until each one's result is there: for SQLite one commit with
// synchronous=FULL, on its own thread, in a folder of TMPDIR. And what storing, draining, reading
// and expiring cost beside a long history, and how long an import holds the others up.
#include <array>
#include <atomic>
#include <benchmark/benchmark.h>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "server/storage/storage.hpp"

namespace kith::storage {
namespace {

const std::string kBody(128, 'x');
constexpr std::int64_t kStart = 1412000000000;
constexpr std::int64_t kDay = 24ll * 3600 * 1000;

class Count final : public AnswerSink {
 public:
  void onAnswer(Answer& answer) override {
    ++answered;
    std::visit([this](const auto& result) { count(result); }, answer.value);
  }

  std::int64_t answered{0};
  std::size_t read{0};
  std::int64_t imported{0};
  /// The rows of the appends of a turn, in their order.
  std::vector<SeqRange> appended;

 private:
  template <typename Other>
  void count(const Result<Other>&) {}
  void count(const Result<Appended>& result) {
    if (result) appended.push_back({result->conversation, result->seq, result->seq});
  }
  void count(const Result<PendingPage>& page) {
    if (page) read += page->messages.size();
  }
  void count(const Result<Imported>& result) {
    if (result) imported += result->added;
  }
  void count(const Result<HistoryPage>& page) {
    if (page) read += page->messages.size();
  }
};

/// Conversations that every other message is of.
constexpr std::size_t kFew = 10;

/// A storage with peers that talk to each other at random.
class World {
 public:
  explicit World(bool disk) {
    if (!disk) {
      storage = makeMemoryStorage([] {});
    } else if (folder_ = std::filesystem::temp_directory_path() / "kith-micro-XXXXXX";
               mkdtemp(folder_.data()) != nullptr) {
      auto opened = openSqliteStorage(folder_, [this] {
        rung_.fetch_add(1);
        rung_.notify_one();
      });
      if (opened) storage = std::move(opened).value();
    }
    if (storage) storage->submit(kNoToken, ConfigureApp{"bench", {}});
  }
  ~World() {
    if (storage) storage->close();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  static std::string peer(std::size_t number) { return "peer-" + std::to_string(number); }
  /// As long as the real ones, which are sums of the pair.
  static std::string conversation(std::size_t one, std::size_t other) {
    const std::string both =
        std::to_string(std::min(one, other)) + '-' + std::to_string(std::max(one, other));
    return std::string(32 - both.size(), '0') + both;
  }

  void append(std::size_t from, std::size_t to, bool online, bool token) {
    ++number;
    const std::string id = "id-------------" + std::to_string(10000000 + number);
    const std::string sender = peer(from);
    const std::string receiver = peer(to);
    const std::string conv = conversation(from, to);
    const std::string dedupe = "0123456789abcdef" + std::to_string(100000000 + number);
    const std::array<PeerRef, 1> receivers{PeerRef{receiver, online}};
    const std::array<std::string_view, 1> addressed{receiver};
    Append message;
    message.app_id = "bench";
    message.id = id;
    message.timestamp = now();
    message.from = sender;
    message.from_online = true;
    message.conv_id = conv;
    message.text = kBody;
    if (token) message.dedupe = dedupe;
    message.receivers = receivers;
    message.addressed = addressed;
    storage->submit(++asked, message);
  }

  /// With members that are away.
  void createGroup(std::size_t members) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < members; ++i) names.push_back(peer(i));
    std::vector<PeerRef> peers;
    for (const std::string& name : names) peers.push_back({name, false});
    storage->submit(++asked, CreateGroup{"bench", "group", false, peers, "peer-0", kStart});
    finish();
  }
  void appendToGroup() {
    const std::string id = "id-------------" + std::to_string(10000000 + ++number);
    Append message;
    message.app_id = "bench";
    message.id = id;
    message.timestamp = now();
    message.from = "peer-0";
    message.from_online = true;
    message.conv_id = "group";
    message.kind = ConversationKind::Group;
    message.members_only = true;
    message.text = kBody;
    storage->submit(++asked, message);
  }

  /// `count` messages in a turn, and the acknowledgements of the turn before. Every other message
  /// is of a few conversations, so that these have full pages beside a short history, too.
  void turn(std::int64_t count, std::size_t peers, bool token) {
    for (std::size_t i = 0; i < receivers_.size(); ++i) {
      storage->submit(kNoToken,
                      Acknowledge{"bench", peer(receivers_[i]), {&unacknowledged_[i], 1}});
    }
    receivers_.clear();
    results.appended.clear();
    for (std::int64_t i = 0; i < count; ++i) {
      const bool few = i % 2 == 0;
      const std::size_t from = random_() % (few ? kFew : peers);
      const std::size_t to =
          few ? (from + 1) % peers : (from + 1 + random_() % (peers - 1)) % peers;
      append(from, to, true, token);
      receivers_.push_back(to);
    }
    finish();
    unacknowledged_.swap(results.appended);
  }

  void finish() {
    storage->flush();
    while (results.answered < static_cast<std::int64_t>(asked)) {
      const int before = rung_.load();
      if (storage->drain(results) == 0) rung_.wait(before);
    }
  }
  /// Twenty messages a millisecond.
  std::int64_t now() const { return kStart + number / 20; }

  std::unique_ptr<Storage> storage;
  Count results;
  Token asked{0};
  std::int64_t number{0};

 private:
  std::string folder_;
  std::atomic<int> rung_{0};
  std::mt19937 random_{1};
  // Of the last turn: the receivers of its messages, and their rows.
  std::vector<std::size_t> receivers_;
  std::vector<SeqRange> unacknowledged_;
};

void appendTurns(benchmark::State& state, bool disk, std::size_t peers, bool token) {
  World world(disk);
  if (!world.storage) return state.SkipWithError("no storage");
  for (auto unused : state) world.turn(state.range(0), peers, token);
  state.SetItemsProcessed(world.number);
}

void storageMemory(benchmark::State& state) { appendTurns(state, false, 2, false); }
BENCHMARK(storageMemory)->Arg(1)->Arg(100)->Arg(1000);

void storageMemoryMesh(benchmark::State& state) { appendTurns(state, false, 200, false); }
BENCHMARK(storageMemoryMesh)->Arg(30)->Arg(400);

/// A message to a group whose members are all away: how many they are does not count.
void appendToGroup(benchmark::State& state, bool disk) {
  World world(disk);
  if (!world.storage) return state.SkipWithError("no storage");
  world.createGroup(static_cast<std::size_t>(state.range(0)));
  for (auto unused : state) {
    for (int i = 0; i < 100; ++i) world.appendToGroup();
    world.finish();
    world.results.appended.clear();
  }
  state.SetItemsProcessed(world.number);
}

void storageMemoryGroup(benchmark::State& state) { appendToGroup(state, false); }
BENCHMARK(storageMemoryGroup)->Arg(1)->Arg(1000)->Arg(10000);

void storageSqliteGroup(benchmark::State& state) { appendToGroup(state, true); }
BENCHMARK(storageSqliteGroup)
    ->Arg(1)
    ->Arg(1000)
    ->Arg(10000)
    ->UseRealTime()
    ->MeasureProcessCPUTime();

// Most of the time is the commit thread's and the disk's: what counts is the clock on the wall, and
// the time of all threads.
void storageSqlite(benchmark::State& state) { appendTurns(state, true, 2, false); }
BENCHMARK(storageSqlite)->Arg(1)->Arg(100)->Arg(1000)->UseRealTime()->MeasureProcessCPUTime();

void storageSqliteMesh(benchmark::State& state) { appendTurns(state, true, 200, false); }
BENCHMARK(storageSqliteMesh)->Arg(30)->Arg(400)->UseRealTime()->MeasureProcessCPUTime();

void storageSqliteTokens(benchmark::State& state) { appendTurns(state, true, 200, true); }
BENCHMARK(storageSqliteTokens)->Arg(400)->UseRealTime()->MeasureProcessCPUTime();

/// An import's request of `range` messages between peers at random, into a storage that has as many
/// more with each: commits of others wait for so long.
void storageImport(benchmark::State& state) {
  constexpr std::size_t kPeers = 200;
  World world(true);
  if (!world.storage) return state.SkipWithError("no storage");
  std::mt19937 random(1);
  std::string rows;
  for (auto unused : state) {
    state.PauseTiming();
    rows.clear();
    for (std::int64_t line = 1; line <= state.range(0); ++line) {
      const std::size_t from = random() % kPeers;
      const std::size_t to = (from + 1 + random() % (kPeers - 1)) % kPeers;
      const std::string sender = World::peer(from);
      const std::string receiver = World::peer(to);
      const std::string conversation = World::conversation(from, to);
      const std::string id = "id-------------" + std::to_string(10000000 + ++world.number);
      ImportedMessage row;
      row.line = line;
      row.conv_id = conversation;
      row.id = id;
      row.from = {sender, false};
      row.timestamp = world.now();
      row.text = kBody;
      row.others = {{receiver, false}};
      row.pack(rows);
    }
    state.ResumeTiming();
    world.storage->submit(++world.asked, ImportMessages{"bench", rows, false});
    world.finish();
  }
  if (world.results.imported != world.number) state.SkipWithError("not all was imported");
  state.SetItemsProcessed(world.number);
}
BENCHMARK(storageImport)->Arg(2000)->UseRealTime()->Unit(benchmark::kMillisecond);

/// The processor time of all threads, which a slow disk does not change.
double processMicros() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e6 + static_cast<double>(used.tv_nsec) / 1e3;
}

template <typename Do>
double micros(double divisor, Do&& what) {
  const double before = processMicros();
  what();
  return (processMicros() - before) / divisor;
}

/// `history` messages of 200 peers are there. Then some more are stored, queues of absent peers are
/// stored and drained, pages of conversations are read, the newest and older ones, and what is a
/// day old is forgotten. Processor time of one message, message, page, and call.
void storageHistory(benchmark::State& state) {
  constexpr std::size_t kPeers = 200;
  constexpr std::int64_t kTurn = 400;
  World world(true);
  if (!world.storage) return state.SkipWithError("no storage");
  while (world.number < state.range(0)) world.turn(kTurn, kPeers, true);
  for (auto unused : state) {
    constexpr std::int64_t kTurns = 100;
    state.counters["storeMicros"] = micros(kTurns * kTurn, [&] {
      for (std::int64_t i = 0; i < kTurns; ++i) world.turn(kTurn, kPeers, true);
    });
    constexpr std::size_t kQueue = 50;
    constexpr std::size_t kPages = 200;
    for (std::size_t i = 0; i < kQueue * kPeers; ++i) {
      world.append(i % kPeers, kPeers + i / kQueue, false, true);
    }
    world.finish();
    state.counters["drainMicros"] = micros(kQueue * kPeers, [&] {
      for (std::size_t i = 0; i < kPeers; ++i) {
        world.storage->submit(++world.asked, ReadPending{"bench", World::peer(kPeers + i), 0,
                                                         kQueue, world.now(), true});
      }
      world.finish();
    });
    const auto readPages = [&](std::int64_t before) {
      for (std::size_t i = 0; i < kPages; ++i) {
        HistoryRange range;
        range.app_id = "bench";
        range.conv_id = World::conversation(i % kFew, i % kFew + 1);
        range.before = before;
        range.limit = 20;
        world.storage->submit(++world.asked, range.request());
      }
      world.finish();
    };
    state.counters["pageMicros"] = micros(kPages, [&] { readPages(0); });
    state.counters["oldPageMicros"] =
        micros(kPages, [&] { readPages(kStart + (world.now() - kStart) / 2); });
    state.counters["expireMicros"] = micros(1, [&] {
      world.storage->submit(kNoToken, Expire{kStart + kDay + (world.now() - kStart) / 100});
      world.storage->submit(++world.asked, ReadPending{"bench", "nobody", 0, 1, 0});
      world.finish();
    });
  }
  state.counters["history"] = static_cast<double>(state.range(0));
}

/// To 1,000,000; to 10,000,000 takes minutes and 2 GB, and is asked for: KITH_HISTORY=10000000.
const int kHistories = [] {
  const char* asked = std::getenv("KITH_HISTORY");
  const std::int64_t most = asked != nullptr ? std::atoll(asked) : 1'000'000;
  for (std::int64_t history = 1000; history <= most; history *= 10) {
    benchmark::RegisterBenchmark("storageHistory", storageHistory)->Arg(history)->Iterations(1);
  }
  return 0;
}();

}  // namespace
}  // namespace kith::storage
