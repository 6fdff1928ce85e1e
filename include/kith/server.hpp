// SPDX-License-Identifier: Apache-2.0
// The service, embedded: start it in a test or ship it inside a process. kithd is a thin shell
// around it. Systems API: source-stable within a minor version.
#pragma once

#include <kith/export.hpp>
#include <kith/limits.hpp>
#include <kith/log.hpp>
#include <kith/outbound.hpp>
#include <kith/result.hpp>
#include <kith/server_app.hpp>
#include <kith/server_limits.hpp>
#include <kith/tls_version.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kith {

/// The server's settings.
struct ServerOptions {
  /// `host:port` with a numeric host, `[::1]:port` for IPv6; port 0 takes a free one.
  std::string listen{"127.0.0.1:0"};
  /// More addresses, served alike; `[::]:port` is for IPv6 alone.
  std::vector<std::string> also_listen{};
  /// `host:port` for those that watch the server: `/metrics` for Prometheus and `/healthz`, plain
  /// HTTP without keys, so keep it on the loopback or a network of your own. Empty = none.
  std::string metrics_listen{};
  /// Folder for the database, made when missing; `:memory:` keeps nothing.
  std::string data{":memory:"};
  /// The applications. At least one, unless there is an `admin_key`, or some that were added with
  /// it. What was changed through HTTP and is kept in the data folder lies over these settings.
  std::vector<AppOptions> apps{};
  /// PEM files; set both for wss and https, none for plain.
  std::string tls_cert{};
  /// See `tls_cert`.
  std::string tls_key{};
  /// Clients that speak only older versions are refused. Default 1.2.
  TlsVersion tls_min_version{TlsVersion::Tls12};
  /// Suites for TLS 1.2 in OpenSSL's notation; weak ones are refused. Empty = those with forward
  /// secrecy and AEAD.
  std::string tls_ciphers{};
  /// The same for TLS 1.3, `TLS_...` names joined by `:`; empty = all three.
  std::string tls13_ciphers{};
  /// Web pages that may use the server: `https://chat.example[:port]`, as browsers send it in
  /// `Origin`. A handshake or request of another page gets 403; without an `Origin` it is no page
  /// and passes. Empty = any page.
  std::vector<std::string> allowed_origins{};

  /// Proxies in front of the server: addresses and ranges, `10.0.0.0/8`, `2001:db8::/32`. What they
  /// say of a client's address in X-Forwarded-For is believed, and the limits of
  /// `connections` count for that one; a trusted proxy itself has none of them. Empty = nothing of
  /// the kind is believed.
  std::vector<std::string> trusted_proxies{};
  /// Connections from `trusted_proxies` begin with a header of the PROXY protocol, version 1 or 2;
  /// one without it is closed. Default false.
  bool proxy_protocol{false};

  /// Longest frame from a client, bytes; longer ones close with 4109. Default 5120.
  std::size_t frame_bytes{limits::kServerFrameBytes};
  /// A connection without any session after this time is closed with 4108. Default 60 s.
  std::chrono::milliseconds login_timeout{60000};
  /// A connection that sent nothing for this time is closed with 4107. Default 360 s.
  std::chrono::milliseconds idle_timeout{360000};
  /// Bytes waiting for one slow reader; more closes it with 1013. Default 8 MiB.
  std::size_t output_bytes{8u * 1024 * 1024};
  /// Threads that read and write the connections (HTTP, frames, TLS), beside that of the service
  /// itself and that of the disk; 0 = the service's does it. 0 to 64; unset = by the cores that the
  /// process may use: none up to three, else half as many, at most 8. They bring more where there
  /// are many connections or TLS, and cost some latency and a lone busy pair some of its rate.
  std::optional<std::size_t> io_threads{};
  /// Connections at a time; more are refused. 0 = as many as the process may open.
  std::size_t max_connections{0};
  /// Peers on one connection. Default 100,000.
  std::size_t peers_per_connection{100000};
  /// See ConnectionLimits.
  ConnectionLimits connections{};
  /// What works from the start; see Server::setSwitches().
  Switches switches{};
  /// The key that lets add apps and change their limits and keys over HTTP, in the header
  /// `X-Kith-Admin-Key`: 16 characters or more, of ASCII and without spaces. Empty = it is not
  /// possible, but for an app's master key, which changes the keys of that app.
  std::string admin_key{};
  /// Such requests may come from other machines, too; take TLS for them. Default false: those from
  /// elsewhere, and what a proxy hands on, get 403.
  bool admin_remote{false};
  /// `server` and `ttl` of `/v1/route`: the address told to clients (empty = the one they asked at)
  /// and how long they may keep it. Default 3 h.
  std::string public_url{};
  /// See `public_url`.
  std::chrono::seconds route_ttl{10800};

