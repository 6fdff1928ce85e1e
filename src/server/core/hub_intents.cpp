// SPDX-License-Identifier: Apache-2.0
// What clients ask for, on its way to the part of the hub that carries it out.
#include <type_traits>

#include "base/close_codes.hpp"
#include "base/peer_id.hpp"
#include "server/core/hub_state.hpp"

namespace kith::core {

Outcome Hub::State::carryOut(Connection& connection, const Intent& intent) {
  return std::visit([&](const auto& body) { return carryOut(connection, intent, body); },
                    intent.body);
}

Outcome Hub::State::carryOut(Connection& connection, const Intent& intent, const Heartbeat&) {
  rates.charge(connection, RateLimiter::costOf(intent));
  context.writer.reply(connection, {intent.i, {}, {}, HeartbeatReply{}});
  return Outcome::Done;
}

Outcome Hub::State::carryOut(Connection& connection, const Intent& intent, const Login& wish) {
  rates.charge(connection, RateLimiter::costOf(intent));
  if (!connection.opening_refused) connection.login_due = base::kNever;
  if (!connection.dialect->rules().current) return Outcome::Done;
  // Android's client names its app only here (leancloud-current §12).
  const auto app = intent.app_id ? context.apps.find(*intent.app_id) : context.apps.end();
  if (app != context.apps.end()) connection.app = app->second.get();
  context.writer.reply(connection, {intent.i, {}, {}, LoginReply{wish.service, wish.installation}});
  return Outcome::Done;
}

Outcome Hub::State::carryOut(Connection& connection, const Intent& intent,
                             const OpenSession& wish) {
  sessions.open(connection, intent, wish);
  const Session* opened = sessions.find(connection, intent);
  const std::size_t joined = opened ? opened->peer->groups.size() : 0;
  rates.charge(connection, RateLimiter::costOf(intent) + RateLimiter::costOfGroups(joined));
  return Outcome::Done;
}

Outcome Hub::State::carryOut(Connection& connection, const Intent& intent, const CloseSession&) {
  if (Session* session = sessions.find(connection, intent)) {
    sessions.close(*session, intent.i);
    return Outcome::Done;
  }
  rates.charge(connection, RateLimiter::costOf(intent));
  const SessionReply reply{SessionReply::To::Close, {}};
  context.writer.reply(connection, {intent.i, {}, intent.peer_id, reply});
  return Outcome::Done;
}

// One for a peer that has no session is late, or Android's for a push: nothing to answer.
Outcome Hub::State::carryOut(Connection& connection, const Intent& intent,
                             const Acknowledge& wish) {
  Session* session = sessions.find(connection, intent);
  const bool useful = session && delivery.acknowledge(*session, wish);
  if (useful) return Outcome::Done;
  if (session) {
    rates.charge(*session, RateLimiter::kUselessAck);
  } else {
    rates.charge(connection, RateLimiter::kUselessAck);
  }
  return Outcome::Done;
}

Outcome Hub::State::carryOut(Connection& connection, const Intent& intent, const Unknown& wish) {
  rates.charge(connection, RateLimiter::costOf(intent));
  Notice reply{intent.i, {}, {}, Refused{base::kUnparseableRawMessage}};
  if (wish.names_peer) reply.peer_id = intent.peer_id;
  context.writer.reply(connection, reply);
  return Outcome::Done;
}

template <typename Wish>
Outcome Hub::State::carryOut(Connection& connection, const Intent& intent, const Wish& wish) {
  Session* session = need(connection, intent);
  return session ? ask(*session, intent.i, wish) : Outcome::Done;
}

Session* Hub::State::need(Connection& connection, const Intent& intent) {
  Session* session = sessions.find(connection, intent);
  if (session) {
    rates.charge(*session, RateLimiter::costOf(intent));
    return connection.closing ? nullptr : session;
  }
  rates.charge(connection, RateLimiter::costOf(intent));
  if (connection.dialect->rules().current && !connection.closing) {
    context.writer.reply(connection,
                         {intent.i, {}, intent.peer_id, RequestRefused{base::kSessionRequired}});
    return nullptr;
  }
  if (intent.app_id && !context.apps.contains(*intent.app_id)) {
    context.close(connection, base::kAppNotAvailable);
  } else if (!connection.opening_refused) {
    context.close(connection, base::kSessionRequired);
  }
  return nullptr;
}

Outcome Hub::State::ask(Session& session, const Serial& i, const WatchPeers& wish) {
  sessions.watch(session, i, wish);
  return Outcome::Done;
}

Outcome Hub::State::ask(Session& session, const Serial& i, const UnwatchPeers& wish) {
  sessions.unwatch(session, i, wish);
  return Outcome::Done;
}

Outcome Hub::State::ask(Session& session, const Serial& i, const QueryPresence& wish) {
  sessions.query(session, i, wish);
  return Outcome::Done;
}

Outcome Hub::State::ask(Session& session, const Serial& i, const RefreshToken& wish) {
  sessions.refresh(session, i, wish);
  return Outcome::Done;
}

template <typename Wish>
Outcome Hub::State::ask(Session& session, const Serial& i, const Wish& wish) {
  Group* group = groups.find(session.peer->app, wish.group);
  if (!group && base::whyBadPeerId(wish.group).empty()) {
    return park(session, i, wish, wish.group);
  }
  const Ref<Connection> connection(session.connection);
  resume(session, i, wish, group);
  return connection->parked ? Outcome::Parked : Outcome::Done;
}

Outcome Hub::State::ask(Session& session, const Serial& i, const AskMembership& wish) {
  conversations.askMembership(session, i, wish);
  return Outcome::Done;
}

Outcome Hub::State::ask(Session& session, const Serial& i, const StartConversation& wish) {
  conversations.start(session, i, wish);
  return Outcome::Done;
}

Outcome Hub::State::ask(Session& session, const Serial& i, const FindConversations& wish) {
  conversations.find(session, i, wish);
  return Outcome::Done;
}

Outcome Hub::State::ask(Session& session, const Serial& i, const ListDeclined& wish) {
  standings.listDeclined(session, i, wish);
  return Outcome::Done;
}

Outcome Hub::State::ask(Session& session, const Serial& i, const KickPeer& wish) {
  sessions.kick(*session.peer, wish.reason);
  const SessionReply reply{SessionReply::To::Close, {}};
  context.writer.reply(*session.connection, Context::notice(session, reply, i));
  return Outcome::Done;
}

Outcome Hub::State::ask(Session& session, const Serial& i, const CountOnline&) {
  std::size_t online = 0;
  session.peer->app.peers.each([&](const Peer& peer) { online += peer.online() ? 1 : 0; });
  context.writer.reply(*session.connection, Context::notice(session, OnlineReply{online}, i));
  return Outcome::Done;
}

// Neither its connection nor its session is in any list: they are there as long as a pending
// command refers to them. As it is super, it need be no member.
void Hub::State::serve(ConnectionId command, Dialect& dialect, const ServiceCommand& wish) {
  const Ref<Connection> connection(new Connection(command, dialect));
  connection->service = true;
  const auto app = context.apps.find(wish.app_id);
  if (app == context.apps.end()) return context.close(*connection, base::kAppNotAvailable);
  if (!base::whyBadPeerId(wish.peer_id).empty()) {
    return context.close(*connection, base::kInvalidLogin);
  }
  const Ref<Session> session(new Session(*connection, app->second->peer(wish.peer_id)));
  session->is_super = true;
  std::visit([&](const auto& each) { ask(*session, {}, each); }, wish.wish);
}

Outcome Hub::State::ask(Session& session, const Serial& i, const CountUnread&) {
  conversations.countUnread(session, i);
  return Outcome::Done;
}

Outcome Hub::State::ask(Session& session, const Serial& i, const AskChanges& wish) {
  missed.askChanges(session, i, wish);
  return Outcome::Done;
}

Outcome Hub::State::ask(Session& session, const Serial& i, const AskEdits& wish) {
  missed.askEdits(session, i, wish);
  return Outcome::Done;
}

Outcome Hub::State::ask(Session& session, const Serial& i, const SendMessage& wish) {
  if (wish.group.empty() && wish.will) {
    delivery.dropWill(session, i);
    return Outcome::Done;
  }
  if (wish.group.empty()) {
    const std::size_t deliveries = delivery.toPeers(session, i, wish);
    rates.charge(session, RateLimiter::costOfDeliveries(wish, deliveries));
    return Outcome::Done;
  }
  Group* group = groups.find(session.peer->app, wish.group);
  if (!group && base::whyBadPeerId(wish.group).empty()) {
    return park(session, i, wish, wish.group);
  }
  toGroup(session, i, wish, group);
  return Outcome::Done;
}

void Hub::State::toGroup(Session& session, const Serial& i, const SendMessage& wish, Group* group) {
  if (wish.will) return delivery.keepWill(session, i, wish, group);
  const std::size_t deliveries = delivery.toGroup(session, i, wish, group);
  // Its receivers were not named, so all that are here are to be paid for.
  rates.charge(session, RateLimiter::costOfDeliveries(wish, deliveries));
}

Outcome Hub::State::ask(Session& session, const Serial& i, const ChangeMembers& wish) {
  const Connection& connection = *session.connection;
  if (connection.dialect->rules().current && !connection.service && namesItself(session, wish)) {
    return askItself(session, i, wish);
  }
  if (!rooms.allows(session, i, wish)) return Outcome::Done;
  return changeMembers(session, i, wish);
}

/// In the current protocol peers add and remove themselves by name.
bool Hub::State::namesItself(const Session& session, const ChangeMembers& wish) {
  const IdList peers = wish.peerIds();
  return peers.size() == 1 && peers.front() == session.peer->id;
}

Outcome Hub::State::askItself(Session& session, const Serial& i, const ChangeMembers& wish) {
  const bool joins = wish.change == MemberChange::Invite;
  // What was signed is the form with the name; to leave needs no signature.
  if (joins && !rooms.allows(session, i, wish)) return Outcome::Done;
  ChangeMembers own = wish;
  own.change = joins ? MemberChange::Join : MemberChange::Leave;
  return changeMembers(session, i, own);
}

Outcome Hub::State::changeMembers(Session& session, const Serial& i, const ChangeMembers& wish) {
  const std::string_view id = wish.groupId();
  if (wish.change == MemberChange::Join && id.empty()) {
    rooms.create(session, i, wish);
    return Outcome::Done;
  }
  Group* group = groups.find(session.peer->app, id);
  if (!group && base::whyBadPeerId(id).empty()) return park(session, i, wish, id);
  rooms.apply(session, i, wish, group);
  return Outcome::Done;
}

template <typename Wish>
Outcome Hub::State::park(Session& session, const Serial& i, const Wish& wish,
                         std::string_view group) {
  Connection& connection = *session.connection;
  connection.parked = true;
  PendingCommand& load =
      context.pending.begin(PendingCommand::Kind::Load, Ref<Connection>(&connection));
  load.session = Ref<Session>(&session);
  load.i.assign(i);
  load.intent.assign(wish);
  context.asked_storage = true;
  context.storage.submit(load.token, storage::LoadGroup{session.peer->app.options.id, group});
  return Outcome::Parked;
}

void Hub::State::resume(Session& session, const Serial& i, const SendMessage& wish, Group* group) {
  toGroup(session, i, wish, group ? group : groups.find(session.peer->app, wish.group));
}

void Hub::State::resume(Session& session, const Serial& i, const ChangeMembers& wish,
                        Group* group) {
  rooms.apply(session, i, wish, group ? group : groups.find(session.peer->app, wish.groupId()));
}

// One after the other, as each may have to be loaded.
void Hub::State::resume(Session& session, const Serial& i, const MarkRead& wish, Group* group) {
  MarkRead rest = wish;
  for (;;) {
    if (!group) group = groups.find(session.peer->app, rest.group);
    marks.read(session, i, rest, group);
    if (rest.more.empty() || !session.alive()) return;
    const ReadMark next = rest.more.front();
    rest = {next.group, next.upto, rest.more.subspan(1)};
    group = groups.find(session.peer->app, rest.group);
    if (!group && base::whyBadPeerId(rest.group).empty()) {
      park(session, i, rest, rest.group);
      return;
    }
  }
}

void Hub::State::carryOutIn(Session& session, const AcknowledgeUpTo& wish, Group* group) {
  if (group && delivery.acknowledge(session, wish, *group)) return;
  rates.charge(session, RateLimiter::kUselessAck);
}

template <typename Wish>
void Hub::State::resume(Session& session, const Serial& i, const Wish& wish, Group* group) {
  if (!group) group = groups.find(session.peer->app, wish.group);
  if constexpr (std::is_same_v<Wish, AcknowledgeUpTo>) {
    carryOutIn(session, wish, group);
  } else if constexpr (std::is_same_v<Wish, AskMarks>) {
    marks.ask(session, i, wish, group);
  } else if constexpr (std::is_same_v<Wish, ChangeStanding>) {
    standings.change(session, i, wish, group);
  } else if constexpr (std::is_same_v<Wish, ListStandings>) {
    standings.list(session, i, wish, group);
  } else if constexpr (std::is_same_v<Wish, ListMembers>) {
    conversations.list(session, i, wish, group);
  } else if constexpr (std::is_same_v<Wish, ReadMessages>) {
    conversations.read(session, i, wish, group);
  } else if constexpr (std::is_same_v<Wish, EditMessage>) {
    conversations.edit(session, i, wish, group);
  } else if constexpr (std::is_same_v<Wish, UpdateConversation>) {
    conversations.update(session, i, wish, group);
  } else if constexpr (std::is_same_v<Wish, MuteConversation>) {
    conversations.mute(session, i, wish, group);
  } else if constexpr (std::is_same_v<Wish, RemoveConversation>) {
    removals.begin(session, i, wish, group);
  } else {
    conversations.count(session, i, wish, group);
  }
}

void Hub::State::resumeParked(PendingCommand& load, const Result<storage::FoundGroup>& record) {
  Connection& connection = *load.connection;
  connection.parked = false;
  if (connection.closing || !load.session->alive()) return;
  if (!record) return context.close(connection, base::kInternalError);
  Session& session = *load.session;
  Group* group = *record ? &groups.insert(session.peer->app, **record) : nullptr;
  if (group && groups.isOver(*group)) group = nullptr;
  std::visit([&](const auto& wish) { resume(session, load.i.get(), wish, group); },
             load.intent.get());
  if (connection.parked || connection.service) return;  // parked: by the rest of it
  if (rates.next(connection) == Flow::Continue && !connection.closing) {
    context.output.resume(connection.id);
  }
}

}  // namespace kith::core
