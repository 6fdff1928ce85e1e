// SPDX-License-Identifier: Apache-2.0
// What a client asks for, in whatever protocol it said so. An Intent owns nothing: its views point
// into the frame, and into the memory of the dialect that read it. Any thread; plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "base/serial.hpp"

namespace kith::core {

using base::Serial;
using IdList = std::span<const std::string_view>;

/// Signature fields as they came; they are looked at only where an app requires signatures.
struct Proof {
  bool given{false};  ///< signature, time and nonce are all there
  std::string_view signature;
  std::string_view nonce;
  std::string_view time_text;  ///< its digits as they came: signatures are over these (avos-v1 §10)
  std::int64_t time{0};        ///< seconds or ms, see sign::timeOfSignature()
};

/// Life of the connection, which is answered.
struct Heartbeat {};
/// The connection is meant to stay without a session (avos-v1 §4.5).
struct Login {};
struct OpenSession {
  IdList watched;
  bool wants_super{false};
  Proof proof;
};
struct WatchPeers {
  IdList peers;
  Proof proof;
};
struct UnwatchPeers {
  IdList peers;
};
/// Which of these are online.
struct QueryPresence {
  IdList peers;
};
struct CloseSession {};
/// To a group where one is named, else to peers.
struct SendMessage {
  std::string_view group;
  IdList to;
  std::string_view text;
  std::string_view dedupe;  ///< the resend token; empty = none
  bool transient{false};
  bool receipt_wanted{false};
};
/// Messages that arrived; without `ids` all that the session was sent.
struct Acknowledge {
  std::optional<IdList> ids;
};
enum class MemberChange : std::uint8_t { Join, Leave, Invite, Kick };
struct ChangeMembers {
  MemberChange change{MemberChange::Join};
  std::optional<std::string_view> group;  ///< a join without one creates a group
  std::optional<IdList> peers;            ///< of an invite or a kick
  bool open{false};                       ///< a group that is created has no list of members
  Proof proof;

  std::string_view groupId() const { return group.value_or(std::string_view()); }
  IdList peerIds() const { return peers.value_or(IdList()); }
};
/// A frame that is whole and says nothing that Kith knows.
struct Unknown {
  bool names_peer{false};
};

struct Intent {
  Serial i;
  std::optional<std::string_view> app_id;  ///< without one: the app of the connection
  std::string_view peer_id;                ///< whose session it is about
  std::variant<Heartbeat, Login, OpenSession, WatchPeers, UnwatchPeers, QueryPresence, CloseSession,
               SendMessage, Acknowledge, ChangeMembers, Unknown>
      body;
};

/// Longest serial that is a text, in bytes: it is kept until its request is answered. The original
/// clients count, or send a few digits. What has a longer one is Unknown and is answered without.
inline constexpr std::size_t kSerialBytes = 64;

}  // namespace kith::core
