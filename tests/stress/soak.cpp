// SPDX-License-Identifier: Apache-2.0
// soak: mixed traffic without end (pairs, groups, presence, sessions that close and open again,
// connections that are cut) while the memory of kithd and of the SDK is watched.
#include <algorithm>
#include <cstdio>
#include <malloc.h>
#include <random>
#include <unistd.h>
#include <vector>

#include "stress/crowd.hpp"
#include "stress/kithd_process.hpp"
#include "stress/report.hpp"
#include "stress/stress.hpp"
#include "support/relay.hpp"

namespace kith::stress {
namespace {

using std::chrono::milliseconds;

// How much more memory is still no growth.
constexpr double kGrowth = 0.05;
constexpr std::size_t kSamples = 30;
// So few that a session gets more than limits::kRememberedIds messages while its acknowledgements
// are swallowed: none of these may be shown twice.
constexpr std::size_t kSessions = 100;

struct Sample {
  double seconds{0};
  std::uint64_t sent{0};
  std::size_t server_kb{0};
  std::size_t client_kb{0};
  /// What this process has allocated and not given back, the ledger's share taken off.
  std::size_t client_heap_kb{0};
};

std::size_t heapKb(Ledger& ledger) {
  const struct mallinfo2 heap = ::mallinfo2();
  const std::size_t used = heap.uordblks + heap.hblkhd;
  return (used - std::min(used, ledger.heldBytes())) / 1024;
}

/// The sessions that the storm does not spare, and what befalls them next.
void stir(Crowd& crowd, testing::Relay& relay, std::mt19937_64& random) {
  switch (random() % 4) {
    case 0: return relay.cutAll();
    case 1: return crowd.closeAndReopen(5 + random() % 10);
    case 2: {
      testing::RelayFaults faults;
      faults.within_bytes = 100000 + random() % 1000000;
      faults.silence = 0.2;
      return relay.setFaults(faults);
    }
    default: return relay.setFaults({});
  }
}

/// What is on its way would count as memory: a sample is taken when everything has arrived.
void comeToRest(Crowd& crowd, testing::Relay& relay, Ledger& ledger) {
  relay.setFaults({});
  crowd.stopTalking();
  relay.cutAll();
  awaitSettled(ledger, "what was sent");
}

/// The median of the samples of one part of the run.
std::size_t median(std::vector<Sample> samples, std::size_t Sample::*what) {
  std::sort(samples.begin(), samples.end(),
            [what](const Sample& a, const Sample& b) { return a.*what < b.*what; });
  return samples[samples.size() / 2].*what;
}

/// From the median of the first third, after the warm-up in which caches and queues fill, to the
/// least of the last third. What sessions remember of unproven acknowledgements swings by megabytes
/// and steps of the allocator come and go; a leak lifts the low points, too.
double growth(const std::vector<Sample>& samples, std::size_t Sample::*what) {
  const auto third = static_cast<std::ptrdiff_t>(std::max<std::size_t>(samples.size() / 3, 1));
  const auto least =
      std::min_element(samples.end() - third, samples.end(),
                       [what](const Sample& a, const Sample& b) { return a.*what < b.*what; });
  const auto early = static_cast<double>(median({samples.begin(), samples.begin() + third}, what));
  return static_cast<double>((*least).*what) / early - 1;
}

void print(const Sample& sample) {
  std::printf("soak: %6.0f s  %9llu sent  kithd %7.2f MB  client %7.2f MB, heap %7.2f MB\n",
              sample.seconds, static_cast<unsigned long long>(sample.sent),
              static_cast<double>(sample.server_kb) / 1024,
              static_cast<double>(sample.client_kb) / 1024,
              static_cast<double>(sample.client_heap_kb) / 1024);
}

}  // namespace

void runSoak(const Args& args) {
  std::mt19937_64 random(args.seed);
  const testing::TemporaryFolder folder;
  KithdOptions options;
  options.data = folder.path();
  options.settings = {R"("idle_timeout_ms": 4000)"};
  KithdProcess kithd(options);
  testing::Relay relay(args.seed);
  relay.setTarget(kithd.start());
  Ledger ledger;
  CrowdOptions crowd_options;
  crowd_options.url = "ws://" + relay.address();
  crowd_options.sessions = args.sessions > 0 ? args.sessions : kSessions;
  crowd_options.managers = crowd_options.sessions / 20;
  crowd_options.seed = args.seed;
  Crowd crowd(crowd_options, ledger);
  crowd.open();
  crowd.startTalking();
  const double seconds = args.isLong() ? args.minutes * 60 : small() ? 5 : 15;
  const double warm_up = seconds / 10;
  std::vector<Sample> samples;
  const Stopwatch watch;
  while (watch.seconds() < seconds) {
    (void)ledger.waitAcked(1000 + random() % 2000, milliseconds(2000));
    stir(crowd, relay, random);
    const double now = watch.seconds();
    const double next =
        warm_up + (seconds - warm_up) * static_cast<double>(samples.size()) / kSamples;
    if (now < next) continue;
    comeToRest(crowd, relay, ledger);
    samples.push_back({now, ledger.totals().sent, kithd.rss(), rssOf(::getpid()), heapKb(ledger)});
    print(samples.back());
    crowd.startTalking();
  }
  comeToRest(crowd, relay, ledger);
  crowd.awaitPresence();
  require(crowd.ended() == 0, "sessions were closed that nobody closed");
  const double server = growth(samples, &Sample::server_kb);
  const double client = growth(samples, &Sample::client_heap_kb);
  std::printf(
      "soak: %.0f s, %zu resumes: kithd's memory grew by %.1f %%, the client's heap by "
      "%.1f %% from the first third to the least of the last\n",
      watch.seconds(), crowd.resumed(), 100 * server, 100 * client);
  // What a session had on the way when it was closed may have failed.
  closeBooks("soak", ledger, false);
  // In seconds nothing comes to rest, and a sanitizer keeps what was freed.
  if (!args.isLong() || sanitized()) return;
  require(server < kGrowth, "kithd's memory grows");
  require(client < kGrowth, "the client's memory grows");
}

}  // namespace kith::stress
