// SPDX-License-Identifier: Apache-2.0
// bench idle: what it takes to open and to keep many sessions. bench storm: how they come back
// after the server was killed.
#include <atomic>
#include <malloc.h>

#include "tools/bench.hpp"

namespace kith::tools {
namespace {

/// Counts sessions that came back, and any that is lost.
class Survivor : public MessageReceiver {
 public:
  Survivor(Bench& bench, std::atomic<std::size_t>& resumed, std::size_t all)
      : bench_(bench), resumed_(resumed), all_(all) {}
  void onSessionResumed(Session& session, const SessionOpened&) override {
    // Twice when the connection broke again in between; counted once.
    (void)session;
    if (std::exchange(back_, true)) return;
    if (resumed_.fetch_add(1) + 1 == all_) bench_.wake();
  }
  void onSessionClosed(Session& session, const SessionClosed& event) override {
    if (event.cause) bench_.fail(session.peerId() + " is lost: " + event.cause->detail);
  }

 private:
  Bench& bench_;
  std::atomic<std::size_t>& resumed_;
  std::size_t all_;
  bool back_{false};
};

std::optional<std::size_t> connectionOf(const BenchArgs& args) {
  return args.shared ? std::optional<std::size_t>(0) : std::nullopt;
}

}  // namespace

Figures benchIdle(Bench& bench) {
  const BenchArgs& args = bench.args();
  // What the first one takes, it takes once: benchmarks/client measures that.
  Fleet first(bench);
  first.add("first", nullptr, std::nullopt);
  if (!first.open()) return {};
  // What an earlier run has freed would hide what this one takes.
  malloc_trim(0);
  const Usage own = ownUsage();
  const Usage server = bench.server().usage();
  Fleet fleet(bench);
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < args.clients; ++i) {
    fleet.add("p" + std::to_string(i), nullptr, connectionOf(args));
  }
  if (!fleet.open()) return {};
  const double seconds = secondsSince(start);
  if (fleet.openNow() != args.clients) {
    bench.fail("not every session stayed open");
    return {};
  }
  const Usage own_now = ownUsage();
  const Usage server_now = bench.server().usage();
  const auto count = static_cast<double>(args.clients);
  Figures figures{{"openSeconds", seconds, "s"},
                  {"clientKbPerSession", (own_now.rss_kb - own.rss_kb) / count, "kB"},
                  {"serverKbPerSession", (server_now.rss_kb - server.rss_kb) / count, "kB"}};
  figures.push_back({"clientCpuPerOpen", (own_now.cpu_us - own.cpu_us) / count, "us"});
  figures.push_back({"serverCpuPerOpen", (server_now.cpu_us - server.cpu_us) / count, "us"});
  return figures;
}

Figures benchStorm(Bench& bench) {
  const BenchArgs& args = bench.args();
  std::atomic<std::size_t> resumed{0};
  Fleet fleet(bench);
  for (std::size_t i = 0; i < args.clients; ++i) {
    fleet.add("p" + std::to_string(i), std::make_shared<Survivor>(bench, resumed, args.clients),
              connectionOf(args));
  }
  if (!fleet.open()) return {};
  const auto killed = std::chrono::steady_clock::now();
  bench.server().kill();
  if (const auto again = bench.server().restart(); !again) {
    bench.fail(again.error().detail);
    return {};
  }
  const auto listening = std::chrono::steady_clock::now();
  if (!bench.waitFor("coming back", [&] { return resumed.load() == args.clients; })) return {};
  const double since_listening = secondsSince(listening);
  const double since_kill = secondsSince(killed);
  if (fleet.openNow() != args.clients) {
    bench.fail("not every session stayed open");
    return {};
  }
  const Usage server = bench.server().usage();
  return {{"backSeconds", since_kill, "s"},
          {"backSecondsAfterListening", since_listening, "s"},
          {"serverCpuPerSession", server.cpu_us / static_cast<double>(args.clients), "us"}};
}

}  // namespace kith::tools
