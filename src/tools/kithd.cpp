// SPDX-License-Identifier: Apache-2.0
// kithd: the service as a daemon. Reads flags, starts kith::Server, waits for a signal, stops it.
#include <kith/backup.hpp>
#include <kith/server.hpp>
#include <kith/version.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <functional>
#include <malloc.h>
#include <memory>
#include <signal.h>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <vector>

#include "tools/kithd_flags.hpp"
#include "tools/outbound_post.hpp"
#include "tools/secrets.hpp"
#include "tools/streams.hpp"

namespace {

/// The settings as they are now.
using Reread = std::function<kith::Result<kith::ServerOptions>()>;

constexpr const char* kUsage =
    "usage: kithd --app ID[:APPKEY[:MASTERKEY]] | --app-file FILE  [--listen HOST:PORT]... "
    "[--data DIR]\n"
    "             [--require-signature] [--admin-key-file FILE]\n"
    "             [--require-watch always|with-signature|never] [--tls-cert F --tls-key F]\n"
    "             [--allow-origin URL]... [--io-threads N]\n"
    "             [--trusted-proxy RANGE]... [--proxy-protocol] [--metrics HOST:PORT]\n"
    "             [--config FILE.json] [--log-level L]      (kithd --help says more)\n"
    "       kithd --data DIR --backup FILE\n";

int fail(const std::string& what, int status) {
  std::fprintf(stderr, "kithd: %s\n", what.c_str());
  if (status == 2) std::fputs(kUsage, stderr);
  return status;
}

/// Each connection takes a descriptor; the usual soft limit is 1024.
void raiseDescriptorLimit(std::size_t connections) {
  constexpr rlim_t kEnough = 65536;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = std::max<rlim_t>(kEnough, connections + 64);
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min(limit.rlim_max, wanted);
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// All threads share one heap, which grows by 128 KiB at a time. Those that glibc gives each thread
/// grow page by page, with a system call for each: one for every ten messages of a busy service.
/// Threads for the connections, which only larger machines have, would wait for each other here.
void shareOneHeap(const kith::ServerOptions& options) {
  constexpr unsigned kFewCores = 3;  // without such threads, unless options say otherwise
  const bool few = options.io_threads ? *options.io_threads == 0
                                      : std::thread::hardware_concurrency() <= kFewCores;
  if (few) mallopt(M_ARENA_MAX, 1);
}

/// Other users read neither memory nor files: keys, messages.
void keepPrivate(bool core_dumps) {
  umask(S_IRWXG | S_IRWXO);
  // Also keeps other processes of the same user from reading our memory.
  if (!core_dumps) prctl(PR_SET_DUMPABLE, 0);
}

/// A peer, a log's reader or a full quota may not end the server, nor may a habit of log rotation:
/// what it writes says so instead. Before any thread starts, so that all inherit the mask and only
/// sigwait() sees the others.
sigset_t takeSignals() {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  sigset_t awaited;
  sigemptyset(&awaited);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) sigaddset(&awaited, signal);
  pthread_sigmask(SIG_BLOCK, &awaited, nullptr);
  return awaited;
}

std::vector<std::string> idsOf(const kith::ServerOptions& options) {
  std::vector<std::string> ids;
  for (const kith::AppOptions& app : options.apps) ids.push_back(app.id);
  return ids;
}

/// Says which applications are in the settings no more.
void tellLeftOut(const std::vector<std::string>& before, const std::vector<std::string>& now) {
  for (std::string id : before) {
    if (std::find(now.begin(), now.end(), id) != now.end()) continue;
    for (char& c : id) c = static_cast<unsigned char>(c) < ' ' ? '?' : c;
    std::fprintf(stderr,
                 "kithd: SIGHUP: app '%s' is in the settings no more; it is served until the next "
                 "start\n",
                 id.c_str());
  }
}

/// Reads the settings again; applications and switches are from then on as they say. Everything
/// else in them takes a restart. `known`: the apps that they named last.
void readSettings(kith::Server& server, const Reread& reread, std::vector<std::string>& known) {
  const auto refuse = [](const kith::Error& error) {
    std::fprintf(stderr, "kithd: SIGHUP: nothing is changed: %s\n", error.detail.c_str());
  };
  const auto read = reread();
  if (!read) return refuse(read.error());
  if (const auto updated = server.updateApps(read->apps); !updated) return refuse(updated.error());
  const kith::Switches& on = read->switches;
  server.setSwitches(on);
  const auto word = [](bool is_on) { return is_on ? "on" : "off"; };
  std::fprintf(stderr, "kithd: SIGHUP: presence %s, history %s, replay_priority %s, receipts %s\n",
               word(on.presence), word(on.history), word(on.replay_priority), word(on.receipts));
  std::fprintf(stderr, "kithd: SIGHUP: apps as in the settings: %zu\n", read->apps.size());
  tellLeftOut(known, idsOf(*read));
  known = idsOf(*read);
}

void readCertificate(kith::Server& server) {
  if (const auto read = server.reloadCertificate(); !read) {
    std::fprintf(stderr, "kithd: SIGHUP: the certificate is not changed: %s\n",
                 read.error().detail.c_str());
    return;
  }
  std::fputs("kithd: SIGHUP: the certificate was read again, for new connections\n", stderr);
}

/// Returns when it is time to stop.
void heed(const sigset_t& awaited, kith::Server& server, const kith::ServerOptions& options,
          const Reread& reread) {
  std::vector<std::string> known = idsOf(options);
  for (;;) {
    int signal = 0;
    sigwait(&awaited, &signal);
    switch (signal) {
      case SIGHUP:
        if (reread) {
          readSettings(server, reread, known);
        } else {
          std::fputs("kithd: SIGHUP: there is no --config and no --app-file to read\n", stderr);
        }
        if (!options.tls_cert.empty()) readCertificate(server);
        break;
      case SIGUSR1:
      case SIGUSR2:
        std::fprintf(stderr, "kithd: %s: nothing to do, the log goes to standard error\n",
                     signal == SIGUSR1 ? "SIGUSR1" : "SIGUSR2");
        break;
      default: return;
    }
  }
}

int serve(kith::ServerOptions options, const Reread& reread) {
  const sigset_t awaited = takeSignals();
  raiseDescriptorLimit(options.max_connections);
  const auto stopping = std::make_shared<std::atomic<bool>>(false);
  options.outbound = kith::tools::makeOutbound(stopping);

  const auto server = kith::Server::start(options);
  if (!server) return fail(server.error().detail, 1);
  for (const std::string& address : (*server)->addresses()) {
    std::printf("listening on %s\n", address.c_str());
  }
  if (const std::string metrics = (*server)->metricsAddress(); !metrics.empty()) {
    std::printf("metrics on %s\n", metrics.c_str());
  }
  std::fflush(stdout);
  heed(awaited, **server, options, reread);
  stopping->store(true);
  (*server)->stop();
  return 0;
}

int backUp(const std::string& data, const std::string& file) {
  if (data == ":memory:") return fail("--backup: there is nothing on disk with :memory:", 2);
  const auto report = kith::backUpData(data, file);
  if (!report) return fail(report.error().detail, 1);
  std::printf("%s holds %llu messages in %llu bytes, and is sound\n", file.c_str(),
              static_cast<unsigned long long>(report->messages),
              static_cast<unsigned long long>(report->bytes));
  return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  kith::tools::openStandardStreams();
  CLI::App app{"kithd " + std::string(kith::kVersion) + ": the Kith chat service"};
  kith::tools::KithdFlags flags;
  kith::tools::addFlags(app, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return fail(error.what(), 2);
  }
  kith::tools::hideValues(argc, argv, "--app", ':');
  if (const std::string wrong = kith::tools::wrongWord(flags); !wrong.empty()) {
    return fail(wrong, 2);
  }
  const Reread reread = [&] { return kith::tools::readOptions(flags, app); };
  const auto options = reread();
  if (!options) return fail(options.error().detail, 1);
  keepPrivate(flags.core_dumps);
  if (!flags.backup.empty()) return backUp(options->data, flags.backup);
  shareOneHeap(*options);
  if (options->apps.empty() && options->admin_key.empty()) {
    return fail("name at least one application: --app ID", 2);
  }
  const bool has_file = !flags.config.empty() || !flags.app_file.empty();
  return serve(*options, has_file ? reread : Reread());
}
