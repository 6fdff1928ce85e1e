// SPDX-License-Identifier: Apache-2.0
// kithd: the service as a daemon. Reads flags, starts kith::Server, waits for a signal, stops it.
#include <kith/server.hpp>
#include <kith/version.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <signal.h>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <vector>

#include "tools/log_lines.hpp"

namespace {

struct Flags {
  std::string config;
  std::string listen{"127.0.0.1:7700"};
  std::string data{"kith-data"};
  std::vector<std::string> apps;
  bool require_signature{false};
  bool allow_colons{false};
  std::string require_watch{"always"};
  std::string tls_cert;
  std::string tls_key;
  std::vector<std::string> origins;
  std::string log_level{"info"};
  std::optional<std::size_t> io_threads;
  bool core_dumps{false};
};

const std::map<std::string, kith::RequireWatch> kWatchRules{
    {"always", kith::RequireWatch::Always},
    {"with-signature", kith::RequireWatch::WithSignature},
    {"never", kith::RequireWatch::Never}};

constexpr const char* kUsage =
    "usage: kithd --app ID[:APPKEY[:MASTERKEY]] [--listen HOST:PORT] [--data DIR] "
    "[--require-signature]\n"
    "             [--require-watch always|with-signature|never] [--tls-cert F --tls-key F]\n"
    "             [--allow-origin URL]... [--io-threads N]\n"
    "             [--config FILE.json] [--log-level L]      (kithd --help says more)\n";

int fail(const std::string& what, int status) {
  std::fprintf(stderr, "kithd: %s\n", what.c_str());
  if (status == 2) std::fputs(kUsage, stderr);
  return status;
}

void addFlags(CLI::App& app, Flags& flags) {
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.set_version_flag("--version", kith::kVersion);
  app.add_option("--listen", flags.listen,
                 "Numeric HOST:PORT to listen on, [::1]:PORT for IPv6; port 0 takes a free one")
      ->capture_default_str();
  app.add_option("--data", flags.data,
                 "Folder for the database, made when missing; :memory: keeps nothing")
      ->capture_default_str();
  app.add_option("--app", flags.apps,
                 "An application, ID[:APPKEY[:MASTERKEY]]: the app key is asked for reading over "
                 "HTTP, the master key makes signatures. Repeatable, at least one")
      ->expected(1)
      ->take_all();
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
      "--config file again.\n"
      "Exit status: 0 stopped, 1 could not start, 2 wrong options.");
}

/// `ID[:APPKEY[:MASTERKEY]]`; a master key may contain colons.
kith::AppOptions parseApp(const std::string& text) {
  kith::AppOptions app;
  const std::size_t first = text.find(':');
  app.id = text.substr(0, first);
  if (first == std::string::npos) return app;
  const std::size_t second = text.find(':', first + 1);
  app.app_key = text.substr(first + 1, second == std::string::npos ? second : second - first - 1);
  if (second != std::string::npos) app.master_key = text.substr(second + 1);
  return app;
}

/// Puts the flags that were given over what the file said.
void override(kith::ServerOptions& options, const Flags& flags, const CLI::App& given) {
  const bool file = !flags.config.empty();
  const auto set = [&](const char* flag) { return given.count(flag) > 0 || !file; };
  if (set("--listen")) options.listen = flags.listen;
  if (set("--data")) options.data = flags.data;
  if (set("--tls-cert")) options.tls_cert = flags.tls_cert;
  if (set("--tls-key")) options.tls_key = flags.tls_key;
  if (flags.io_threads) options.io_threads = flags.io_threads;
  if (!flags.origins.empty()) options.allowed_origins = flags.origins;
  for (const std::string& text : flags.apps) {
    const kith::AppOptions app = parseApp(text);
    const auto same = [&](const kith::AppOptions& known) { return known.id == app.id; };
    const auto known = std::find_if(options.apps.begin(), options.apps.end(), same);
    if (known == options.apps.end()) {
      options.apps.push_back(app);
    } else {
      if (!app.app_key.empty()) known->app_key = app.app_key;
      if (!app.master_key.empty()) known->master_key = app.master_key;
    }
  }
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

/// What is in memory and what is written is nobody else's: keys, messages.
void keepPrivate(bool core_dumps) {
  umask(S_IRWXG | S_IRWXO);
  // Also keeps other processes of the same user from reading our memory.
  if (!core_dumps) prctl(PR_SET_DUMPABLE, 0);
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

int serve(const kith::ServerOptions& options, const std::string& config) {
  // Before any thread starts, so that all inherit the mask and only sigwait() sees the signals.
  sigset_t awaited;
  sigemptyset(&awaited);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&awaited, signal);
  pthread_sigmask(SIG_BLOCK, &awaited, nullptr);
  raiseDescriptorLimit(options.max_connections);

  const auto server = kith::Server::start(options);
  if (!server) return fail(server.error().detail, 1);
  std::printf("listening on %s\n", (*server)->address().c_str());
  std::fflush(stdout);
  for (int signal = SIGHUP; signal == SIGHUP;) {
    sigwait(&awaited, &signal);
    if (signal == SIGHUP) readSwitches(**server, config);
  }
  (*server)->stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"kithd " + std::string(kith::kVersion) + ": the Kith chat service"};
  Flags flags;
  addFlags(app, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return fail(error.what(), 2);
  }
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
  override(options, flags, app);
  keepPrivate(flags.core_dumps);
  if (options.apps.empty()) return fail("name at least one application: --app ID", 2);
  return serve(options, flags.config);
}
