// SPDX-License-Identifier: Apache-2.0
#include "server/front/settings.hpp"

#include <kith/limits.hpp>

#include <algorithm>
#include <sched.h>
#include <utility>

#include "base/url.hpp"
#include "net/server/tls_files.hpp"
#include "server/apps/app_rules.hpp"
#include "server/dialects/dialects.hpp"
#include "server/rest/rest_api.hpp"

namespace kith::front {
namespace {

constexpr std::size_t kSmallestFrame = 256;
constexpr std::size_t kLargestFrame = 1u << 20;
constexpr std::size_t kSmallestOutput = 16u << 20;
constexpr std::size_t kShortestAdminKey = 16;

// Fewer are the service's and the disk's.
constexpr std::size_t kCoresForThreads = 4;
constexpr std::size_t kMostByDefault = 8;

/// Cores that this process may use; 1 when the system does not say.
std::size_t coresOfOurs() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (::sched_getaffinity(0, sizeof cores, &cores) != 0) return 1;
  return static_cast<std::size_t>(CPU_COUNT(&cores));
}

Error wrong(const std::string& what) { return {Errc::InvalidArgument, 0, what, false}; }

Result<void> checkNumbers(const ServerOptions& options) {
  if (options.frame_bytes < kSmallestFrame || options.frame_bytes > kLargestFrame) {
    return wrong("frame_bytes must be from 256 to 1048576");
  }
  if (options.output_bytes < options.frame_bytes) {
    return wrong("output_bytes must not be less than frame_bytes");
  }
  if (options.login_timeout.count() <= 0) return wrong("login_timeout must be more than 0");
  if (options.idle_timeout.count() <= 0) return wrong("idle_timeout must be more than 0");
  if (options.route_ttl.count() < 0) return wrong("route_ttl must not be negative");
  const ConnectionLimits& connections = options.connections;
  if (connections.new_burst == 0) return wrong("connections.new_burst must be at least 1");
  if (connections.http_requests == 0) return wrong("connections.http_requests must be at least 1");
  if (connections.output_in_all < kSmallestOutput) {
    return wrong("connections.output_in_all must be at least 16777216");
  }
  if (connections.storage_requests == 0) {
    return wrong("connections.storage_requests must be at least 1");
  }
  if (connections.handshake_timeout.count() < 1 || connections.handshake_timeout.count() > 3600) {
    return wrong("connections.handshake_timeout must be from 1 s to 1 h");
  }
  if (options.io_threads && *options.io_threads > limits::kIoThreads) {
    return wrong("io_threads must be from 0 to " + std::to_string(limits::kIoThreads));
  }
  if (options.data.empty()) return wrong("data is empty; name a folder or :memory:");
  return {};
}

Result<void> checkTls(const ServerOptions& options) {
  if (options.tls_cert.empty() != options.tls_key.empty()) {
    return wrong("tls_cert and tls_key must be given together");
  }
  Result<void> ciphers = net::checkCiphers(options.tls_ciphers, options.tls13_ciphers);
  if (!ciphers || options.tls_cert.empty()) return ciphers;
  return net::checkTlsFiles(options.tls_cert, options.tls_key);
}

// As browsers write them, so that comparing bytes is enough: lower case, and no standard port.
Result<std::vector<std::string>> readOrigins(const std::vector<std::string>& given) {
  std::vector<std::string> origins;
  for (const std::string& text : given) {
    const auto url = base::parseUrl(text, "allowed_origins", {"http", "https"});
    if (!url) return url.error();
    std::string origin = base::formatUrl(*url);
    if (url->path != "/" || text.back() == '/') {
      return wrong("allowed_origins '" + origin + "' must end with the host or port, as in " +
                   "https://chat.example");
    }
    origin.pop_back();
    origins.push_back(std::move(origin));
  }
  return origins;
}

Result<std::vector<net::IpRange>> readProxies(const ServerOptions& options) {
  std::vector<net::IpRange> ranges;
  for (const std::string& text : options.trusted_proxies) {
    const auto range = net::IpRange::parse(text);
    if (!range) {
      return wrong("trusted_proxies '" + text + "' is no address and no range as 10.0.0.0/8 is, " +
                   "with no bit set behind its length");
    }
    ranges.push_back(*range);
  }
  if (options.proxy_protocol && ranges.empty()) {
    return wrong("proxy_protocol needs trusted_proxies: who else may say so is not known");
  }
  return ranges;
}

// It comes in a header, and strangers may try as many as they like.
Result<void> checkAdminKey(const std::string& key) {
  const auto fits = [](char c) { return c > ' ' && c <= '~'; };
  if (key.empty()) return {};
  if (key.size() < kShortestAdminKey || !std::all_of(key.begin(), key.end(), fits)) {
    return wrong("admin_key must be 16 characters or more, of ASCII and without spaces");
  }
  return {};
}

Result<std::optional<net::ListenAddress>> readMetrics(const ServerOptions& options) {
  if (options.metrics_listen.empty()) return std::optional<net::ListenAddress>();
  const auto address = base::parseHostPort(options.metrics_listen, "metrics_listen");
  if (!address) return address.error();
  return std::optional(net::ListenAddress{address->host, address->port});
}

Result<std::vector<net::ListenAddress>> readAlso(const ServerOptions& options) {
  std::vector<net::ListenAddress> all;
  for (const std::string& text : options.also_listen) {
    const Result<base::HostPort> also = base::parseHostPort(text, "also_listen");
    if (!also) return also.error();
    all.push_back({also->host, also->port});
  }
  return all;
}

/// Without apps and switches, which come from the registry.
core::HubOptions hubOptions(const ServerOptions& options) {
  core::HubOptions hub;
  hub.frame_bytes = options.frame_bytes;
  hub.login_timeout = options.login_timeout;
  hub.idle_timeout = options.idle_timeout;
  hub.peers_per_connection = options.peers_per_connection;
  hub.connections = options.connections;
  return hub;
}

void putTls(const ServerOptions& options, net::ListenOptions& listen) {
  listen.tls_cert = options.tls_cert;
  listen.tls_key = options.tls_key;
  listen.tls_min_version = options.tls_min_version;
  listen.tls_ciphers = options.tls_ciphers;
  listen.tls13_ciphers = options.tls13_ciphers;
}

}  // namespace

