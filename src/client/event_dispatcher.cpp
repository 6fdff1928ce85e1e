// SPDX-License-Identifier: Apache-2.0
#include "client/event_dispatcher.hpp"

#include <kith/session.hpp>

namespace kith::client {

template <typename Callback>
bool EventDispatcher::call(const char* name, Callback&& callback) const {
  return guard_.run(name, session_.peerId(), std::forward<Callback>(callback));
}

void EventDispatcher::dispatch(Event& event) {
  bool taken = false;
  // One that threw may have taken half of the event: it had its chance (decision 006).
  if (!call("onEvent", [&] { taken = receiver_.onEvent(session_, event); })) return;
  if (taken) return;
  // Apart, because these come by the hundred thousand.
  if (const auto* received = std::get_if<MessageReceived>(&event)) return (*this)(*received);
  std::visit(*this, event);
}

void EventDispatcher::operator()(const SessionOpened& event) {
  call("onSessionOpen", [&] { receiver_.onSessionOpen(session_, event); });
}

void EventDispatcher::operator()(const SessionPaused& event) {
  call("onSessionPaused", [&] { receiver_.onSessionPaused(session_, event); });
}

void EventDispatcher::operator()(const SessionResumed& event) {
  call("onSessionResumed", [&] { receiver_.onSessionResumed(session_, event); });
}

void EventDispatcher::operator()(const SessionClosed& event) {
  call("onSessionClosed", [&] { receiver_.onSessionClosed(session_, event); });
}

void EventDispatcher::operator()(const Reconnecting& event) {
  call("onReconnecting", [&] { receiver_.onReconnecting(session_, event); });
}

void EventDispatcher::operator()(const SessionError& event) {
  call("onError", [&] { receiver_.onError(session_, event.error); });
}

void EventDispatcher::operator()(const PresenceChanged& event) {
  if (event.online) {
    call("onStatusOnline", [&] { receiver_.onStatusOnline(session_, event.peers); });
  } else {
    call("onStatusOffline", [&] { receiver_.onStatusOffline(session_, event.peers); });
  }
}

void EventDispatcher::operator()(const PeersWatched& event) {
  call("onPeersWatched", [&] { receiver_.onPeersWatched(session_, event.peers); });
}

void EventDispatcher::operator()(const PeersUnwatched& event) {
  call("onPeersUnwatched", [&] { receiver_.onPeersUnwatched(session_, event.peers); });
}

void EventDispatcher::operator()(const MessageReceived& event) {
  const Message& message = event.message;
  if (message.group_id.empty()) {
    call("onMessage", [&] { receiver_.onMessage(session_, message); });
  } else {
    Group& group = groups_.groupOf(message.group_id);
    call("onGroupMessage", [&] { receiver_.onGroupMessage(group, message); });
  }
}

void EventDispatcher::operator()(const MessageSent& event) {
  if (event.message.group_id.empty()) {
    call("onMessageSent", [&] { receiver_.onMessageSent(session_, event.message, event.receipt); });
  } else {
    Group& group = groups_.groupOf(event.message.group_id);
    call("onGroupMessageSent",
         [&] { receiver_.onGroupMessageSent(group, event.message, event.receipt); });
  }
}

void EventDispatcher::operator()(const MessageFailed& event) {
  if (event.message.group_id.empty()) {
    call("onMessageFailure",
         [&] { receiver_.onMessageFailure(session_, event.message, event.error); });
  } else {
    Group& group = groups_.groupOf(event.message.group_id);
    call("onGroupMessageFailure",
         [&] { receiver_.onGroupMessageFailure(group, event.message, event.error); });
  }
}

void EventDispatcher::operator()(const MessageDelivered& event) {
  call("onMessageDelivered", [&] { receiver_.onMessageDelivered(session_, event); });
}

void EventDispatcher::operator()(const GroupJoined& event) {
  Group& group = groups_.groupOf(event.group_id);
  call("onJoined", [&] { receiver_.onJoined(group); });
}

void EventDispatcher::operator()(const GroupInvited& event) {
  Group& group = groups_.groupOf(event.group_id);
  call("onInvitedToGroup", [&] { receiver_.onInvitedToGroup(group, event.by); });
}

void EventDispatcher::operator()(const GroupLeft& event) {
  Group& group = groups_.groupOf(event.group_id);
  call("onLeft", [&] { receiver_.onLeft(group, event.by); });
}

void EventDispatcher::operator()(const PeersInvited& event) {
  Group& group = groups_.groupOf(event.group_id);
  call("onInvited", [&] { receiver_.onInvited(group, event.peers); });
}

void EventDispatcher::operator()(const PeersKicked& event) {
  Group& group = groups_.groupOf(event.group_id);
  call("onKicked", [&] { receiver_.onKicked(group, event.peers); });
}

void EventDispatcher::operator()(const MembersChanged& event) {
  Group& group = groups_.groupOf(event.group_id);
  if (event.joined) {
    call("onMembersJoined", [&] { receiver_.onMembersJoined(group, event); });
  } else {
    call("onMembersLeft", [&] { receiver_.onMembersLeft(group, event); });
  }
}

void EventDispatcher::operator()(const GroupRejected& event) {
  Group& group = groups_.groupOf(event.group_id);
  call("onReject", [&] { receiver_.onReject(group, event); });
}

void EventDispatcher::operator()(const MessageEdited& event) {
  call("onMessageEdited", [&] { receiver_.onMessageEdited(session_, event); });
}

void EventDispatcher::operator()(const MessageRecalled& event) {
  call("onMessageRecalled", [&] { receiver_.onMessageRecalled(session_, event); });
}

void EventDispatcher::operator()(const UnreadChanged& event) {
  call("onUnreadChanged", [&] { receiver_.onUnreadChanged(session_, event.unread); });
}

void EventDispatcher::operator()(const ConversationUpdated& event) {
  call("onConversationUpdated", [&] { receiver_.onConversationUpdated(session_, event); });
}

void EventDispatcher::operator()(const StandingChanged& event) {
  call("onStandingChanged", [&] { receiver_.onStandingChanged(session_, event); });
}

void EventDispatcher::operator()(const EventsMissed& event) {
  call("onEventsMissed", [&] { receiver_.onEventsMissed(session_, event); });
}

}  // namespace kith::client
