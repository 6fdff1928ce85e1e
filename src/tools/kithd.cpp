// SPDX-License-Identifier: Apache-2.0
// kithd: the service as a daemon. Reads flags, starts kith::Server, waits for a signal, stops it.
#include <kith/backup.hpp>
#include <kith/server.hpp>
#include <kith/version.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <malloc.h>
#include <map>
#include <optional>
#include <signal.h>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <vector>

#include "tools/app_lines.hpp"
#include "tools/log_lines.hpp"
#include "tools/secrets.hpp"
#include "tools/streams.hpp"

namespace {

/// Applications in the environment, as in an --app-file.
constexpr const char* kAppsVariable = "KITH_APPS";

struct Flags {
  std::string config;
  std::vector<std::string> listen{"127.0.0.1:7700"};
  std::string data{"kith-data"};
  std::vector<std::string> apps;
  std::string app_file;
  std::string backup;
  bool require_signature{false};
  bool allow_colons{false};
  std::string require_watch{"always"};
  std::string tls_cert;
  std::string tls_key;
  std::vector<std::string> origins;
  std::vector<std::string> proxies;
  std::string metrics_listen;
  bool proxy_protocol{false};
  std::string log_level{"info"};
  std::optional<std::size_t> io_threads;
  bool core_dumps{false};
};

const std::map<std::string, kith::RequireWatch> kWatchRules{
    {"always", kith::RequireWatch::On},
    {"with-signature", kith::RequireWatch::WithSignature},
    {"never", kith::RequireWatch::Off}};

constexpr const char* kUsage =
    "usage: kithd --app ID[:APPKEY[:MASTERKEY]] | --app-file FILE  [--listen HOST:PORT]... "
    "[--data DIR]\n"
    "             [--require-signature]\n"
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

void addFlags(CLI::App& app, Flags& flags) {
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.set_version_flag("--version", kith::kVersion);
  app.add_option("--listen", flags.listen,
                 "Numeric HOST:PORT to listen on, [::1]:PORT for IPv6; port 0 takes a free one. "
                 "Repeatable")
      ->expected(1)
      ->take_all()
      ->default_str("127.0.0.1:7700");
  app.add_option("--data", flags.data,
                 "Folder for the database, made when missing; :memory: keeps nothing")
      ->capture_default_str();
  app.add_option("--app", flags.apps,
                 "An application, ID[:APPKEY[:MASTERKEY]]: the app key is asked for reading over "
                 "HTTP, the master key makes signatures. Repeatable. Others on the machine can "
                 "see it for a moment")
      ->expected(1)
      ->take_all();
  app.add_option("--app-file", flags.app_file,
                 "A file with an application as of --app on each line; so may be the environment "
                 "variable KITH_APPS");
  app.add_option("--backup", flags.backup,
                 "Copy the database of --data to this new file, check the copy, and exit; the "
                 "server may run meanwhile");
  app.add_flag("--require-signature", flags.require_signature,
               "Refuse what the application's server did not sign (every --app needs a MASTERKEY)");
  app.add_flag("--allow-colons", flags.allow_colons,
               "Let signed ids hold a ':', although one signature may then mean two things");
  app.add_option("--require-watch", flags.require_watch,
                 "When a sender must watch the receiver: always, with-signature or never")
      ->capture_default_str();
  app.add_option("--tls-cert", flags.tls_cert,
                 "PEM file of the certificate chain, for wss and https");
  app.add_option("--tls-key", flags.tls_key, "PEM file of its key");
  app.add_option("--allow-origin", flags.origins,
                 "A web page that may use the server, https://HOST[:PORT]; others get 403. "
                 "Repeatable; without it every page may")
      ->expected(1)
      ->take_all();
}

void addProxyFlags(CLI::App& app, Flags& flags) {
  app.add_option("--trusted-proxy", flags.proxies,
                 "A proxy whose X-Forwarded-For is believed, an address or a range as 10.0.0.0/8. "
                 "Repeatable")
      ->expected(1)
      ->take_all();
  app.add_flag("--proxy-protocol", flags.proxy_protocol,
               "Connections of trusted proxies begin with a header of the PROXY protocol");
}

void addOtherFlags(CLI::App& app, Flags& flags) {
  app.add_option("--metrics", flags.metrics_listen,
                 "Numeric HOST:PORT that answers /metrics and /healthz, plain and without keys");
  app.add_option("--config", flags.config,
                 "JSON file with these settings and the others of kith::ServerOptions; flags win");
  app.add_option("--log-level", flags.log_level,
                 "trace, debug, info, warn, error or off; the log goes to standard error")
      ->capture_default_str();
  app.add_option(
      "--io-threads", flags.io_threads,
      "Threads that read and write the connections, 0 to 64; 0 = the service's own does. "
      "Without it none up to three cores, else half as many as cores, at most 8");
  app.add_flag("--core-dumps", flags.core_dumps,
               "Let a crash leave a core file: it holds keys and messages");
  app.footer(
      "When ready it prints one line, `listening on HOST:PORT`. SIGTERM and SIGINT stop it:\n"
      "it delivers what it can, commits, and exits with 0. SIGHUP reads the switches of the\n"
      "--config file and the files of --tls-cert and --tls-key again.\n"
      "Exit status: 0 stopped, 1 could not start, 2 wrong options.");
}

/// Puts the flags that were given over what the file said.
void override(kith::ServerOptions& options, const Flags& flags, const CLI::App& given) {
  const bool file = !flags.config.empty();
  const auto set = [&](const char* flag) { return given.count(flag) > 0 || !file; };
  if (set("--listen")) {
    options.listen = flags.listen.front();
    options.also_listen.assign(flags.listen.begin() + 1, flags.listen.end());
  }
  if (set("--data")) options.data = flags.data;
  if (set("--tls-cert")) options.tls_cert = flags.tls_cert;
  if (set("--tls-key")) options.tls_key = flags.tls_key;
  if (flags.io_threads) options.io_threads = flags.io_threads;
  if (!flags.origins.empty()) options.allowed_origins = flags.origins;
  if (!flags.proxies.empty()) options.trusted_proxies = flags.proxies;
  if (flags.proxy_protocol) options.proxy_protocol = true;
  if (!flags.metrics_listen.empty()) options.metrics_listen = flags.metrics_listen;
  for (kith::AppOptions& app : options.apps) {
    if (flags.require_signature) app.require_signature = true;
    if (flags.allow_colons) app.allow_colons = true;
    if (set("--require-watch")) app.require_watch = kWatchRules.at(flags.require_watch);
  }
  options.log = kith::tools::writeLogLine;
  if (set("--log-level")) options.log_level = kith::tools::parseLogLevel(flags.log_level);
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

/// What the settings file says about switches now. Everything else in it takes a restart.
void readSwitches(kith::Server& server, const std::string& config) {
  if (config.empty()) {
    std::fputs("kithd: SIGHUP: there is no --config file to read\n", stderr);
    return;
  }
  const auto read = kith::readServerConfig(config);
  if (!read) {
    std::fprintf(stderr, "kithd: SIGHUP: nothing is changed: %s\n", read.error().detail.c_str());
    return;
  }
  const kith::Switches& on = read->switches;
  server.setSwitches(on);
  const auto word = [](bool is_on) { return is_on ? "on" : "off"; };
  std::fprintf(stderr, "kithd: SIGHUP: presence %s, history %s, replay_priority %s, receipts %s\n",
               word(on.presence), word(on.history), word(on.replay_priority), word(on.receipts));
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
          const std::string& config) {
  for (;;) {
    int signal = 0;
    sigwait(&awaited, &signal);
    switch (signal) {
      case SIGHUP:
        readSwitches(server, config);
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

int serve(const kith::ServerOptions& options, const std::string& config) {
  const sigset_t awaited = takeSignals();
  raiseDescriptorLimit(options.max_connections);

  const auto server = kith::Server::start(options);
  if (!server) return fail(server.error().detail, 1);
  for (const std::string& address : (*server)->addresses()) {
    std::printf("listening on %s\n", address.c_str());
  }
  if (const std::string metrics = (*server)->metricsAddress(); !metrics.empty()) {
    std::printf("metrics on %s\n", metrics.c_str());
  }
  std::fflush(stdout);
  heed(awaited, **server, options, config);
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

/// Adds what names applications, the least visible place first.
kith::Result<void> addAllApps(kith::ServerOptions& options, const Flags& flags) {
  if (const char* apps = std::getenv(kAppsVariable)) {
    kith::tools::addApps(options, kith::tools::parseAppLines(apps));
  }
  if (!flags.app_file.empty()) {
    const auto read = kith::tools::readAppFile(flags.app_file);
    if (!read) return read.error();
    kith::tools::addApps(options, *read);
  }
  std::vector<kith::AppOptions> named;
  for (const std::string& text : flags.apps) named.push_back(kith::tools::parseApp(text));
  kith::tools::addApps(options, named);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  kith::tools::openStandardStreams();
  CLI::App app{"kithd " + std::string(kith::kVersion) + ": the Kith chat service"};
  Flags flags;
  addFlags(app, flags);
  addProxyFlags(app, flags);
  addOtherFlags(app, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return fail(error.what(), 2);
  }
  kith::tools::hideValues(argc, argv, "--app", ':');
  if (kWatchRules.count(flags.require_watch) == 0) {
    return fail("--require-watch: '" + flags.require_watch + "' is none of its values", 2);
  }
  if (kith::tools::parseLogLevel(flags.log_level) == kith::LogLevel::Off &&
      flags.log_level != "off") {
    return fail("--log-level: '" + flags.log_level + "' is no level", 2);
  }
  kith::ServerOptions options;
  if (!flags.config.empty()) {
    const auto read = kith::readServerConfig(flags.config);
    if (!read) return fail(read.error().detail, 1);
    options = *read;
  }
  if (const auto added = addAllApps(options, flags); !added) return fail(added.error().detail, 1);
  override(options, flags, app);
  keepPrivate(flags.core_dumps);
  if (!flags.backup.empty()) return backUp(options.data, flags.backup);
  shareOneHeap(options);
  if (options.apps.empty()) return fail("name at least one application: --app ID", 2);
  return serve(options, flags.config);
}
