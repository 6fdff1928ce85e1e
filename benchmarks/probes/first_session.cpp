// SPDX-License-Identifier: Apache-2.0
// first_session: what one session costs the program that has it. Starts itself anew, so that
// loading the library is part of what is measured; opens one session with default settings, stays
// idle for so long, and prints its figures as one JSON object. benchmarks/client starts it; by
// hand:
//   first_session ws://127.0.0.1:7700 60
#include <kith/kith.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <malloc.h>
#include <string>
#include <thread>
#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;

/// The number behind `name` in a file of /proc, summed over all lines that begin with it.
double valueIn(const std::string& file, const std::string& name) {
  std::ifstream in(file);
  double sum = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.rfind(name, 0) == 0) sum += std::atof(line.c_str() + name.size());
  }
  return sum;
}

/// How often the threads of this process have gone to sleep: each time something woke them first.
double sleeps() {
  double sum = 0;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    sum += valueIn(thread.path().string() + "/status", "voluntary_ctxt_switches:");
  }
  return sum;
}

struct Memory {
  double rss_kb{valueIn("/proc/self/smaps_rollup", "Rss:")};
  double private_kb{valueIn("/proc/self/smaps_rollup", "Private_Dirty:")};
  double heap_kb{heap()};

  static double heap() {
    const struct mallinfo2 all = mallinfo2();
    return static_cast<double>(all.uordblks + all.hblkhd) / 1024;
  }
};

double millisSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// The same program once more, with the time as its last argument.
int startAnew(char** argv) {
  const std::string now = std::to_string(Clock::now().time_since_epoch().count());
  execl("/proc/self/exe", argv[0], argv[1], argv[2], argv[3], now.c_str(), nullptr);
  std::perror("first_session");
  return 1;
}

/// False when the session could not be opened.
bool waitUntilOpen(kith::Session& session) {
  std::promise<kith::Result<void>> opened;
  session.open({}, [&](const kith::Result<void>& result) { opened.set_value(result); });
  auto result = opened.get_future().get();
  if (!result) std::fprintf(stderr, "first_session: %s\n", result.error().detail.c_str());
  return result.ok();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4) return startAnew(argv);
  if (argc != 5) {
    std::fputs("usage: first_session URL IDLE-SECONDS CA-FILE     (\"\": no TLS)\n", stderr);
    return 2;
  }
  const Clock::time_point start{Clock::duration{std::atoll(argv[4])}};
  const double main_ms = millisSince(start);
  const Memory empty;
  kith::Options options;
  options.app_id = "bench";
  options.server = argv[1];
  options.tls.ca_file = argv[3];
  const auto making = Clock::now();
  kith::SessionManager manager(options);
  const double manager_ms = millisSince(making);
  const auto session = manager.session("first");
  const auto opening = Clock::now();
  if (!waitUntilOpen(*session)) return 1;
  const double open_ms = millisSince(opening);
  const double all_ms = millisSince(start);
  const Memory one;
  const double threads = valueIn("/proc/self/status", "Threads:");
  // The threads are still going to rest when the session is open.
  std::this_thread::sleep_for(std::chrono::seconds(std::min(1, std::atoi(argv[2]))));
  const double before = sleeps();
  std::this_thread::sleep_for(std::chrono::seconds(std::atoi(argv[2])));
  // This thread's own sleep is one of them.
  const double woken = sleeps() - before - 1;
  if (!session->isOpen()) {
    std::fputs("first_session: the session did not stay open\n", stderr);
    return 1;
  }
  std::printf(
      "{\"mainMs\":%.3f,\"managerMs\":%.3f,\"openMs\":%.3f,\"startMs\":%.3f,\"threads\":%.0f,",
      main_ms, manager_ms, open_ms, all_ms, threads);
  std::printf("\"rssKb\":%.0f,\"rssKbBefore\":%.0f,\"privateKb\":%.0f,\"privateKbBefore\":%.0f,",
              one.rss_kb, empty.rss_kb, one.private_kb, empty.private_kb);
  std::printf("\"heapKb\":%.1f,\"heapKbBefore\":%.1f,\"wakeUps\":%.0f}\n", one.heap_kb,
              empty.heap_kb, woken);
  return 0;
}
