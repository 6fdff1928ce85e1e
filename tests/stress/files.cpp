// SPDX-License-Identifier: Apache-2.0
// files: kithd may open only so many files, and more clients come than that.
#include <cstdio>
#include <vector>

#include "stress/crowd.hpp"
#include "stress/kithd_process.hpp"
#include "stress/raw_peer.hpp"
#include "stress/report.hpp"
#include "stress/stress.hpp"

namespace kith::stress {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMuchMore = 300;

/// The share of a processor that kithd takes while nothing is asked of it.
double idleLoad(const KithdProcess& kithd) {
  const Stopwatch watch;
  const double before = kithd.cpu();
  keepTrying("a second to pass", [&] { return watch.seconds() > 1; });
  return (kithd.cpu() - before) / watch.seconds();
}

void crowdOut(const Args& args, rlim_t files) {
  const testing::TemporaryFolder folder;
  KithdOptions options;
  options.data = folder.path();
  options.open_files = files;
  KithdProcess kithd(options);
  const std::string address = kithd.start();
  Ledger ledger;
  CrowdOptions few;
  few.url = "ws://" + address;
  few.sessions = 16;
  few.managers = 4;
  few.keepalive = {milliseconds{1000}, milliseconds{20000}};
  few.command_timeout = std::chrono::minutes{1};
  few.seed = args.seed;
  Crowd crowd(few, ledger);
  crowd.open();
  crowd.startTalking();
  std::size_t taken = 0;
  std::size_t refused = 0;
  double load = 0;
  {
    // A silent connection takes a file as well.
    std::vector<RawPeer> silent;
    silent.reserve(kMuchMore);
    for (std::size_t i = 0; i < kMuchMore; ++i) silent.emplace_back(address);
    require(!RawPeer(address).shakeHands(), "there was room for one more");
    require(ledger.waitAcked(200, std::chrono::minutes(1)), "those inside cannot talk any more");
  }
  keepTrying("room for somebody new", [&] { return RawPeer(address).shakeHands(); });
  {
    std::vector<RawPeer> many;
    many.reserve(kMuchMore);
    for (std::size_t i = 0; i < kMuchMore; ++i) {
      ++(many.emplace_back(address).shakeHands() ? taken : refused);
      require(!kithd.ended(), "kithd ended: " + kithd.errors());
    }
    require(ledger.waitAcked(200, std::chrono::minutes(1)), "those inside cannot talk any more");
    crowd.stopTalking();
    awaitSettled(ledger, "what was sent");
    load = idleLoad(kithd);
  }
  keepTrying("room for somebody new", [&] { return RawPeer(address).shakeHands(); });
  crowd.startTalking();
  require(ledger.waitAcked(200, std::chrono::minutes(1)), "those inside cannot talk any more");
  crowd.stopTalking();
  awaitSettled(ledger, "what was sent");
  std::printf(
      "files: %llu files: %zu more connections were taken, %zu refused; then idle at %.0f %%"
      " of a processor\n",
      static_cast<unsigned long long>(files), taken, refused, 100 * load);
  require(refused > 0, "nobody was refused");
  require(crowd.pauses().empty(), "somebody who was inside was disconnected");
  require(load < 0.5, "kithd spins");
  closeBooks("files", ledger, true);
}

}  // namespace

void runFiles(const Args& args) {
  crowdOut(args, 160);
  crowdOut(args, 48);
}

}  // namespace kith::stress
