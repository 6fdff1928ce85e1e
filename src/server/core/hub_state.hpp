// SPDX-License-Identifier: Apache-2.0
// The parts of the hub and how they hang together: intents go to the part that carries them out
// (hub_intents.cpp), answers of the storage and turns to the part that waits for them
// (hub_answers.cpp). Hub's thread.
#pragma once

#include "server/core/app_updater.hpp"
#include "server/core/auth.hpp"
#include "server/core/context.hpp"
#include "server/core/conversations.hpp"
#include "server/core/delivery.hpp"
#include "server/core/dialect.hpp"
#include "server/core/group_cache.hpp"
#include "server/core/hub.hpp"
#include "server/core/marks.hpp"
#include "server/core/missed.hpp"
#include "server/core/presence.hpp"
#include "server/core/rate_limiter.hpp"
#include "server/core/removals.hpp"
#include "server/core/replay.hpp"
#include "server/core/rooms.hpp"
#include "server/core/sessions.hpp"
#include "server/core/standings.hpp"

namespace kith::core {

struct Hub::State {
  State(HubOptions options, Output& output, storage::Storage& storage, base::Random& random);

  /// The front's numbers are small and dense: they are hashes good enough.
  Connection* find(ConnectionId id) {
    return connections.find(id, [&](const Connection& each) { return each.id == id; });
  }

  /// Carries an intent out. What a session asks for has one overload each below.
  Outcome carryOut(Connection& connection, const Intent& intent);
  Outcome carryOut(Connection& connection, const Intent& intent, const Heartbeat&);
  Outcome carryOut(Connection& connection, const Intent& intent, const Login& wish);
  Outcome carryOut(Connection& connection, const Intent& intent, const OpenSession& wish);
  Outcome carryOut(Connection& connection, const Intent& intent, const CloseSession&);
  Outcome carryOut(Connection& connection, const Intent& intent, const Acknowledge& wish);
  Outcome carryOut(Connection& connection, const Intent& intent, const Unknown& wish);
  template <typename Wish>
  Outcome carryOut(Connection& connection, const Intent& intent, const Wish& wish);
  Outcome ask(Session& session, const Serial& i, const SendMessage& wish);
  Outcome ask(Session& session, const Serial& i, const ChangeMembers& wish);
  static bool namesItself(const Session& session, const ChangeMembers& wish);
  Outcome askItself(Session& session, const Serial& i, const ChangeMembers& wish);
  Outcome changeMembers(Session& session, const Serial& i, const ChangeMembers& wish);
  Outcome ask(Session& session, const Serial& i, const WatchPeers& wish);
  Outcome ask(Session& session, const Serial& i, const UnwatchPeers& wish);
  Outcome ask(Session& session, const Serial& i, const QueryPresence& wish);
  Outcome ask(Session& session, const Serial& i, const RefreshToken& wish);
  Outcome ask(Session& session, const Serial& i, const StartConversation& wish);
  Outcome ask(Session& session, const Serial& i, const FindConversations& wish);
  Outcome ask(Session& session, const Serial& i, const AskMembership& wish);
  Outcome ask(Session& session, const Serial& i, const ListDeclined& wish);
  Outcome ask(Session& session, const Serial& i, const KickPeer& wish);
  Outcome ask(Session& session, const Serial& i, const CountOnline&);
  void serve(ConnectionId command, Dialect& dialect, const ServiceCommand& wish);
  Outcome ask(Session& session, const Serial& i, const CountUnread&);
  Outcome ask(Session& session, const Serial& i, const AskChanges& wish);
  Outcome ask(Session& session, const Serial& i, const AskEdits& wish);
  /// What is about one conversation.
  template <typename Wish>
  Outcome ask(Session& session, const Serial& i, const Wish& wish);
  void resume(Session& session, const Serial& i, const SendMessage& wish, Group* group);
  void resume(Session& session, const Serial& i, const ChangeMembers& wish, Group* group);
  void resume(Session& session, const Serial& i, const MarkRead& wish, Group* group);
  /// Those that stand in for an intent about no group.
  static void resume(Session&, const Serial&, const FindConversations&, Group*) {}
  static void resume(Session&, const Serial&, const AskMembership&, Group*) {}
  static void resume(Session&, const Serial&, const AskChanges&, Group*) {}
  static void resume(Session&, const Serial&, const AskEdits&, Group*) {}
  void carryOutIn(Session& session, const AcknowledgeUpTo& wish, Group* group);
  template <typename Wish>
  void resume(Session& session, const Serial& i, const Wish& wish, Group* group);
  void toGroup(Session& session, const Serial& i, const SendMessage& wish, Group* group);
  /// The session an intent needs; null after the connection was dealt with.
  Session* need(Connection& connection, const Intent& intent);
  /// The group has to be loaded first.
  template <typename Wish>
  Outcome park(Session& session, const Serial& i, const Wish& wish, std::string_view group);
  void resumeParked(PendingCommand& load, const Result<storage::FoundGroup>& record);

  void onAnswer(storage::Token token, Result<storage::Appended>& result);
  void onAnswer(storage::Token token, const Result<storage::PendingPage>& page);
  void onAnswer(storage::Token token, const Result<storage::FoundGroup>& group);
  void onAnswer(storage::Token token, const Result<storage::GroupIds>& groups);
  void onAnswer(storage::Token token, const Result<storage::MembersChanged>& result);
  void onAnswer(storage::Token token, const Result<objects::FoundObjects>& found);
  void onAnswer(storage::Token token, Result<storage::HistoryPage>& page);
  void onAnswer(storage::Token token, Result<storage::ChangesPage>& page);
  void onAnswer(storage::Token token, const Result<storage::ReadMarked>& marked);
  void onAnswer(storage::Token token, const Result<storage::MemberMarks>& found);
  void onAnswer(storage::Token token, const Result<storage::UnreadList>& list);
  void onAnswer(storage::Token token, const Result<storage::Changed>& result);
  void onAnswer(storage::Token token, const Result<storage::ObjectRecord>& object);
  /// The hub asks for nothing else; the front does, with a sink of its own.
  template <typename Other>
  void onAnswer(storage::Token, const Result<Other>&) {}
  /// The command has its answer, which says whether it failed: it and what waited for it go on.
  void answered(PendingCommand& command);
  /// What may leave of a connection's replies leaves.
  void sendReplies(Connection& connection);
  /// What has its turn in a conversation is delivered.
  void advance(ConversationQueue& conversation);
  void takeTurn(PendingCommand& command);
  void replyToWrite(const PendingCommand& write);
  void tellOfWrite(const PendingCommand& write);
  void endIfDone(PendingCommand& command);
  void endClosed();
  /// The connection is lost.
  void endAll(Connection& connection);
  void look(Connection& connection);

  Context context;
  RateLimiter rates{context};
  Auth auth{context};
  Presence presence{context};
  GroupCache groups{context};
  ReplayReader replay{context};
  Marks marks{context};
  Missed missed{context};
  Sessions sessions{context, auth, presence, groups, replay, marks};
  Delivery delivery{context};
  Rooms rooms{context, auth, groups};
  Conversations conversations{context, auth};
  Standings standings{context, auth, rooms};
  Removals removals{context, groups};
  AppUpdater updater{context, presence, replay};
  base::HashIndex<Connection> connections;  ///< each counts as a reference
  base::Millis expire_at{base::kNever};
};

}  // namespace kith::core
