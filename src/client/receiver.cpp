// SPDX-License-Identifier: Apache-2.0
#include <kith/receiver.hpp>

namespace kith {

MessageReceiver::~MessageReceiver() = default;

bool MessageReceiver::onEvent(Session&, Event&) { return false; }

void MessageReceiver::onSessionOpen(Session&, const SessionOpened&) {}
void MessageReceiver::onSessionPaused(Session&, const SessionPaused&) {}
void MessageReceiver::onSessionResumed(Session&, const SessionOpened&) {}
void MessageReceiver::onSessionClosed(Session&, const SessionClosed&) {}
void MessageReceiver::onReconnecting(Session&, const Reconnecting&) {}
void MessageReceiver::onError(Session&, const Error&) {}

void MessageReceiver::onStatusOnline(Session&, const std::vector<std::string>&) {}
void MessageReceiver::onStatusOffline(Session&, const std::vector<std::string>&) {}
void MessageReceiver::onPeersWatched(Session&, const std::vector<std::string>&) {}
void MessageReceiver::onPeersUnwatched(Session&, const std::vector<std::string>&) {}

void MessageReceiver::onMessage(Session&, const Message&) {}
void MessageReceiver::onMessageSent(Session&, const Message&, const Receipt&) {}
void MessageReceiver::onMessageFailure(Session&, const Message&, const Error&) {}
void MessageReceiver::onMessageDelivered(Session&, const MessageDelivered&) {}

void MessageReceiver::onMessageEdited(Session&, const MessageEdited&) {}
void MessageReceiver::onMessageRecalled(Session&, const MessageRecalled&) {}
void MessageReceiver::onUnreadChanged(Session&, const UnreadCount&) {}
void MessageReceiver::onConversationUpdated(Session&, const ConversationUpdated&) {}
void MessageReceiver::onStandingChanged(Session&, const StandingChanged&) {}
void MessageReceiver::onEventsMissed(Session&, const EventsMissed&) {}

void MessageReceiver::onJoined(Group&) {}
void MessageReceiver::onInvitedToGroup(Group&, const std::string&) {}
void MessageReceiver::onLeft(Group&, const std::string&) {}
void MessageReceiver::onInvited(Group&, const std::vector<std::string>&) {}
void MessageReceiver::onKicked(Group&, const std::vector<std::string>&) {}
void MessageReceiver::onMembersJoined(Group&, const MembersChanged&) {}
void MessageReceiver::onMembersLeft(Group&, const MembersChanged&) {}
void MessageReceiver::onReject(Group&, const GroupRejected&) {}

void MessageReceiver::onGroupMessage(Group&, const Message&) {}
void MessageReceiver::onGroupMessageSent(Group&, const Message&, const Receipt&) {}
void MessageReceiver::onGroupMessageFailure(Group&, const Message&, const Error&) {}

}  // namespace kith
