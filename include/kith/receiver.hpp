// SPDX-License-Identifier: Apache-2.0
// What an application overrides to hear from its sessions and groups. Every callback does nothing
// by default, so overriding one is enough and a new one breaks no receiver.
#pragma once

#include <kith/event.hpp>
#include <kith/export.hpp>
#include <kith/message.hpp>

#include <string>
#include <vector>

namespace kith {

class Session;
class Group;

/// Callbacks of a session and its groups: the union of the three original SDKs (avos-v1 §14).
///
/// They run on the manager's executor, one at a time and in order per session, never under a lock.
/// Any call of the library is legal inside, also closing and dropping the session that is calling
/// (R1). An exception that leaves a callback is caught, logged and given to
/// `Options::on_callback_exception` (R5).
/// Thread: executor. Blocks: must not for long. Callback: none. Lifetime: arguments die on return.
class KITH_EXPORT MessageReceiver {
 public:
  virtual ~MessageReceiver();

  /// Every event as a value, before the callback of its kind below: for programs that queue events,
  /// print them or hand them to another language. True: it was taken, and may be moved out of
  /// `event`; no callback follows. False, the default: `event` is unchanged, and the callback of
  /// its kind is called. A received message is acknowledged after this, or after the callback.
  virtual bool onEvent(Session& session, Event& event);

  /// The session opened for the first time (row 3).
  virtual void onSessionOpen(Session& session, const SessionOpened& event);
  /// The connection was lost, or `SessionManager::pause()` was called (row 14).
  virtual void onSessionPaused(Session& session, const SessionPaused& event);
  /// The session is back with the same watch list and groups (row 14).
  virtual void onSessionResumed(Session& session, const SessionOpened& event);
  /// The session is closed for good; the last callback of this session (row 4).
  virtual void onSessionClosed(Session& session, const SessionClosed& event);
  /// A try to connect failed and the next one is planned (R6).
  virtual void onReconnecting(Session& session, const Reconnecting& event);
  /// Something failed that belongs to no operation (row 15).
  virtual void onError(Session& session, const Error& error);

  /// Watched peers came online (row 9); also after open, watch and resume for those online then.
  virtual void onStatusOnline(Session& session, const std::vector<std::string>& peers);
  /// Watched peers went offline (row 9).
  virtual void onStatusOffline(Session& session, const std::vector<std::string>& peers);
  /// `watch()` succeeded for these peers (row 5).
  virtual void onPeersWatched(Session& session, const std::vector<std::string>& peers);
  /// `unwatch()` succeeded for these peers (row 6).
  virtual void onPeersUnwatched(Session& session, const std::vector<std::string>& peers);

  /// A peer message arrived (row 10). Once per message, in the server's order per sender.
  virtual void onMessage(Session& session, const Message& message);
  /// The server accepted a peer message (row 10); its completion ran just before.
  virtual void onMessageSent(Session& session, const Message& message, const Receipt& receipt);
  /// A peer message was given up (row 11); its completion ran just before.
  virtual void onMessageFailure(Session& session, const Message& message, const Error& error);
  /// The receiver's device has a message that asked for a receipt (row 12).
  virtual void onMessageDelivered(Session& session, const MessageDelivered& event);

  /// A member has changed the text of its message.
  virtual void onMessageEdited(Session& session, const MessageEdited& event);
  /// A member has taken its message back.
  virtual void onMessageRecalled(Session& session, const MessageRecalled& event);
  /// Another device of this peer has read a conversation.
  virtual void onUnreadChanged(Session& session, const UnreadCount& unread);
  /// A member has changed attributes of a conversation.
  virtual void onConversationUpdated(Session& session, const ConversationUpdated& event);
  /// Peers became managers, silenced or blocked in a conversation, or are it no more.
  virtual void onStandingChanged(Session& session, const StandingChanged& event);
  /// Not all that happened to conversations during a pause could be told: read them again.
  virtual void onEventsMissed(Session& session, const EventsMissed& event);

  /// This peer created or joined the group (rows 16, 17).
  virtual void onJoined(Group& group);
  /// Another peer put this one into the group (row 19).
  virtual void onInvitedToGroup(Group& group, const std::string& by);
  /// This peer left the group (row 18), or was removed by `by` (row 20).
  virtual void onLeft(Group& group, const std::string& by);
  /// `invite()` succeeded for these peers (row 19).
  virtual void onInvited(Group& group, const std::vector<std::string>& peers);
  /// `kick()` succeeded for these peers (row 20).
  virtual void onKicked(Group& group, const std::vector<std::string>& peers);
  /// Peers entered the group, this one included (row 21).
  virtual void onMembersJoined(Group& group, const MembersChanged& event);
  /// Peers left the group (row 21).
  virtual void onMembersLeft(Group& group, const MembersChanged& event);
  /// The server refused an operation (row 22); its completion ran just before.
  virtual void onReject(Group& group, const GroupRejected& event);

  /// A group message arrived (row 23). Once per message, in the server's order per group.
  virtual void onGroupMessage(Group& group, const Message& message);
  /// The server accepted a group message (row 23).
  virtual void onGroupMessageSent(Group& group, const Message& message, const Receipt& receipt);
  /// A group message was given up (row 23).
  virtual void onGroupMessageFailure(Group& group, const Message& message, const Error& error);
};

}  // namespace kith
