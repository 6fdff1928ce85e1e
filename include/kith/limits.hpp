// SPDX-License-Identifier: Apache-2.0
// The protocol's fixed bounds. Settings that an application may change are in options.hpp.
#pragma once

#include <cstddef>

namespace kith::limits {

/// Longest peer id and group id, in Unicode code points (avos-v1 §17 Q7).
inline constexpr std::size_t kPeerIdChars = 64;

/// Longest command a client sends, in bytes of the complete JSON (avos-v1 §15, §17 Q6).
inline constexpr std::size_t kFrameBytes = 5000;

/// Longest frame a server takes from a client before it closes with 4109 (avos-v1 §2).
inline constexpr std::size_t kServerFrameBytes = 5120;

/// Longest frame a client takes from a server, in bytes: room for long lists of peers, and for a
/// page of messages.
inline constexpr std::size_t kClientFrameBytes = 1024 * 1024;

/// Most messages that one call of Conversation::history() asks for.
inline constexpr int kPageMessages = 100;

/// Most peers a session watches at a time, unless the app's server says otherwise (avos-v1 §7).
inline constexpr std::size_t kWatchedPeers = 100;

/// Most peers one call of watch, unwatch, query, invite, kick or send may name.
inline constexpr std::size_t kPeersPerCall = 100;

/// Most threads that serve a server's connections (ServerOptions::io_threads).
inline constexpr std::size_t kIoThreads = 64;

/// Deepest nesting of arrays and objects accepted in a frame.
inline constexpr std::size_t kJsonDepth = 32;

/// Message ids remembered per session to drop repeats (the originals kept 5 and 50), and beyond
/// them those whose acknowledgement may not have reached the server: these it repeats.
inline constexpr std::size_t kRememberedIds = 1024;

/// Most operations of one SessionManager that wait for its io thread; one more is `QueueFull`.
inline constexpr std::size_t kCallsPerManager = 200000;

/// Most events other than messages that wait for one session's callbacks; a server that sends more
/// is disconnected, and tried again after the back-off.
inline constexpr std::size_t kEventsPerSession = 100000;

/// Most groups whose members one session remembers, and most members of each.
inline constexpr std::size_t kGroupsPerSession = 10000;

/// Most ids remembered per session because their acknowledgement may not have reached the server:
/// more than the 10,000 that a server repeats (ServerOptions, `unacknowledged_messages`).
inline constexpr std::size_t kUnconfirmedIds = 16384;

/// Most sessions of one SessionManager.
inline constexpr std::size_t kSessionsPerManager = 100000;

}  // namespace kith::limits
