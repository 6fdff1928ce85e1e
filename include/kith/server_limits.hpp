// SPDX-License-Identifier: Apache-2.0
// How much a server takes from each client, and what it may leave out when the machine is in
// trouble. Plain data; docs/limits.md has a row for each.
#pragma once

#include <chrono>
#include <cstddef>

namespace kith {

/// How fast one app's clients may go before they lose their precedence. Below the rates a command
/// is carried out at once (the fast lane). Beyond them it waits for what each turn of the server
/// has left (the slow lane), app by app and connection by connection; nothing is dropped and no
/// connection's order changes. A message costs 1 and 0.1 for each delivery after the first, that is
/// for each device of a receiver and each member of a group, 101 at most; a session open 5, a group
/// command 5, a watch 2, a query 1 and 0.1 for each peer it names.
struct RateLimits {
  /// Commands a second of one peer; 0 = no limit. Default 100.
  std::size_t peer_per_second{100};
  /// Commands a peer may save up while it is quiet, 1 or more. Default 500.
  std::size_t peer_burst{500};
  /// Commands a second of the whole app; 0 = no limit. Default 20,000.
  std::size_t app_per_second{20000};
  /// Commands an app may save up, 1 or more. Default 40,000.
  std::size_t app_burst{40000};
  /// A peer that stays beyond its rate for this long is closed with 4116; 0 = never. Default 10
  /// min.
  std::chrono::seconds patience{600};
};

/// How much one network address, and all of them together, may take of the listening side.
struct ConnectionLimits {
  /// Connections of one address, whatever they speak; more are answered with 503. 0 = no limit.
  /// Default 20,000.
  std::size_t per_address{20000};
  /// Of these, connections that have no session yet. 0 = no limit. Default 15,000.
  std::size_t unopened_per_address{15000};
  /// New connections a second of one address; more are closed when they are accepted. 0 = no limit.
  /// Default 1000.
  std::size_t new_per_second{1000};
  /// New connections an address may save up while it is quiet, 1 or more. Default 20,000.
  std::size_t new_burst{20000};
  /// Refused signatures a minute of one address; then its new connections are closed for the rest
  /// of that minute. 0 = no limit. Default 100.
  std::size_t refused_signatures{100};
  /// HTTP requests that wait for the storage, of all addresses; more are answered with 503. What
  /// needs no storage (`/healthz`, `/v1/route`) is answered all the same. Default 256.
  std::size_t http_requests{256};
  /// Of these, requests of one address, which in no case gets more than a quarter of the places
  /// that are free (one of them at least). 0 = as many as there are, for servers behind a proxy.
  /// Default 64.
  std::size_t http_requests_per_address{64};
  /// Bytes of output that wait because one address does not read them, on all of its connections,
  /// HTTP and WebSocket; it never gets more than a quarter of what is left of `output_in_all`.
  /// Beyond it a request is answered with 503, and a WebSocket that is still behind is closed with
  /// 1013. 0 = as many as there are, for servers behind a proxy. Default 64 MiB.
  std::size_t output_per_address{64u * 1024 * 1024};
  /// The same of all addresses together, 16 MiB or more. The answer to one request may take a
  /// quarter of it. Default 512 MiB.
  std::size_t output_in_all{512u * 1024 * 1024};
  /// Bytes a second that the reader of an HTTP answer has to take, on the average of each
  /// `handshake_timeout`; a slower one is cut off. 0 = any byte is enough. Default 8192.
  std::size_t least_bytes_per_second{8192};
  /// From accepting a connection to its complete TLS handshake and request head, 1 s or more; also
  /// how long an HTTP connection may stay idle. Default 10 s.
  std::chrono::seconds handshake_timeout{10};
  /// Commands a second that one connection may give outside of sessions: opens, heartbeats, what
  /// cannot be read. Beyond it the slow lane of RateLimits begins. 0 = no limit. Default 200.
  std::size_t commands_per_second{200};
  /// Such commands that a connection may save up, 1 or more. Default 1000.
  std::size_t commands_burst{1000};
  /// Answers that the storage still owes; beyond it no further frame is taken until half of them
  /// have come. Default 50,000.
  std::size_t storage_requests{50000};
};

/// What a server does besides passing messages on. Each may be switched off while it runs.
struct Switches {
  /// Tell watchers which peers are online. Off: every list of online peers is empty and no change
  /// is told; switched on again, all watchers are told the present state.
  bool presence{true};
  /// Answer questions for old messages over HTTP. Off: 503 with Retry-After.
  bool history{true};
  /// Send peers that come back what waited for them as fast as they take it. Off: ten messages at a
  /// time for the whole server, in turn.
  bool replay_priority{true};
  /// Tell senders that a message was received. Off: such a wish is taken and not fulfilled.
  bool receipts{true};
};

}  // namespace kith
