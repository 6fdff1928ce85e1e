// SPDX-License-Identifier: Apache-2.0
// kill: kithd is killed with SIGKILL again and again while 200 sessions talk through a network that
// cuts, delays, pauses and swallows. drain: SIGTERM in the middle of it.
#include <cstdio>
#include <random>

#include "stress/crowd.hpp"
#include "stress/kithd_process.hpp"
#include "stress/report.hpp"
#include "stress/stress.hpp"
#include "support/relay.hpp"

namespace kith::stress {
namespace {

using std::chrono::milliseconds;

/// What the network does to connections until the next kill.
testing::RelayFaults drawFaults(std::mt19937_64& random) {
  testing::RelayFaults faults;
  switch (random() % 4) {
    case 0: break;  // only the server dies
    case 1:         // a line that breaks early and often
      faults.within_bytes = 500 + random() % 20000;
      break;
    case 2:  // half-open connections and pauses
      faults.within_bytes = 5000 + random() % 200000;
      faults.silence = 0.5;
      faults.pause = 0.3;
      faults.pause_for = milliseconds(random() % 500);
      break;
    default:  // a long way
      faults.within_bytes = 5000 + random() % 500000;
      faults.silence = 0.2;
      faults.delay = milliseconds(1 + random() % 30);
      break;
  }
  return faults;
}

CrowdOptions crowdOptions(const Args& args, const testing::Relay& relay) {
  CrowdOptions options;
  options.url = "ws://" + relay.address();
  options.sessions = args.sessions > 0 ? args.sessions : 200;
  options.managers = args.own_sockets ? options.sessions : options.sessions / 10;
  options.seed = args.seed;
  return options;
}

KithdOptions kithdOptions(const testing::TemporaryFolder& folder) {
  KithdOptions options;
  options.data = folder.path();
  // A peer that the network swallowed is gone after this time.
  options.settings = {R"("idle_timeout_ms": 4000)"};
  return options;
}

/// After the storm: all is passed on, every session is open, and nothing comes late.
void settle(Crowd& crowd, Ledger& ledger, testing::Relay& relay) {
  relay.setFaults({});
  crowd.stopTalking();
  awaitSettled(ledger, "what was sent");
  // Every session opens anew and is offered what it did not acknowledge: it must not be shown
  // again.
  const std::size_t before = crowd.resumed();
  relay.cutAll();
  await("everybody to resume", [&] { return crowd.resumed() >= before + crowd.size(); });
  crowd.awaitPresence();
  crowd.sayOneMore();
  awaitSettled(ledger, "what was sent at last");
  crowd.closeAndReopen(10);
  crowd.awaitPresence();
}

}  // namespace

void runKill(const Args& args) {
  const Stopwatch watch;
  std::mt19937_64 random(args.seed);
  const testing::TemporaryFolder folder;
  KithdProcess kithd(kithdOptions(folder));
  testing::Relay relay(args.seed);
  relay.setTarget(kithd.start());
  Ledger ledger;
  Crowd crowd(crowdOptions(args, relay), ledger);
  crowd.open();
  crowd.startTalking();
  const int least = small() ? 4 : 12;
  int kills = 0;
  std::size_t rss = 0;
  while (kills < least || watch.seconds() < args.minutes * 60) {
    relay.setFaults(drawFaults(random));
    // In the middle of it: some is acknowledged, some is on the way.
    (void)ledger.waitAcked(1 + random() % 3000, milliseconds(200 + random() % 1500));
    rss = std::max(rss, kithd.rss());
    kithd.kill9();
    relay.setTarget("");
    relay.setTarget(kithd.start());
    ++kills;
  }
  const double stormed = watch.seconds();
  settle(crowd, ledger, relay);
  require(crowd.ended() == 0, "sessions were closed that nobody closed");
  const testing::RelayStats net = relay.stats();
  std::printf(
      "kill: %d kills in %.0f s; relay: %llu connections, %llu cut, %llu half-open, %llu paused, "
      "%.1f MB; %zu resumes; kithd up to %zu MB\n",
      kills, stormed, static_cast<unsigned long long>(net.connections),
      static_cast<unsigned long long>(net.cut), static_cast<unsigned long long>(net.silenced),
      static_cast<unsigned long long>(net.paused), static_cast<double>(net.bytes) / 1e6,
      crowd.resumed(), rss / 1024);
  closeBooks("kill", ledger, true);
}

void runDrain(const Args& args) {
  const testing::TemporaryFolder folder;
  KithdProcess kithd(kithdOptions(folder));
  testing::Relay relay(args.seed);
  relay.setTarget(kithd.start());
  Ledger ledger;
  CrowdOptions patient = crowdOptions(args, relay);
  // On a busy machine too, only the server may end a connection.
  patient.keepalive = {std::chrono::seconds{5}, std::chrono::minutes{1}};
  patient.command_timeout = std::chrono::minutes{1};
  Crowd crowd(patient, ledger);
  crowd.open();
  crowd.startTalking();
  const int rounds = args.isLong() ? 100 : small() ? 2 : 5;
  for (int round = 0; round < rounds; ++round) {
    require(ledger.waitAcked(500, std::chrono::minutes(1)), "no traffic");
    kithd.terminate();
    const int status = kithd.wait();
    require(status == 0, "kithd ended with " + std::to_string(status));
    relay.setTarget("");
    relay.setTarget(kithd.start());
  }
  std::size_t told = 0;
  std::string others;
  for (const auto& [why, count] : crowd.pauses()) {
    if (why.find("1001") != std::string::npos)
      told += count;
    else
      others += "\n  " + std::to_string(count) + " x " + why;
  }
  require(others.empty(), "not every session that was open was told 1001 alone:" + others);
  settle(crowd, ledger, relay);
  require(crowd.ended() == 0, "sessions were closed that nobody closed");
  std::printf("drain: %d times SIGTERM under load, exit 0 each time; %zu sessions told 1001\n",
              rounds, told);
  closeBooks("drain", ledger, true);
}

}  // namespace kith::stress
