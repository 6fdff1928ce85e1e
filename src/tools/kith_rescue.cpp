// SPDX-License-Identifier: Apache-2.0
// kith rescue: what is on the command line becomes a plan, and what came of it a few lines.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <signal.h>
#include <string>
#include <utility>
#include <vector>

#include "rescue/iso_time.hpp"
#include "rescue/requests.hpp"
#include "tools/commands.hpp"
#include "tools/json_line.hpp"
#include "tools/peer_client.hpp"
#include "tools/rescue_check.hpp"
#include "tools/rescue_export.hpp"
#include "tools/rescue_files.hpp"
#include "tools/rescue_import.hpp"
#include "tools/rescue_lists.hpp"
#include "tools/secrets.hpp"
#include "tools/terminal.hpp"

namespace kith::tools {
namespace {

using std::chrono::milliseconds;

constexpr int kSomethingWrong = 3;

Error usage(const std::string& what) { return {Errc::InvalidArgument, 0, what, false}; }

milliseconds secondsOf(double seconds) {
  return milliseconds(static_cast<milliseconds::rep>(seconds * 1000));
}

/// The key, which a header must be able to carry.
Result<std::string> masterKey(const Settings& settings, const RescueArgs& args) {
  std::string key = settings.master_key;
  if (!args.master_key_file.empty()) {
    Result<std::string> read = readKeyFile("--master-key-file", args.master_key_file);
    if (!read) return read;
    key = *read;
  }
  if (key.empty()) {
    return usage("give the master key with --master-key-file or in KITH_MASTER_KEY");
  }
  const auto fits = [](char c) { return c > ' ' && c <= '~'; };
  if (std::all_of(key.begin(), key.end(), fits)) return key;
  return usage("the master key has characters that a header cannot have");
}

Result<VendorSettings> vendorSettings(const Settings& settings, const RescueArgs& args) {
  if (!args.external) return usage("--server is required: the https address of the vendor's API");
  if (settings.appId().empty()) return usage("--app is required");
  const auto fits = [](char c) { return c > ' ' && c <= '~'; };
  const std::string app = settings.appId();
  if (!std::all_of(app.begin(), app.end(), fits)) return usage("--app has odd characters");
  auto server = rescue::parseServer(settings.server, "--server");
  if (!server) return server.error();
  auto key = masterKey(settings, args);
  if (!key) return key.error();
  VendorSettings vendor;
  vendor.server = *server;
  vendor.app = app;
  vendor.master_key = *key;
  vendor.ca_file = settings.ca_file;
  vendor.proxy = args.proxy;
  vendor.timeout = settings.timeout();
  vendor.pace.per_second = args.rate;
  vendor.pace.first_pause = secondsOf(args.backoff_s);
  vendor.pace.patience = secondsOf(args.patience_s);
  return vendor;
}

Result<rescue::MessageRange> rangeOf(const RescueArgs& args) {
  rescue::MessageRange range;
  if (!args.from.empty()) {
    const auto from = rescue::parseTime(args.from, "--from");
    if (!from) return from.error();
    range.from = *from;
  }
  if (!args.until.empty()) {
    const auto until = rescue::parseTime(args.until, "--until");
    if (!until) return until.error();
    range.until = *until;
  }
  if (range.until != 0 && range.until <= range.from) return usage("--until is before --from");
  return range;
}

Result<ExportPlan> planOf(const RescueArgs& args) {
  ExportPlan plan;
  plan.limit = args.limit;
  plan.classes = rescue::defaultClasses();
  plan.classes_named = !args.classes.empty();
  if (plan.classes_named) {
    auto named = rescue::parseClasses(args.classes, "--classes");
    if (!named) return named.error();
    plan.classes = std::move(*named);
  }
  const auto& classes = plan.classes;
  const bool conversations =
      std::find(classes.begin(), classes.end(), "_Conversation") != classes.end();
  if (!conversations && (args.by == "conversation" || args.lists)) {
    return usage("--by conversation and --lists need the class _Conversation");
  }
  if (args.files && std::find(classes.begin(), classes.end(), "_File") == classes.end()) {
    return usage("--files needs the class _File");
  }
  if (args.job && (args.files || args.lists || args.by == "conversation")) {
    return usage(
        "--job keeps the vendor's archive as it is: --files, --lists and --by conversation need "
        "classes that are scanned");
  }
  return plan;
}

/// What was written before into the folder, or a new state.
Result<rescue::State> stateOf(const RescueFolder& folder, const rescue::State& wanted) {
  const auto text = folder.read("state.json");
  if (!text) return text.error();
  if (!*text) {
    const auto other = folder.firstBut("state.json.new");
    if (!other) return other.error();
    if (other->empty()) return wanted;
    return folder.failed(*other,
                         "is there, and no export was begun here; export into another folder");
  }
  auto state = rescue::parseState(**text);
  if (!state) return state.error();
  const auto differs = [&](const char* what) {
    return usage("the folder holds an export with another " + std::string(what) +
                 "; give the same command, or export into another folder");
  };
  if (state->server != wanted.server) return differs("--server");
  if (state->app != wanted.app) return differs("--app");
  if (state->by != wanted.by) return differs("--by");
  if (!(state->range == wanted.range)) return differs("--from or --until");
  return state;
}

std::string timeNow() {
  return rescue::formatTime(
      std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

std::int64_t refusedIn(const rescue::State& state) {
  std::int64_t all = 0;
  for (const rescue::Part& part : state.parts) all += part.refused;
  return all;
}

void printSummary(const Settings& settings, const RescueArgs& args, const rescue::State& state) {
  if (settings.json) {
    JsonLine rows;
    for (const rescue::Part& part : state.parts) rows.number(part.name, part.rows);
    std::printf("%s\n", JsonLine()
                            .text("event", "exported")
                            .text("folder", args.folder)
                            .object("rows", rows)
                            .number("refused", refusedIn(state))
                            .str()
                            .c_str());
    return;
  }
  std::printf("exported into %s\n", args.folder.c_str());
  for (const rescue::Part& part : state.parts) {
    std::printf("  %-32s %12lld rows  %s\n", part.name.c_str(), static_cast<long long>(part.rows),
                bytesText(part.name == "files" ? part.file_bytes : part.bytes).c_str());
  }
  for (const rescue::Refusal& refusal : state.refusals) {
    std::printf("  refused: %s: %d %s\n", refusal.what.c_str(), refusal.status,
                screenText(refusal.reason).c_str());
  }
  const auto told = static_cast<std::int64_t>(state.refusals.size());
  if (refusedIn(state) > told) {
    std::printf("  refused: %lld more\n", static_cast<long long>(refusedIn(state) - told));
  }
}

Result<void> runParts(const ExportRun& run, const RescueArgs& args, ExportPlan plan) {
  if (args.job) {
    const std::vector<std::string> classes = std::exchange(plan.classes, {});
    auto done = JobExport(run, classes, secondsOf(args.backoff_s) * 2, args.private_files).run();
    if (!done) return done;
  }
  auto done = RescueExport(run, std::move(plan)).run();
  if (done && args.lists) done = ListExport(run).run();
  if (done && args.files) done = FileExport(run, args.private_files).run();
  return done;
}

Result<int> exportAll(const Settings& settings, const RescueArgs& args) {
  auto vendor = vendorSettings(settings, args);
  if (!vendor) return vendor.error();
  const auto range = rangeOf(args);
  if (!range) return range.error();
  auto plan = planOf(args);
  if (!plan) return plan.error();
  rescue::State wanted;
  wanted.server = vendor->server;
  wanted.app = vendor->app;
  wanted.by = args.by;
  wanted.range = *range;
  wanted.started = timeNow();
  const auto folder = RescueFolder::open(args.folder, true);
  if (!folder) return folder.error();
  auto state = stateOf(*folder, wanted);
  if (!state) return state.error();
  const std::string finished = std::exchange(state->finished, {});
  // The state first: a folder without one is taken for another's.
  auto written = folder->replace("state.json", rescue::formatState(*state));
  if (written) written = folder->replace("export.json", rescue::formatManifest(*state));
  if (!written) return written.error();
  const rescue::State before = *state;
  StopSignals signals;
  RescueProgress progress(secondsOf(args.progress_s));
  VendorApi api(
      std::move(*vendor), signals,
      [&progress](const std::string& why, milliseconds time) { progress.pause(why, time); });
  auto done = runParts({*folder, *state, api, progress}, args, std::move(*plan));
  if (!done) return done.error();
  // A run that had nothing to do changes nothing.
  state->finished = *state == before && !finished.empty() ? finished : timeNow();
  written = folder->replace("export.json", rescue::formatManifest(*state));
  if (written) written = folder->replace("state.json", rescue::formatState(*state));
  if (!written) return written.error();
  progress.end();
  printSummary(settings, args, *state);
  return refusedIn(*state) > 0 ? kSomethingWrong : 0;
}

void printFindings(const Settings& settings, const RescueArgs& args, const RescueCheck& check) {
  const rescue::Findings& found = check.findings();
  if (settings.json) {
    std::printf("%s\n", JsonLine()
                            .text("event", "checked")
                            .text("folder", args.folder)
                            .number("faults", found.all_faults)
                            .list("named", found.faults)
                            .list("notes", found.notes)
                            .str()
                            .c_str());
    return;
  }
  for (const rescue::Part& part : check.manifest().parts) {
    std::printf("  %-32s %12lld rows\n", part.name.c_str(), static_cast<long long>(part.rows));
  }
  for (const std::string& note : found.notes) {
    std::printf("  note: %s\n", screenText(note).c_str());
  }
  for (const std::string& fault : found.faults) {
    std::printf("  fault: %s\n", screenText(fault).c_str());
  }
  if (found.all_faults == 0) {
    std::printf("%s is whole\n", args.folder.c_str());
  } else {
    std::printf("%s has %lld faults\n", args.folder.c_str(),
                static_cast<long long>(found.all_faults));
  }
}

/// kithd is asked as the vendor is, without a pause between requests.
Result<VendorSettings> kithdSettings(const Settings& settings, RescueArgs args) {
  Settings with = settings;
  if (with.server.rfind("ws", 0) == 0) with.server.replace(0, 2, "http");
  args.external = true;
  args.rate = 0;
  return vendorSettings(with, args);
}

/// Looks for each row of the folder in kithd; what is not as it should be is a fault.
Result<void> checkKithd(const RescueFolder& folder, VendorApi& api, RescueProgress& progress,
                        rescue::Findings& findings) {
  RescueImport look(folder, api, progress, true);
  auto done = look.run();
  if (!done) return done;
  for (const RescueImport::Part& part : look.parts()) {
    const rescue::ImportCounts& counts = part.counts;
    const std::string of = " of " + std::to_string(counts.all());
    const std::int64_t missing = counts.added + counts.late;
    const auto tell = [&](std::int64_t count, const char* what) {
      return part.name + ": " + what + ' ' + std::to_string(count) + of;
    };
    if (missing > 0) findings.fault(tell(missing, "kithd does not have"));
    if (counts.changed > 0) findings.fault(tell(counts.changed, "kithd has an older state of"));
    if (counts.kept > 0) findings.notes.push_back(tell(counts.kept, "changed in kithd:"));
    if (counts.orphans > 0) findings.notes.push_back(tell(counts.orphans, "of no conversation:"));
  }
  for (const std::string& fault : look.findings().faults) findings.fault(fault);
  return {};
}

Result<int> checkAll(const Settings& settings, const RescueArgs& args) {
  const auto folder = RescueFolder::open(args.folder, false);
  if (!folder) return folder.error();
  StopSignals signals;
  RescueProgress progress(secondsOf(args.progress_s));
  RescueCheck check(*folder, progress);
  auto checked = check.checkFolder();
  if (checked && (args.external || args.kithd)) {
    auto vendor = args.kithd ? kithdSettings(settings, args) : vendorSettings(settings, args);
    if (!vendor) return vendor.error();
    VendorApi api(
        std::move(*vendor), signals,
        [&progress](const std::string& why, milliseconds time) { progress.pause(why, time); });
    checked = args.kithd ? checkKithd(*folder, api, progress, check.findings())
                         : check.checkServer(api, args.sample);
  }
  if (!checked) return checked.error();
  progress.end();
  printFindings(settings, args, check);
  return check.findings().all_faults > 0 ? kSomethingWrong : 0;
}

void printImport(const Settings& settings, const RescueArgs& args, const RescueImport& done,
                 std::int64_t missing) {
  const rescue::Findings& found = done.findings();
  const char* event = args.dry_run ? "import would do" : "imported";
  if (settings.json) {
    JsonLine parts;
    for (const RescueImport::Part& part : done.parts()) {
      const rescue::ImportCounts& counts = part.counts;
      parts.object(part.name, JsonLine()
                                  .number("added", counts.added)
                                  .number("changed", counts.changed)
                                  .number("present", counts.present)
                                  .number("kept", counts.kept)
                                  .number("late", counts.late)
                                  .number("orphans", counts.orphans)
                                  .number("refused", counts.refused));
    }
    std::printf("%s\n", JsonLine()
                            .text("event", args.dry_run ? "import_plan" : "imported")
                            .text("folder", args.folder)
                            .object("parts", parts)
                            .number("missing", missing)
                            .list("named", found.faults)
                            .str()
                            .c_str());
    return;
  }
  std::printf("%s %s\n", event, args.folder.c_str());
  for (const RescueImport::Part& part : done.parts()) {
    const rescue::ImportCounts& counts = part.counts;
    std::printf("  %-32s %12lld new %12lld there before", part.name.c_str(),
                static_cast<long long>(counts.added + counts.changed),
                static_cast<long long>(counts.present + counts.kept));
    const std::pair<const char*, std::int64_t> odd[] = {{"too late", counts.late},
                                                        {"of no conversation", counts.orphans},
                                                        {"refused", counts.refused}};
    for (const auto& [what, count] : odd) {
      if (count > 0) std::printf("  %lld %s", static_cast<long long>(count), what);
    }
    std::printf("\n");
  }
  for (const std::string& fault : found.faults) {
    std::printf("  refused: %s\n", screenText(fault).c_str());
  }
  if (args.dry_run) return;
  if (missing == 0) {
    std::printf("kithd has all of it\n");
  } else {
    std::printf("kithd does not have %lld of it\n", static_cast<long long>(missing));
  }
}

Result<int> importAll(const Settings& settings, const RescueArgs& args) {
  auto kithd = kithdSettings(settings, args);
  if (!kithd) return kithd.error();
  const auto folder = RescueFolder::open(args.folder, false);
  if (!folder) return folder.error();
  StopSignals signals;
  RescueProgress progress(secondsOf(args.progress_s));
  VendorApi api(std::move(*kithd), signals, [&progress](const std::string& why, milliseconds time) {
    progress.pause(why, time);
  });
  RescueImport import(*folder, api, progress, args.dry_run);
  auto done = import.run();
  if (!done) return done.error();
  // Each row is looked for once more: what is not there now would be added.
  std::int64_t missing = 0;
  if (!args.dry_run) {
    RescueImport look(*folder, api, progress, true);
    done = look.run();
    if (!done) return done.error();
    missing = look.all().added + look.all().changed;
  }
  progress.end();
  printImport(settings, args, import, missing);
  const rescue::ImportCounts all = import.all();
  const bool whole = missing == 0 && all.late == 0 && import.findings().all_faults == 0;
  return whole ? 0 : kSomethingWrong;
}

}  // namespace

int runRescue(const Settings& settings, const RescueArgs& args) {
  // A limit of the size of files is an error like a full disk.
  signal(SIGXFSZ, SIG_IGN);
  const auto run = args.action == "check"    ? checkAll
                   : args.action == "import" ? importAll
                                             : exportAll;
  const auto status = run(settings, args);
  if (status) return *status;
  complain(status.error().detail);
  return status.error().code == Errc::InvalidArgument ? 2 : 1;
}

}  // namespace kith::tools
