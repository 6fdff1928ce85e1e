// SPDX-License-Identifier: Apache-2.0
// many: 10,000 sessions open, say something and close, on shared connections or each on its own.
#include <cstdio>
#include <malloc.h>
#include <unistd.h>

#include "stress/crowd.hpp"
#include "stress/kithd_process.hpp"
#include "stress/report.hpp"
#include "stress/stress.hpp"

namespace kith::stress {
namespace {

// Sessions of one connection in the shared form.
constexpr std::size_t kShared = 500;
// What else this process has open.
constexpr std::size_t kOtherFiles = 200;

void wantFiles(std::size_t count) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_max < count + kOtherFiles) {
    throw Skip("this process may open " + std::to_string(files.rlim_max) + " files only");
  }
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace

void runMany(const Args& args) {
  const std::size_t count = args.sessions > 0 ? args.sessions : small() ? 2000 : 10000;
  if (args.own_sockets) wantFiles(count);
  const testing::TemporaryFolder folder;
  KithdOptions options;
  options.data = folder.path();
  KithdProcess kithd(options);
  CrowdOptions crowd_options;
  crowd_options.url = "ws://" + kithd.start();
  crowd_options.sessions = count;
  crowd_options.managers = args.own_sockets ? count : (count + kShared - 1) / kShared;
  crowd_options.group_size = 0;
  crowd_options.keepalive = {std::chrono::seconds{30}, std::chrono::seconds{60}};
  crowd_options.command_timeout = std::chrono::seconds{60};
  crowd_options.connect_timeout = std::chrono::seconds{60};
  ::malloc_trim(0);
  const std::size_t server_before = kithd.rss();
  const std::size_t client_before = rssOf(::getpid());
  Ledger ledger;
  double opened = 0;
  double said = 0;
  double closed = 0;
  std::size_t server_open = 0;
  std::size_t client_open = 0;
  {
    const Stopwatch watch;
    Crowd crowd(crowd_options, ledger);
    crowd.open();
    opened = watch.seconds();
    server_open = kithd.rss();
    client_open = rssOf(::getpid());
    crowd.sayOneMore();
    awaitSettled(ledger, "what was sent");
    crowd.awaitPresence();
    said = watch.seconds();
    require(crowd.pauses().empty() && crowd.ended() == 0, "a session was lost");
    crowd.closeAll();
    closed = watch.seconds();
  }
  const auto kilobytes = [&](std::size_t now, std::size_t before) {
    return (static_cast<double>(now) - static_cast<double>(before)) / static_cast<double>(count);
  };
  std::printf(
      "many: %zu sessions on %zu connections: open after %.1f s, each said 3 messages after %.1f "
      "s, "
      "closed after %.1f s; kB a session: server %.1f, client %.1f; server in all %.1f MB before, "
      "%.1f MB open, %.1f MB closed\n",
      count, crowd_options.managers, opened, said, closed, kilobytes(server_open, server_before),
      kilobytes(client_open, client_before), static_cast<double>(server_before) / 1024,
      static_cast<double>(server_open) / 1024, static_cast<double>(kithd.rss()) / 1024);
  closeBooks("many", ledger, true);
}

}  // namespace kith::stress
