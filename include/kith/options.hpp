// SPDX-License-Identifier: Apache-2.0
// Everything an application may set, with default and unit. Plain data; a manager copies it.
#pragma once

#include <kith/executor.hpp>
#include <kith/log.hpp>
#include <kith/tls_version.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>

namespace kith {

class SignatureFactory;
class Reactor;
class Store;

/// When and how often to try again (R6). A delay is drawn evenly from zero to
/// `min(max_delay, first_delay * 2^(attempt-1))`: "full jitter", so that clients of a restarted
/// server do not come back in step.
struct ReconnectOptions {
  /// Upper bound of the first delay, 1 ms or more. Default 0.8 s.
  std::chrono::milliseconds first_delay{800};
  /// Upper bound of every delay. Default 60 s.
  std::chrono::milliseconds max_delay{60000};
  /// Give up after this many failed tries in a row; 0 = never. Default 0.
  int max_attempts{0};
  /// Least time between two tries that `networkChanged()` asks for. Default 1 s.
  std::chrono::milliseconds hint_interval{1000};
};

/// How a dead connection is noticed (R7). Something is heard from the server at least every
/// `interval + deadline`, or the connection is replaced.
struct KeepaliveOptions {
  /// Silence after which a heartbeat is sent. Default 30 s; 0 switches keepalive off.
  std::chrono::milliseconds interval{30000};
  /// Time the server has to answer a heartbeat. Default 10 s.
  std::chrono::milliseconds deadline{10000};
};

/// Bounds of what waits to be sent (R18).
struct OutboxOptions {
  /// Messages per session that wait or are unanswered. Default 1000.
  std::size_t max_messages{1000};
  /// Their bytes per session. Default 4 MiB.
  std::size_t max_bytes{4u * 1024 * 1024};
  /// Messages on the way without an answer per session. Default 256.
  std::size_t max_in_flight{256};
  /// Age at which a message that was not accepted fails with `Expired`; 0 = never. Default 5 min.
  /// What is kept ages by the machine's uptime; over a restart of the machine by the wall clock.
  std::chrono::milliseconds expiry{300000};
};

/// Bounds of what came and was not shown yet, because callbacks are slow or there is no receiver
/// (R18). Beyond them messages stay with the server, which repeats them when all that waited was
/// shown: the session then pauses (`QueueFull`) and resumes at once. What the server does not keep,
/// such as transient messages, is lost beyond them.
struct InboxOptions {
  /// Messages per session, 1 or more. Default 10,000.
  std::size_t max_messages{10000};
  /// Their bytes per session, `limits::kFrameBytes` or more. Default 16 MiB.
  std::size_t max_bytes{16u * 1024 * 1024};
};

/// How the server's certificate is checked, and ours shown (R13). The same for the WebSocket, the
/// router and remote signing. With TLS 1.2 only suites with forward secrecy and AEAD are offered;
/// compression and renegotiation are off.
struct TlsOptions {
  /// PEM file with the authorities to trust; empty = the system's store.
  std::string ca_file{};
  /// The same as text, for systems without files; wins over `ca_file`.
  std::string ca_pem{};
  /// PEM files of our own certificate and key, when the server asks for one; empty = none.
  std::string client_cert_file{};
  /// See `client_cert_file`.
  std::string client_key_file{};
  /// Name expected in the certificate; empty = the URL's host.
  std::string server_name{};
  /// Servers that speak only older versions are refused with `TlsProtocol`. Default 1.2.
  TlsVersion min_version{TlsVersion::Tls12};
  /// Accept any certificate: a stranger on the line can read and change everything. A manager
  /// logs a warning at each connect and HTTP request through TLS. Default false.
  bool dangerously_accept_any_certificate{false};
};

/// An HTTP proxy that is asked to CONNECT (R15). SOCKS is not available.
struct ProxyOptions {
  /// `http://host:port`; empty = direct.
  std::string url{};
  /// Credentials for Basic authentication; empty = none. Never logged.
  std::string user{};
  /// See `user`.
  std::string password{};
};

/// A SessionManager's settings. `app_id` and one of `server` and `router` are required.
struct Options {
  /// The application's id, non-empty.
  std::string app_id;
  /// The WebSocket address, `ws://host:port` or `wss://host:port`. When it is set the router is
  /// not asked. A path (`wss://host/chat/`) holds for history and members over HTTP, too.
  std::string server{};
  /// The router's base, `http://host[:port][/path]` or `https://...`; `/v1/route` is appended
  /// (avos-v1 §1).
  std::string router{};
  /// Sent with HTTP requests when the app has one (avos-v1 §11.1); empty = none. Never logged.
  std::string app_key{};
  /// What signs; null = nothing is signed.
  std::shared_ptr<SignatureFactory> signature_factory{};

  /// See ReconnectOptions.
  ReconnectOptions reconnect{};
  /// See KeepaliveOptions.
  KeepaliveOptions keepalive{};
  /// See OutboxOptions.
  OutboxOptions outbox{};
  /// See InboxOptions.
  InboxOptions inbox{};
  /// Where messages and watch lists outlive the process; null = nowhere. See store.hpp.
  std::shared_ptr<Store> store{};
  /// See TlsOptions.
  TlsOptions tls{};
  /// See ProxyOptions.
  ProxyOptions proxy{};

  /// Time for TCP, TLS and the WebSocket handshake together, and for the router. Default 15 s.
  std::chrono::milliseconds connect_timeout{15000};
  /// Time for the server to answer a command; then the connection counts as dead. Default 10 s
  /// (avos-v1 §2).
  std::chrono::milliseconds command_timeout{10000};
  /// Time for the signature factory. Default 10 s.
  std::chrono::milliseconds signature_timeout{10000};

  /// Where callbacks run; null = a thread of the manager's own.
  std::shared_ptr<Executor> executor{};
  /// The io thread; null = one of the manager's own. Share one among many managers.
  std::shared_ptr<Reactor> reactor{};

  /// Takes log lines; empty = silence.
  LogSink log{};
  /// Lines below this level are dropped. Default Warn.
  LogLevel log_level{LogLevel::Warn};
  /// Told when a callback of yours threw; the session goes on (R5). Runs on the executor.
  std::function<void(std::exception_ptr)> on_callback_exception{};
};

}  // namespace kith
