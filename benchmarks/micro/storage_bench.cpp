// SPDX-License-Identifier: Apache-2.0
// A turn's messages into a storage, until each one's result is there: for SQLite one commit with
// synchronous=FULL, on its own thread, in a folder of TMPDIR.
#include <array>
#include <atomic>
#include <benchmark/benchmark.h>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "server/storage/storage.hpp"

namespace kith::storage {
namespace {

const std::string kBody(128, 'x');

class Count final : public Results {
 public:
  void onAppended(Token, Result<Appended> result) override {
    appended += result ? 1 : 0;
    if (result) sequence = result->sequence;
  }
  void onPending(Token, Result<std::vector<StoredMessage>>, bool) override {}
  void onGroup(Token, Result<std::optional<GroupRecord>>) override {}
  void onChanged(Token, Result<void>) override {}
  void onHistory(Token, Result<std::vector<StoredMessage>>) override {}

  std::int64_t appended{0};
  Sequence sequence{0};
};

/// Appends in turns of `batch`, with a receiver who acknowledges the turn before.
void appendBatches(benchmark::State& state, Storage& storage, std::atomic<int>& rung) {
  storage.configureApp("bench", {});
  Count count;
  std::int64_t number = 0;
  Sequence acknowledged = 0;
  for (auto unused : state) {
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      const std::string id = "id-" + std::to_string(++number);
      const std::array<ReceiverRef, 1> receivers{ReceiverRef{"jerry", true}};
      NewMessage message;
      message.app_id = "bench";
      message.id = id;
      message.timestamp = 1412000000000 + number;
      message.from = "tom";
      message.conv_id = "5d41402abc4b2a76b9719d911017c592";
      message.text = kBody;
      message.receivers = receivers;
      storage.append(static_cast<Token>(number), message);
    }
    while (acknowledged < count.sequence) {
      const std::array<Sequence, 1> one{++acknowledged};
      storage.acknowledge("bench", "jerry", one);
    }
    storage.flush();
    while (count.appended < number) {
      const int before = rung.load();
      if (storage.drain(count) == 0 && count.appended < number) rung.wait(before);
    }
  }
  state.SetItemsProcessed(number);
}

void storageMemory(benchmark::State& state) {
  std::atomic<int> rung{0};
  const auto storage = makeMemoryStorage([] {});
  appendBatches(state, *storage, rung);
}
BENCHMARK(storageMemory)->Arg(1)->Arg(100)->Arg(1000);

void storageSqlite(benchmark::State& state) {
  std::string folder = std::filesystem::temp_directory_path() / "kith-micro-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return state.SkipWithError("no temporary folder");
  std::atomic<int> rung{0};
  auto storage = openSqliteStorage(folder, [&rung] {
    rung.fetch_add(1);
    rung.notify_one();
  });
  if (storage) {
    appendBatches(state, **storage, rung);
    (*storage)->close();
  } else {
    state.SkipWithError(storage.error().detail.c_str());
  }
  std::filesystem::remove_all(folder);
}
// Most of the time is the commit thread's and the disk's: what counts is the clock on the wall.
BENCHMARK(storageSqlite)->Arg(1)->Arg(100)->Arg(1000)->UseRealTime();

}  // namespace
}  // namespace kith::storage
