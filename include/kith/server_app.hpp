// SPDX-License-Identifier: Apache-2.0
// An application on a server: keys, rules, limits. Plain data.
#pragma once

#include <kith/limits.hpp>
#include <kith/server_limits.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace kith {

/// When a sender must watch a receiver first (avos-v1 §17 Q2).
enum class RequireWatch {
  /// Always, as the service did in 2014. (`Always` itself is a macro of X11.)
  On,
  /// Only when the app enforces signatures, as it did from 2015.
  WithSignature,
  /// Never.
  Off,
};

/// One application on the server.
struct AppOptions {
  /// The id that clients send, non-empty.
  std::string id;
  /// The key for reading over HTTP; empty = reading needs no key. Every client has it: where users
  /// have secrets from each other, set `require_signature`.
  std::string app_key{};
  /// The key that signatures are made with; required when `require_signature` is set.
  std::string master_key{};
  /// Where the app's own server says which peer a user is: `http://` or `https://`. It is asked for
  /// each `/1.1/rtm/sign` with what the client's login is known by, and the login of the peer that
  /// it names is signed (docs/server.md). Empty = that is not possible. Default empty.
  std::string sign_in_url{};
  /// Refuse unsigned open, watch, join, invite and kick, and reading history and members over HTTP
  /// without a signature or the master key. Default false.
  bool require_signature{false};
  /// Let ids and nonces hold a `:` although signatures are required. The signed text joins them by
  /// `:`, so one signature may then mean two things: a peer `a` that watches `b:` is signed as
  /// `a:b` is. Set it for an app that has such ids, and have its signer make sure that no two of
  /// them meet (docs/security.md). Default false: such a command counts as not signed.
  bool allow_colons{false};
  /// See RequireWatch. Default On.
  RequireWatch require_watch{RequireWatch::On};
  /// Close late and with 4108 after a bad signature, as the original did. Default false (4102).
  bool legacy_silent{false};
  /// Signatures may be this old or this far ahead; 0 = any age. Default 6 h (avos-v1 §10).
  std::chrono::seconds signature_window{21600};
  /// Nonces remembered to refuse a replayed signature, as many again for those of reads over HTTP;
  /// 0 = replays pass. Default 100,000.
  std::size_t nonce_cache{100000};

  /// Messages kept for a peer that is away; then the oldest go. Default 50 (avos-v1 §8).
  std::size_t offline_messages{50};
  /// How long they are kept. Default 7 days.
  std::chrono::seconds offline_age{7 * 24 * 3600};
  /// Messages delivered to a connected peer and not acknowledged; then the oldest are no longer
  /// repeated. Default 10,000.
  std::size_t unacknowledged_messages{10000};
  /// Peers a session may watch. Default 100.
  std::size_t watched_peers{limits::kWatchedPeers};
  /// Sessions of one peer, that is its devices, 1 to 10,000; when one more opens, the one that was
  /// silent longest is closed with 4111. 1 = one device at a time. Default 100.
  std::size_t sessions_per_peer{100};
  /// Members of a group. Default 1000 (avos-v1 §9.2).
  std::size_t group_members{1000};
  /// Wait this long before telling watchers that a peer went offline. Default 0.
  std::chrono::milliseconds offline_grace{0};
  /// See RateLimits.
  RateLimits rates{};
  /// What this app has; a feature works when the server's switch is on, too.
  Switches switches{};
};

}  // namespace kith
