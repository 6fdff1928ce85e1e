// SPDX-License-Identifier: Apache-2.0
// kith_sim: runs simulated worlds. `kith_sim --help` says how.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "support/sim/world.hpp"

namespace kith::sim {
namespace {

constexpr const char* kHelp =
    "usage: kith_sim [--seed N] [--from N] [--runs N] [--seconds S] [--bug NAME] [--trace]\n"
    "       kith_sim --bugs [--from N]      plants each bug and shows what caught it\n"
    "  --seed N      one run; with --trace its story\n"
    "  --from N      first seed of several; default: from the time, and printed\n"
    "  --runs N      how many; default 1000\n"
    "  --seconds S   instead of --runs: for so long\n"
    "  --keep-going  do not stop at the first failing seed; a line for each\n"
    "  --seeds FILE  the seeds of a file, one a line, before the others\n"
    "  --all-faults  fail when some kind of fault never happened\n"
    "  --twice       each seed twice, to see that it repeats\n"
    "  --bug NAME    with this bug planted; --list-bugs names them\n";

struct Options {
  std::uint64_t from{0};
  std::uint64_t runs{1000};
  double seconds{0};
  bool one{false}, keep_going{false}, trace{false}, json{false}, bugs{false}, list{false},
      faults{false}, twice{false};
  bool from_given{false};
  Bug bug{Bug::None};
  std::string bug_name;
  std::string seeds_file;
};

struct Batch {
  Tally tally;
  std::uint64_t runs{0}, failed{0}, events{0};
  std::int64_t virtual_ms{0};
  double took{0}, cpu{0};
  std::optional<Broken> broken;
  std::uint64_t seed{0};
};

double secondsNow() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void printBroken(const Broken& broken, std::uint64_t seed, const Options& options) {
  const std::string& bug = options.bug_name;
  const std::string promise(nameOf(broken.promise));
  std::printf("BROKEN %s, at %lld ms: %s\n  again: kith_sim --seed %llu --trace%s%s\n",
              promise.c_str(), static_cast<long long>(broken.when), broken.what.c_str(),
              static_cast<unsigned long long>(seed), bug.empty() ? "" : " --bug ", bug.c_str());
}

/// False: the seed does not repeat, and no story of it can be trusted.
bool repeats(const Report& a, const Report& b) {
  if (a.fingerprint == b.fingerprint && a.events == b.events) return true;
  std::printf("BROKEN seed %llu runs differently the second time\n",
              static_cast<unsigned long long>(a.seed));
  return false;
}

void addRun(Batch& batch, const Options& options, const Report& report) {
  batch.tally.add(report.tally);
  batch.events += report.events;
  batch.virtual_ms += report.lasted;
  ++batch.runs;
  if (!report.broken) return;
  ++batch.failed;
  batch.seed = report.seed;
  if (options.keep_going) return printBroken(*report.broken, report.seed, options);
  batch.broken = report.broken;
}

Report runOne(std::uint64_t seed, const Options& options) {
  return runPlan(makePlan(seed, options.bug), options.trace);
}

std::vector<std::uint64_t> readSeeds(const std::string& file) {
  std::vector<std::uint64_t> seeds;
  if (file.empty()) return seeds;
  std::FILE* in = std::fopen(file.c_str(), "r");
  if (in == nullptr) {
    std::fprintf(stderr, "kith_sim: cannot read %s\n", file.c_str());
    std::exit(2);
  }
  char line[256];
  while (std::fgets(line, sizeof line, in) != nullptr) {
    char* end = nullptr;
    const auto seed = std::strtoull(line, &end, 10);
    if (end != line) seeds.push_back(seed);
  }
  std::fclose(in);
  return seeds;
}

Batch runBatch(const Options& options) {
  Batch batch;
  const double began = secondsNow();
  const std::clock_t cpu = std::clock();
  for (const std::uint64_t seed : readSeeds(options.seeds_file)) {
    addRun(batch, options, runOne(seed, options));
    if (batch.broken) break;
  }
  for (std::uint64_t i = 0; !batch.broken; ++i) {
    if (options.seconds > 0 ? secondsNow() - began >= options.seconds : i >= options.runs) break;
    const Report report = runOne(options.from + i, options);
    if (options.twice && !repeats(report, runOne(options.from + i, options))) ++batch.failed;
    addRun(batch, options, report);
  }
  batch.took = secondsNow() - began;
  batch.cpu = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  return batch;
}

void print(const Batch& batch) {
  const auto runs = static_cast<double>(batch.runs);
  std::printf("%llu runs, %.1f virtual seconds each, %.0f events each\n",
              static_cast<unsigned long long>(batch.runs),
              static_cast<double>(batch.virtual_ms) / 1000.0 / runs,
              static_cast<double>(batch.events) / runs);
  std::printf("%.1f s, %.1f s of it on the processor: %.0f runs a minute of processor time\n",
              batch.took, batch.cpu, runs / batch.cpu * 60);
  for (std::size_t i = 0; i < batch.tally.counts.size(); ++i) {
    const std::string_view name = nameOf(static_cast<Count>(i));
    std::printf("  %-32.*s %10llu   %8.2f a run\n", static_cast<int>(name.size()), name.data(),
                static_cast<unsigned long long>(batch.tally.counts[i]),
                static_cast<double>(batch.tally.counts[i]) / static_cast<double>(batch.runs));
  }
}

void printJson(const Batch& batch) {
  std::printf("{\"runs\":%llu,\"seconds\":%.3f,\"events\":%llu,\"broken\":%s",
              static_cast<unsigned long long>(batch.runs), batch.took,
              static_cast<unsigned long long>(batch.events), batch.broken ? "true" : "false");
  if (batch.broken) std::printf(",\"seed\":%llu", static_cast<unsigned long long>(batch.seed));
  for (std::size_t i = 0; i < batch.tally.counts.size(); ++i) {
    const std::string name(nameOf(static_cast<Count>(i)));
    std::printf(",\"%s\":%llu", name.c_str(),
                static_cast<unsigned long long>(batch.tally.counts[i]));
  }
  std::printf("}\n");
}

int runBugs(Options options) {
  int escaped = 0;
  std::printf("| bug | planted | caught by | after runs |\n|---|---|---|---|\n");
  for (const BugInfo& info : allBugs()) {
    options.bug = info.bug;
    options.runs = static_cast<std::uint64_t>(info.runs);
    options.keep_going = false;
    const Batch batch = runBatch(options);
    const std::string promise =
        batch.broken ? std::string(nameOf(batch.broken->promise)) : "NOTHING";
    std::printf("| %s | %s | %s | %llu |\n", std::string(info.name).c_str(),
                std::string(info.what).c_str(), promise.c_str(),
                static_cast<unsigned long long>(batch.runs));
    std::fflush(stdout);
    if (!batch.broken) ++escaped;
  }
  std::printf("%d of %zu escaped\n", escaped, allBugs().size());
  return escaped == 0 ? 0 : 1;
}

/// Every kind of fault must have happened, or the batch tested less than it says.
int checkFaults(const Batch& batch) {
  int missing = 0;
  for (std::size_t i = 0; i < batch.tally.counts.size(); ++i) {
    if (!isFault(static_cast<Count>(i)) || batch.tally.counts[i] != 0) continue;
    std::printf("MISSING %s: it never happened in %llu runs\n",
                std::string(nameOf(static_cast<Count>(i))).c_str(),
                static_cast<unsigned long long>(batch.runs));
    ++missing;
  }
  return missing == 0 ? 0 : 1;
}

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    const auto value = [&]() -> const char* { return i + 1 < argc ? argv[++i] : ""; };
    if (name == "--seed" || name == "--from") {
      options.from = std::strtoull(value(), nullptr, 10);
      options.from_given = true;
      if (name == "--seed") {
        options.one = true;
        options.runs = 1;
      }
    } else if (name == "--runs") {
      options.runs = std::strtoull(value(), nullptr, 10);
    } else if (name == "--seconds") {
      options.seconds = std::strtod(value(), nullptr);
    } else if (name == "--seeds") {
      options.seeds_file = value();
    } else if (name == "--bug") {
      options.bug_name = value();
      const BugInfo* info = findBug(options.bug_name);
      if (info == nullptr) return false;
      options.bug = info->bug;
    } else if (name == "--trace") {
      options.trace = true;
    } else if (name == "--keep-going") {
      options.keep_going = true;
    } else if (name == "--twice") {
      options.twice = true;
    } else if (name == "--json") {
      options.json = true;
    } else if (name == "--bugs") {
      options.bugs = true;
    } else if (name == "--list-bugs") {
      options.list = true;
    } else if (name == "--all-faults") {
      options.faults = true;
    } else {
      return false;
    }
  }
  return true;
}

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    std::fputs(kHelp, stderr);
    return 2;
  }
  if (options.list) {
    for (const BugInfo& info : allBugs()) std::printf("%s\n", std::string(info.name).c_str());
    return 0;
  }
  if (!options.from_given) {
    const char* given = std::getenv("KITH_SIM_SEED");
    options.from =
        given != nullptr
            ? std::strtoull(given, nullptr, 10)
            : static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch() /
                                         std::chrono::milliseconds(1));
    std::printf("from seed %llu (KITH_SIM_SEED=%llu repeats it)\n",
                static_cast<unsigned long long>(options.from),
                static_cast<unsigned long long>(options.from));
  }
  if (options.bugs) return runBugs(options);
  const Batch batch = runBatch(options);
  options.json ? printJson(batch) : print(batch);
  if (batch.broken) printBroken(*batch.broken, batch.seed, options);
  if (batch.failed > 0) return 1;
  return options.faults ? checkFaults(batch) : 0;
}

}  // namespace
}  // namespace kith::sim

int main(int argc, char** argv) { return kith::sim::main(argc, argv); }
