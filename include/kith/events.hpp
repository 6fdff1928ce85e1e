// SPDX-License-Identifier: Apache-2.0
// What a session can tell, one struct per event. Plain data; copy it freely, on any thread.
#pragma once

#include <kith/error.hpp>
#include <kith/message.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace kith {

/// The session is open, or open again after a pause.
struct SessionOpened {
  /// The watched peers that are online now; order has no meaning.
  std::vector<std::string> online;
};

/// The connection was lost; the session waits and will resume on its own.
struct SessionPaused {
  /// What ended the connection. `Errc::Paused` after `SessionManager::pause()`.
  Error cause;
};

/// The session is closed for good. Comes once, and nothing of this session comes after it.
struct SessionClosed {
  /// Why, when it was not the application: a final refusal of the server or the signer.
  std::optional<Error> cause;
};

/// A try to reach the server failed, or the connection was lost; the next try is planned (R6).
struct Reconnecting {
  /// Number of the coming try since the connection was last up, from 1.
  int attempt{1};
  /// Why the last try or connection ended.
  Error reason;
  /// Time until the coming try.
  std::chrono::milliseconds next_delay{0};
};

/// Watched peers came online or went offline.
struct PresenceChanged {
  /// True: came online. False: went offline.
  bool online{false};
  /// Who, at least one.
  std::vector<std::string> peers;
};

/// The receiver's device has a message that was sent with `Message::receipt`.
struct MessageDelivered {
  /// The server's id of the message, as in `Receipt::message_id`.
  std::string message_id;
  /// When the receiver's device acknowledged it, on the server's clock.
  Timestamp timestamp{};
};

/// Peers entered or left a group that this peer is in.
struct MembersChanged {
  /// Who came or went, at least one.
  std::vector<std::string> peers;
  /// Who did it: the peer itself, its inviter or its kicker.
  std::string by;
};

/// What was asked of a group.
enum class GroupAction { Join, Leave, Invite, Kick };

/// The server refused an operation on a group.
struct GroupRejected {
  /// What was asked.
  GroupAction action{GroupAction::Join};
  /// The peers of the refused invite or kick; empty for join.
  std::vector<std::string> targets;
  /// Why, as the operation's completion also says.
  Error error;
};

}  // namespace kith