std::size_t ioThreadsFor(std::size_t cores) {
  return cores < kCoresForThreads ? 0 : std::min(cores / 2, kMostByDefault);
}

Result<Settings> checkOptions(const ServerOptions& options) {
  Settings settings;
  const Result<base::HostPort> address = base::parseHostPort(options.listen, "listen");
  if (!address) return address.error();
  if (Result<void> numbers = checkNumbers(options); !numbers) return numbers.error();
  if (Result<void> tls = checkTls(options); !tls) return tls.error();
  Result<std::vector<std::string>> origins = readOrigins(options.allowed_origins);
  if (!origins) return origins.error();
  Result<std::vector<net::ListenAddress>> also = readAlso(options);
  if (!also) return also.error();
  settings.listen.also = std::move(also).value();
  Result<std::optional<net::ListenAddress>> metrics = readMetrics(options);
  if (!metrics) return metrics.error();
  settings.metrics = std::move(metrics).value();
  if (!options.public_url.empty()) {
    const auto url = base::parseUrl(options.public_url, "public_url", {"ws", "wss"});
    if (!url) return url.error();
  }
  Result<std::vector<net::IpRange>> proxies = readProxies(options);
  if (!proxies) return proxies.error();
  settings.listen.trusted_proxies = std::move(proxies).value();
  settings.listen.proxy_protocol = options.proxy_protocol;
  settings.hub = hubOptions(options);
  if (Result<void> hub = core::Hub::validate(settings.hub); !hub) return hub.error();
  if (Result<void> key = checkAdminKey(options.admin_key); !key) return key.error();
  if (Result<void> apps = apps::checkApps(options.apps); !apps) return apps.error();
  settings.apps = options.apps;
  settings.switches = options.switches;
  settings.admin_key = options.admin_key;
  settings.admin_remote = options.admin_remote;

  settings.listen.host = address->host;
  settings.listen.port = address->port;
  putTls(options, settings.listen);
  settings.listen.origins = std::move(origins).value();
  settings.listen.frame_bytes = core::currentFrameBytes(options.frame_bytes);
  settings.listen.output_bytes = options.output_bytes;
  settings.listen.threads = options.io_threads.value_or(ioThreadsFor(coresOfOurs()));
  settings.listen.max_connections = options.max_connections;
  settings.listen.connections = options.connections;
  settings.listen.headers = rest::RestApi::headers();
  settings.listen.subprotocols = dialects::Dialects::subprotocols();
  settings.data = options.data;
  settings.public_url = options.public_url;
  settings.route_ttl = options.route_ttl;
  settings.outbound = options.outbound;
  settings.log = base::LogFront(options.log, options.log_level);
  return settings;
}

}  // namespace kith::front
