// SPDX-License-Identifier: Apache-2.0
// Runs a work, takes medians, prints them.
#include "tools/bench.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <signal.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <thread>
#include <unistd.h>

#include "tools/json_line.hpp"

namespace kith::tools {
namespace {

struct Work {
  Figures (*run)(Bench&);
  /// Defaults for what was not said: messages, clients, in flight, connections.
  std::size_t messages, clients, in_flight, connections;
};

const std::map<std::string, Work> kWorks{
    {"direct", {benchDirect, 200000, 2, 64, 0}},   {"fanout", {benchFanout, 200, 1000, 8, 0}},
    {"idle", {benchIdle, 0, 10000, 0, 0}},         {"storm", {benchStorm, 0, 2000, 0, 0}},
    {"offline", {benchOffline, 50, 1000, 64, 20}}, {"mesh", {benchMesh, 200000, 200, 8, 0}},
    {"attack", {benchAttack, 10000, 41, 0, 0}}};

std::string cpuName() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const std::size_t colon = line.find(": ");
    if (line.rfind("model name", 0) == 0 && colon != std::string::npos) {
      return line.substr(colon + 2);
    }
  }
  return "unknown";
}

std::string kernel() {
  utsname name{};
  uname(&name);
  return std::string(name.sysname) + ' ' + name.release;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// The runs' figures by place; every run of a work has the same ones.
Figures medians(const std::vector<Figures>& runs) {
  Figures result = runs.front();
  for (std::size_t i = 0; i < result.size(); ++i) {
    std::vector<double> values;
    for (const Figures& run : runs) values.push_back(run[i].value);
    result[i].value = median(values);
  }
  return result;
}

JsonLine figuresObject(const Figures& figures) {
  JsonLine line;
  for (const Figure& figure : figures) line.number(figure.name, figure.value);
  return line;
}

/// libwebsockets' loop looks at all of its sockets in every turn, so a run with thousands spreads
/// them. The works whose callbacks share more than atomic numbers keep to one thread.
bool spreads(const BenchArgs& args) {
  return (args.work == "idle" || args.work == "storm") && !args.shared;
}

std::size_t ioThreads(const BenchArgs& args) {
  if (!spreads(args)) return 1;
  return args.io_threads > 0 ? args.io_threads : (args.clients + 999) / 1000;
}

void printJson(const BenchArgs& args, const std::vector<Figures>& runs) {
  JsonLine machine;
  machine.text("cpu", cpuName())
      .number("cores", std::thread::hardware_concurrency())
      .text("kernel", kernel())
      .text("build", buildKind())
      .text("version", kVersion);
  JsonLine settings;
  settings.text("server", args.external  ? "external"
                          : args.durable ? "durable"
                                         : "memory")
      .number("messages", args.messages)
      .number("clients", args.clients)
      .number("body", args.body)
      .number("inFlight", args.in_flight)
      .number("connections", args.connections)
      .number("rate", args.rate)
      .flag("signed", args.is_signed)
      .flag("shared", args.shared)
      .flag("tls", args.tls)
      .number("ioThreads", ioThreads(args));
  std::string list;
  for (const Figures& run : runs) list += (list.empty() ? "" : ",") + figuresObject(run).str();
  JsonLine line;
  line.text("work", args.work)
      .object("machine", machine)
      .object("settings", settings)
      .object("median", figuresObject(medians(runs)))
      .raw("runs", '[' + list + ']');
  std::printf("%s\n", line.str().c_str());
}

std::string shortNumber(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value >= 1000 ? "%.0f" : value >= 10 ? "%.1f" : "%.3f", value);
  std::string digits = text;
  if (value >= 1000) {
    for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, " ");
  }
  return digits;
}

void printTable(const BenchArgs& args, const std::vector<Figures>& runs) {
  std::printf("kith bench %s: %s server%s, %zu clients, %zu messages of %zu bytes, %zu in flight\n",
              args.work.c_str(),
              args.external  ? "external"
              : args.durable ? "durable"
                             : "in-memory",
              args.tls ? ", TLS" : "", args.clients, args.messages, args.body, args.in_flight);
  std::printf("%s, %u cores, %s, %s build\n\n", cpuName().c_str(),
              std::thread::hardware_concurrency(), kernel().c_str(), buildKind());
  std::printf("%-26s %12s %-8s %s\n", "figure", "median", "unit", "runs");
  const Figures middle = medians(runs);
  for (std::size_t i = 0; i < middle.size(); ++i) {
    std::printf("%-26s %12s %-8s", middle[i].name.c_str(), shortNumber(middle[i].value).c_str(),
                middle[i].unit.c_str());
    for (const Figures& run : runs) std::printf(" %s", shortNumber(run[i].value).c_str());
    std::printf("\n");
  }
}

/// Ctrl-C ends a benchmark at once, and the server with it; and it needs many sockets.
void prepareProcess() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 65536);
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

int complainBench(const std::string& work, const std::string& why) {
  std::fprintf(stderr, "kith: bench %s: %s\n", work.c_str(), why.c_str());
  return 1;
}

}  // namespace

const char* buildKind() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return "sanitized";
#elif defined(__OPTIMIZE__)
  return "optimised";
#else
  return "debug";
#endif
}

int runBench(const Settings& settings, BenchArgs args) {
  const Work& work = kWorks.at(args.work);
  if (args.messages == 0) args.messages = work.messages;
  if (args.clients == 0) args.clients = work.clients;
  if (args.in_flight == 0) args.in_flight = work.in_flight;
  if (args.connections == 0) args.connections = work.connections;
  if (args.external && (args.work == "storm" || args.work == "attack")) {
    return complainBench(args.work, "it harms the server, so it needs one of its own");
  }
  if (args.tls && (args.external || args.work == "attack")) {
    return complainBench(args.work, "--tls is for a server of its own whose clients are all ours");
  }
  if (args.io_threads > 1 && !spreads(args)) {
    return complainBench(args.work, "--io-threads is for idle and storm, without --shared");
  }
  if (args.work == "attack") args.config = attackConfig();
  prepareProcess();
  std::vector<Figures> runs;
  for (int i = 0; i < args.repeat; ++i) {
    auto server = BenchServer::start(settings, args);
    if (!server) return complainBench(args.work, server.error().detail);
    Bench bench(settings, args, **server, ioThreads(args));
    Figures figures = work.run(bench);
    if (const auto why = bench.failure()) return complainBench(args.work, *why);
    runs.push_back(std::move(figures));
  }
  if (settings.json) {
    printJson(args, runs);
  } else {
    printTable(args, runs);
  }
  return 0;
}

}  // namespace kith::tools
