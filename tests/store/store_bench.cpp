// SPDX-License-Identifier: Apache-2.0
// Prints figures and checks none: `store_test "[.bench]"` in a release build.
#include <kith/store.hpp>

#include <chrono>
#include <cstdlib>
#include <iostream>

#include "support/catch.hpp"
#include "support/store_peers.hpp"
#include "support/temporary_folder.hpp"

namespace kith::store {
namespace {

// Messages that come and go, as in life.
std::vector<PeerChange> changesFrom(int number, int count) {
  std::vector<PeerChange> changes;
  for (int i = number; i < number + count; ++i) {
    changes.push_back({"alice", i % 2 == 0
                                    ? testing::addOutgoing(std::to_string(i), std::string(128, 'x'))
                                    : testing::removeOutgoing(std::to_string(i - 1))});
  }
  return changes;
}

}  // namespace

TEST_CASE("sqlite store: commits a second", "[.bench]") {
  // What a sync costs is the disk's matter: name a folder on the one that counts.
  const char* named = std::getenv("KITH_BENCH_FOLDER");
  const testing::TemporaryFolder elsewhere;
  const std::string folder = named != nullptr ? named : elsewhere.path();
  for (const int batch : {1, 100}) {
    const std::string file = folder + "/kith-bench-" + std::to_string(batch) + ".db";
    const auto opened = openSqliteStore(file);
    if (!opened) FAIL(opened.error().detail);
    const auto began = std::chrono::steady_clock::now();
    std::chrono::duration<double> spent{};
    int commits = 0;
    for (; spent < std::chrono::seconds(2); ++commits) {
      REQUIRE((*opened)->commit("app", changesFrom(commits * batch, batch)));
      spent = std::chrono::steady_clock::now() - began;
    }
    std::cout << "commits of " << batch << ": " << static_cast<int>(commits / spent.count())
              << " commits/s, " << static_cast<int>(commits * batch / spent.count())
              << " changes/s\n";
    std::filesystem::remove(file);
  }
}

}  // namespace kith::store
