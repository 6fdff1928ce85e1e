// SPDX-License-Identifier: Apache-2.0
#include "tools/kithd_flags.hpp"

#include <kith/version.hpp>

#include <cstdlib>
#include <map>
#include <utility>

#include "tools/app_lines.hpp"
#include "tools/log_lines.hpp"
#include "tools/secrets.hpp"

namespace kith::tools {
namespace {

/// Applications in the environment, as in an --app-file.
constexpr const char* kAppsVariable = "KITH_APPS";
constexpr const char* kAdminKeyVariable = "KITH_ADMIN_KEY";

const std::map<std::string, RequireWatch> kWatchRules{
    {"always", RequireWatch::On},
    {"with-signature", RequireWatch::WithSignature},
    {"never", RequireWatch::Off}};

void addMainFlags(CLI::App& app, KithdFlags& flags) {
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.set_version_flag("--version", kVersion);
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
  app.add_option("--admin-key-file", flags.admin_key_file,
                 "A file with the key for `kith admin`, 16 characters or more; so may be the "
                 "environment variable KITH_ADMIN_KEY");
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

void addProxyFlags(CLI::App& app, KithdFlags& flags) {
  app.add_option("--trusted-proxy", flags.proxies,
                 "A proxy whose X-Forwarded-For is believed, an address or a range as 10.0.0.0/8. "
                 "Repeatable")
      ->expected(1)
      ->take_all();
  app.add_flag("--proxy-protocol", flags.proxy_protocol,
               "Connections of trusted proxies begin with a header of the PROXY protocol");
}

void addOtherFlags(CLI::App& app, KithdFlags& flags) {
  app.add_option("--metrics", flags.metrics_listen,
                 "Numeric HOST:PORT that answers /metrics and /healthz, plain and without keys");
  app.add_option("--config", flags.config,
                 "JSON file with these settings and the others of ServerOptions; flags win");
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
      "it delivers what it can, commits, and exits with 0. SIGHUP reads the applications and\n"
      "switches of --config and --app-file, and --tls-cert and --tls-key, again.\n"
      "Exit status: 0 stopped, 1 could not start, 2 wrong options.");
}

/// Puts the flags that were given over what the file said.
void override(ServerOptions& options, const KithdFlags& flags, const CLI::App& given) {
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
  for (AppOptions& app : options.apps) {
    if (flags.require_signature) app.require_signature = true;
    if (flags.allow_colons) app.allow_colons = true;
    if (set("--require-watch")) app.require_watch = kWatchRules.at(flags.require_watch);
  }
  options.log = writeLogLine;
  if (set("--log-level")) options.log_level = parseLogLevel(flags.log_level);
}

/// Puts the admin key of the environment or of a file over the one of the settings file.
Result<void> addAdminKey(ServerOptions& options, const KithdFlags& flags) {
  if (const char* key = std::getenv(kAdminKeyVariable)) options.admin_key = key;
  if (flags.admin_key_file.empty()) return {};
  auto read = readKeyFile("--admin-key-file", flags.admin_key_file);
  if (!read) return read.error();
  options.admin_key = std::move(read).value();
  return {};
}

/// Adds what names applications, the least visible place first.
Result<void> addAllApps(ServerOptions& options, const KithdFlags& flags) {
  if (const char* apps = std::getenv(kAppsVariable)) {
    const auto read = parseAppLines(apps, kAppsVariable);
    if (!read) return read.error();
    addApps(options, *read);
  }
  if (!flags.app_file.empty()) {
    const auto read = readAppFile(flags.app_file);
    if (!read) return read.error();
    addApps(options, *read);
  }
  std::vector<AppOptions> named;
  for (const std::string& text : flags.apps) named.push_back(parseApp(text));
  addApps(options, named);
  return {};
}

}  // namespace

void addFlags(CLI::App& app, KithdFlags& flags) {
  addMainFlags(app, flags);
  addProxyFlags(app, flags);
  addOtherFlags(app, flags);
}

std::string wrongWord(const KithdFlags& flags) {
  if (kWatchRules.count(flags.require_watch) == 0) {
    return "--require-watch: '" + flags.require_watch + "' is none of its values";
  }
  if (parseLogLevel(flags.log_level) == LogLevel::Off && flags.log_level != "off") {
    return "--log-level: '" + flags.log_level + "' is no level";
  }
  return {};
}

Result<ServerOptions> readOptions(const KithdFlags& flags, const CLI::App& given) {
  ServerOptions options;
  if (!flags.config.empty()) {
    auto read = readServerConfig(flags.config);
    if (!read) return read.error();
    options = std::move(read).value();
  }
  if (const auto added = addAllApps(options, flags); !added) return added.error();
  if (const auto added = addAdminKey(options, flags); !added) return added.error();
  override(options, flags, given);
  return options;
}

}  // namespace kith::tools