  /// Asks apps' own servers, see AppOptions::sign_in_url. The library speaks no HTTP to others;
  /// kithd does. Empty = they are not asked.
  Outbound outbound{};

  /// Takes log lines; empty = silence.
  LogSink log{};
  /// Lines below this level are dropped. Default Warn.
  LogLevel log_level{LogLevel::Warn};
};

/// Reads settings from a JSON file whose keys are the fields of ServerOptions and AppOptions; what
/// the file does not name keeps its default. Errors: InvalidArgument for a file that cannot be
/// read, is no JSON, or has an unknown key or a value of a wrong type, each named.
/// Thread: any. Blocks: on the file. Callback: none. Lifetime: copies its arguments.
KITH_EXPORT Result<ServerOptions> readServerConfig(const std::string& file);

/// Counters of a server.
struct ServerStats {
  /// Connections open now.
  std::uint64_t connections{0};
  /// Sessions open now.
  std::uint64_t sessions{0};
  /// Frames taken in.
  std::uint64_t frames_in{0};
  /// Frames handed out.
  std::uint64_t frames_out{0};
  /// Persistent messages accepted.
  std::uint64_t messages{0};
  /// Storage commits.
  std::uint64_t commits{0};
  /// Messages that were left out as older than offline_age when their receivers came back.
  std::uint64_t expired{0};
};

/// A running service. Destroying it stops it.
class KITH_EXPORT Server {
 public:
  virtual ~Server();

  /// Opens the storage, listens, and returns a running server. Errors: InvalidArgument (an option,
  /// a busy port, a certificate that does not fit its key, a data folder that cannot be used), each
  /// with one clear line.
  /// Thread: any. Blocks: milliseconds. Callback: none. Lifetime: copies its arguments.
  static Result<std::unique_ptr<Server>> start(ServerOptions options);

  /// `host:port` that it listens on, with the real port.
  virtual std::string address() const = 0;
  /// The same of all addresses: `listen`, then `also_listen`.
  virtual std::vector<std::string> addresses() const = 0;
  /// `host:port` of ServerOptions::metrics_listen, with the real port; empty without it.
  virtual std::string metricsAddress() const = 0;
  /// `ws://host:port` or `wss://host:port`.
  virtual std::string url() const = 0;
  /// Stops accepting, delivers what it can within `grace`, commits, closes every connection with
  /// 1001 and ends the threads. Calling it again does nothing.
  /// Thread: any but the server's own. Blocks: up to `grace` and the last commit. Callback: none.
  /// Lifetime: none.
  virtual void stop(std::chrono::milliseconds grace = std::chrono::milliseconds{2000}) = 0;
  /// Switches features off or on for all apps, from the server's next turn on.
  /// Thread: any. Blocks: while a change made over HTTP is written. Callback: none. Lifetime:
  /// copies its arguments.
  virtual void setSwitches(const Switches& switches) = 0;
  /// Adds the apps whose ids are new, and gives those that are there these settings, keys and
  /// limits, from the server's next turn on. Apps that are not named stay as they are: to take one
  /// away start without it. What was changed over HTTP lies over these settings, too. Sessions stay
  /// open, groups and watch lists stay as long as they are; the next command, signature or request
  /// finds the new rules. Errors: InvalidArgument names the app and the field; nothing is changed.
  /// Thread: any. Blocks: while a change made over HTTP is written. Callback: none. Lifetime:
  /// copies its arguments.
  virtual Result<void> updateApps(std::vector<AppOptions> apps) = 0;
  /// Reads the files `tls_cert` and `tls_key` again: new connections get what they hold now, those
  /// that are there keep what they have. Errors: InvalidArgument, and nothing is changed, when the
  /// two cannot be used or the server has no TLS.
  /// Thread: any. Blocks: on the files. Callback: none. Lifetime: none.
  virtual Result<void> reloadCertificate() = 0;
  /// Counters as of now.
  virtual ServerStats stats() const = 0;
};

}  // namespace kith
