// SPDX-License-Identifier: Apache-2.0
// bench_driver: runs one work against one server once, and prints its figures as one JSON object.
// benchmarks/compare starts it; by hand:
//   bench_driver --work direct --protocol relay --port 7000 --server-pid 123 --messages 100000
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <map>
#include <sys/resource.h>

#include "benchmarks/drivers/work.hpp"

namespace {

using kith::bench::Settings;

using WorkMaker = std::unique_ptr<kith::bench::Work> (*)(const Settings&);

const std::map<std::string, WorkMaker> kWorks{
    {"direct", kith::bench::makeDirect},   {"fanout", kith::bench::makeFanout},
    {"history", kith::bench::makeHistory}, {"login", kith::bench::makeLogin},
    {"idle", kith::bench::makeIdle},       {"latency", kith::bench::makeLatency},
    {"mesh", kith::bench::makeMesh},       {"offline", kith::bench::makeOffline},
    {"storm", kith::bench::makeStorm}};

/// False for an option that there is not, or without a value.
bool parse(int argc, char** argv, Settings& settings) {
  const auto text = [](std::string& to) { return [&to](const char* value) { to = value; }; };
  const auto number = [](auto& to) {
    return [&to](const char* value) {
      to = static_cast<std::remove_reference_t<decltype(to)>>(std::strtod(value, nullptr));
    };
  };
  const std::map<std::string, std::function<void(const char*)>> options{
      {"--work", text(settings.work)},
      {"--protocol", text(settings.protocol)},
      {"--port", number(settings.port)},
      {"--server-pid", number(settings.server_pid)},
      {"--messages", number(settings.messages)},
      {"--clients", number(settings.clients)},
      {"--body", number(settings.body)},
      {"--in-flight", number(settings.in_flight)},
      {"--connections", number(settings.connections)},
      {"--conversations", number(settings.conversations)},
      {"--pages", number(settings.pages)},
      {"--idle", number(settings.idle)},
      {"--tls", number(settings.tls)},
      {"--rate", number(settings.rate)},
      {"--limit", number(settings.limit_s)}};
  for (int i = 1; i < argc; i += 2) {
    const auto option = options.find(argv[i]);
    if (option == options.end() || i + 1 >= argc) return false;
    option->second(argv[i + 1]);
  }
  // storm counts the sessions that come back.
  if (settings.work == "storm" && settings.idle > 0) return false;
  return kWorks.count(settings.work) == 1 &&
         kith::bench::findProtocol(settings.protocol) != nullptr && settings.port > 0;
}

void raiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int runWork(const Settings& settings) {
  const auto work = kWorks.at(settings.work)(settings);
  const kith::bench::Figures figures = work->run();
  if (const auto& why = work->failure()) {
    std::fprintf(stderr, "bench_driver: %s: %s\n", settings.work.c_str(), why->c_str());
    return 1;
  }
  const char* between = "{";
  for (const auto& figure : figures) {
    std::printf("%s\"%s\":%.6f", between, figure.name.c_str(), figure.value);
    between = ",";
  }
  std::puts("}");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  if (!parse(argc, argv, settings)) {
    std::fprintf(
        stderr,
        "usage: bench_driver --work direct|fanout|history|idle|latency|login|mesh|offline|storm\n"
        "  --protocol avos|current|jetstream|mqtt|nats|redis|relay|socketio --port N\n"
        "  [--server-pid N] [--messages N] [--clients N] [--body BYTES] [--in-flight N]\n"
        "  [--connections N] [--rate N] [--limit SECONDS] [--conversations N] [--pages N]\n"
        "  [--tls 1]    through TLS, whatever the certificate\n"
        "  [--idle N]   so many sessions beside the work that do nothing; not with storm\n");
    return 2;
  }
  raiseFileLimit();
  try {
    if (settings.tls) kith::bench::Stream::useTls();
    return runWork(settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_driver: %s\n", error.what());
    return 1;
  }
}
