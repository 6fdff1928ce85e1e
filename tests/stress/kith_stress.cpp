// SPDX-License-Identifier: Apache-2.0
// kith_stress WORK [--minutes N] [--sessions N] [--own-sockets] [--seed N]: the real kithd and real
// SDK sessions under one attack. Prints figures, the last line a summary. Exit status: 0 the
// contract held, 1 it did not, 2 wrong arguments, 77 this machine does not let us try.
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>

#include "stress/stress.hpp"

namespace {

using kith::stress::Args;

struct Work {
  const char* name;
  void (*run)(const Args&);
  const char* what;
};

constexpr Work kWorks[] = {
    {"kill", kith::stress::runKill, "SIGKILL under load behind a bad network"},
    {"drain", kith::stress::runDrain, "SIGTERM under load"},
    {"disk", kith::stress::runDisk, "a full disk, a read-only one (root)"},
    {"files", kith::stress::runFiles, "more clients than kithd may open files"},
    {"many", kith::stress::runMany, "10,000 sessions"},
    {"network", kith::stress::runNetwork, "addresses, links and routes that go (root)"},
    {"slow-reader", kith::stress::runSlowReader, "raw peers that never read"},
    {"soak", kith::stress::runSoak, "mixed traffic, and memory over time"},
    {"unwritable", kith::stress::runUnwritable, "no write goes through"},
};

int usage() {
  std::fputs("usage: kith_stress WORK [--minutes N] [--sessions N] [--own-sockets] [--seed N]\n",
             stderr);
  for (const Work& work : kWorks) std::fprintf(stderr, "  %-12s %s\n", work.name, work.what);
  return 2;
}

bool parse(int argc, char** argv, Args& args) {
  if (argc < 2) return false;
  args.work = argv[1];
  for (int i = 2; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--own-sockets") {
      args.own_sockets = true;
      continue;
    }
    if (i + 1 == argc) return false;
    const char* value = argv[++i];
    if (flag == "--minutes")
      args.minutes = std::atof(value);
    else if (flag == "--sessions")
      args.sessions = std::strtoull(value, nullptr, 10);
    else if (flag == "--seed")
      args.seed = std::strtoull(value, nullptr, 10);
    else
      return false;
  }
  return true;
}

int run(const Work& work, const Args& args) {
  try {
    work.run(args);
    std::printf("%s: passed (seed %llu)\n", work.name, static_cast<unsigned long long>(args.seed));
    return 0;
  } catch (const kith::stress::Skip& why) {
    std::printf("%s: SKIPPED: %s\n", work.name, why.what());
    return 77;
  } catch (const std::exception& problem) {
    std::printf("%s: FAILED (seed %llu): %s\n", work.name,
                static_cast<unsigned long long>(args.seed), problem.what());
    return 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  Args args;
  if (!parse(argc, argv, args)) return usage();
  // Before the first look at the deadline: the long form needs its minutes and time to settle.
  const int seconds = static_cast<int>(args.minutes * 60) + 240;
  ::setenv("KITH_TEST_SECONDS", std::to_string(seconds).c_str(), 0);
  (void)kith::testing::globalDeadline();
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  for (const Work& work : kWorks) {
    if (args.work == work.name) return run(work, args);
  }
  return usage();
}
