// SPDX-License-Identifier: Apache-2.0
// What a session can tell, one struct per event, and all of them as one value. Plain data; copy it
// freely, on any thread.
#pragma once

#include <kith/conversation_data.hpp>
#include <kith/error.hpp>
#include <kith/message.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace kith {

/// The session is open for the first time in its life (row 3 of avos-v1 §14).
struct SessionOpened {
  /// The watched peers that are online now, sorted.
  std::vector<std::string> online;
  /// The whole watch list as it is now, sorted.
  std::vector<std::string> watched;
};

/// The connection was lost; the session waits and will resume on its own.
struct SessionPaused {
  /// What ended the connection. `Errc::Paused` after `SessionManager::pause()`.
  Error cause;
};

/// The session is open again after a pause, with the same watch list and groups.
struct SessionResumed : SessionOpened {};

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

/// Something failed that belongs to no operation (row 15).
struct SessionError {
  /// What failed.
  Error error;
};

/// Watched peers came online or went offline.
struct PresenceChanged {
  /// True: came online. False: went offline.
  bool online{false};
  /// The peers, at least one.
  std::vector<std::string> peers;
};

/// `watch()` succeeded.
struct PeersWatched {
  /// The peers that are on the watch list now.
  std::vector<std::string> peers;
};

/// `unwatch()` succeeded.
struct PeersUnwatched {
  /// The peers that are off the watch list now.
  std::vector<std::string> peers;
};

/// A message arrived, of a peer or, when its `group_id` is set, in a group. Once per message.
struct MessageReceived {
  /// The message.
  Message message;
};

/// The server accepted a message of this peer; its completion ran just before.
struct MessageSent {
  /// The message as it was given to `send()`.
  Message message;
  /// The server's word.
  Receipt receipt;
};

/// A message of this peer was given up; its completion ran just before.
struct MessageFailed {
  /// The message as it was given to `send()`.
  Message message;
  /// Why; `may_have_arrived` says whether it can exist all the same.
  Error error;
};

/// The receiver's device has a message that was sent with `Message::receipt`.
struct MessageDelivered {
  /// The server's id of the message, as in `Receipt::message_id`.
  std::string message_id;
  /// When the receiver's device acknowledged it, on the server's clock.
  Timestamp timestamp{};
};

/// This peer created or joined a group.
struct GroupJoined {
  /// The group.
  std::string group_id;
};

/// Another peer put this one into a group.
struct GroupInvited {
  /// The group.
  std::string group_id;
  /// The peer that did it.
  std::string by;
};

/// This peer left a group or was removed from it.
struct GroupLeft {
  /// The group.
  std::string group_id;
  /// The peer that did it: this one itself, or its kicker.
  std::string by;
};

/// `Group::invite()` succeeded.
struct PeersInvited {
  /// The group.
  std::string group_id;
  /// The peers that were put into it.
  std::vector<std::string> peers;
};

/// `Group::kick()` succeeded.
struct PeersKicked {
  /// The group.
  std::string group_id;
  /// The peers that were removed from it.
  std::vector<std::string> peers;
};

/// Peers entered or left a group that this peer is in, this peer included.
struct MembersChanged {
  /// The group.
  std::string group_id;
  /// True: entered. False: left.
  bool joined{false};
  /// The members that came or went, at least one.
  std::vector<std::string> peers;
  /// The peer that did it: the member itself, its inviter or its kicker.
  std::string by;
};

/// What was asked of a group.
enum class GroupAction { Join, Leave, Invite, Kick };

/// The server refused an operation on a group; its completion ran just before.
struct GroupRejected {
  /// The group; empty when it was to be created.
  std::string group_id;
  /// What was asked.
  GroupAction action{GroupAction::Join};
  /// The peers of the refused invite or kick; empty for join.
  std::vector<std::string> targets;
  /// Why, as the operation's completion also says.
  Error error;
};

/// All that a session can tell, as one value: see MessageReceiver::onEvent(). Later versions may
/// have more alternatives, so a visitor needs a case for what it does not know.
using Event =
    std::variant<SessionOpened, SessionPaused, SessionResumed, SessionClosed, Reconnecting,
                 SessionError, PresenceChanged, PeersWatched, PeersUnwatched, MessageReceived,
                 MessageSent, MessageFailed, MessageDelivered, GroupJoined, GroupInvited, GroupLeft,
                 PeersInvited, PeersKicked, MembersChanged, GroupRejected, MessageEdited,
                 MessageRecalled, UnreadChanged, ConversationUpdated, StandingChanged,
                 EventsMissed>;

}  // namespace kith
