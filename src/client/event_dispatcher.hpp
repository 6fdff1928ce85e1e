// SPDX-License-Identifier: Apache-2.0
// The one way from an event to a MessageReceiver. Made for one event; on the executor.
#pragma once

#include <kith/event.hpp>
#include <kith/receiver.hpp>

#include <string>
#include <utility>

#include "dispatch/callback_guard.hpp"

namespace kith::client {

/// Finds the group that an event is about.
class GroupFinder {
 public:
  virtual ~GroupFinder() = default;
  /// There until the next call.
  virtual Group& groupOf(const std::string& group_id) = 0;
};

/// Hands an event over as a value and, unless the receiver takes it, calls the callback of its
/// kind. What either throws stops at the guard.
class EventDispatcher {
 public:
  EventDispatcher(const dispatch::CallbackGuard& guard, GroupFinder& groups, Session& session,
                  MessageReceiver& receiver)
      : guard_(guard), groups_(groups), session_(session), receiver_(receiver) {}

  void dispatch(Event& event);

  // For std::visit.
  void operator()(const SessionOpened& event);
  void operator()(const SessionPaused& event);
  void operator()(const SessionResumed& event);
  void operator()(const SessionClosed& event);
  void operator()(const Reconnecting& event);
  void operator()(const SessionError& event);
  void operator()(const PresenceChanged& event);
  void operator()(const PeersWatched& event);
  void operator()(const PeersUnwatched& event);
  void operator()(const MessageReceived& event);
  void operator()(const MessageSent& event);
  void operator()(const MessageFailed& event);
  void operator()(const MessageDelivered& event);
  void operator()(const GroupJoined& event);
  void operator()(const GroupInvited& event);
  void operator()(const GroupLeft& event);
  void operator()(const PeersInvited& event);
  void operator()(const PeersKicked& event);
  void operator()(const MembersChanged& event);
  void operator()(const GroupRejected& event);
  void operator()(const MessageEdited& event);
  void operator()(const MessageRecalled& event);
  void operator()(const UnreadChanged& event);
  void operator()(const ConversationUpdated& event);
  void operator()(const StandingChanged& event);
  void operator()(const EventsMissed& event);

 private:
  /// `name` is for the log, when the callback throws.
  template <typename Callback>
  bool call(const char* name, Callback&& callback) const;

  const dispatch::CallbackGuard& guard_;
  GroupFinder& groups_;
  Session& session_;
  MessageReceiver& receiver_;
};

}  // namespace kith::client
