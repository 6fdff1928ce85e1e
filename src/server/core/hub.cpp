// SPDX-License-Identifier: Apache-2.0
#include "server/core/hub.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "base/close_codes.hpp"
#include "base/peer_id.hpp"
#include "server/core/app_updater.hpp"
#include "server/core/auth.hpp"
#include "server/core/context.hpp"
#include "server/core/conversations.hpp"
#include "server/core/delivery.hpp"
#include "server/core/dialect.hpp"
#include "server/core/group_cache.hpp"
#include "server/core/marks.hpp"
#include "server/core/presence.hpp"
#include "server/core/rate_limiter.hpp"
#include "server/core/replay.hpp"
#include "server/core/rooms.hpp"
#include "server/core/sessions.hpp"
#include "server/core/standings.hpp"

namespace kith::core {
namespace {

using base::Millis;

constexpr Millis kFirstExpiry{60 * 1000};
constexpr Millis kExpiryInterval{3600 * 1000};

}  // namespace

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
  Outcome ask(Session& session, const Serial& i, const KickPeer& wish);
  Outcome ask(Session& session, const Serial& i, const CountOnline&);
  void serve(ConnectionId command, Dialect& dialect, const ServiceCommand& wish);
  Outcome ask(Session& session, const Serial& i, const CountUnread&);
  /// What is about one conversation.
  template <typename Wish>
  Outcome ask(Session& session, const Serial& i, const Wish& wish);
  void resume(Session& session, const Serial& i, const SendMessage& wish, Group* group);
  void resume(Session& session, const Serial& i, const ChangeMembers& wish, Group* group);
  void resume(Session& session, const Serial& i, const MarkRead& wish, Group* group);
  /// Those that stand in for an intent about no group.
  static void resume(Session&, const Serial&, const FindConversations&, Group*) {}
  static void resume(Session&, const Serial&, const AskMembership&, Group*) {}
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
  void onAnswer(storage::Token token, const Result<storage::MembersChanged>& result);
  void onAnswer(storage::Token token, const Result<objects::FoundObjects>& found);
  void onAnswer(storage::Token token, Result<storage::HistoryPage>& page);
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
  Sessions sessions{context, auth, presence, groups, replay, marks};
  Delivery delivery{context};
  Rooms rooms{context, auth, groups};
  Conversations conversations{context, auth};
  Standings standings{context, auth, rooms};
  AppUpdater updater{context, presence, replay};
  base::HashIndex<Connection> connections;  ///< each counts as a reference
  Millis expire_at{base::kNever};
};

Hub::State::State(HubOptions options, Output& output, storage::Storage& storage,
                  base::Random& random)
    : context(std::move(options), output, storage, random) {
  updater.take({std::exchange(context.options.apps, {}), context.options.switches, 0});
}

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

Outcome Hub::State::ask(Session& session, const Serial& i, const SendMessage& wish) {
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
  std::visit([&](const auto& wish) { resume(session, load.i.get(), wish, group); },
             load.intent.get());
  if (connection.parked || connection.service) return;  // parked: by the rest of it
  if (rates.next(connection) == Flow::Continue && !connection.closing) {
    context.output.resume(connection.id);
  }
}

void Hub::State::answered(PendingCommand& command) {
  command.unanswered = false;
  // The command may end in the first of these.
  const Ref<Connection> connection = command.connection;
  ConversationQueue* const conversation = command.conversation;
  sendReplies(*connection);
  if (conversation) advance(*conversation);
  endClosed();
}

void Hub::State::sendReplies(Connection& connection) {
  while (!connection.replies.empty() && !connection.replies.first->unanswered) {
    PendingCommand& command = PendingCommands::takeReply(connection);
    switch (command.kind) {
      case PendingCommand::Kind::Append: delivery.sendAck(command); break;
      case PendingCommand::Kind::Change: rooms.sendReply(command); break;
      case PendingCommand::Kind::Start: conversations.sendReply(command); break;
      case PendingCommand::Kind::Write: replyToWrite(command); break;
      default: context.writer.onFrame(command); break;
    }
    endIfDone(command);
  }
}

void Hub::State::advance(ConversationQueue& conversation) {
  while (!conversation.waiting.empty() && !conversation.waiting.first->unanswered) {
    PendingCommand& command = PendingCommands::takeFrom(conversation);
    const Ref<Connection> connection = command.connection;
    // Its connection must not hear of the command before the reply, which may wait for others.
    connection->holding = command.unreplied;
    takeTurn(command);
    connection->holding = false;
    endIfDone(command);
  }
  if (conversation.waiting.empty()) context.conversations.end(conversation);
}

void Hub::State::takeTurn(PendingCommand& command) {
  switch (command.kind) {
    case PendingCommand::Kind::Append: return delivery.deliver(command);
    case PendingCommand::Kind::Change: return rooms.carryOut(command);
    case PendingCommand::Kind::Write: return tellOfWrite(command);
    default: return delivery.onTransient(command);
  }
}

namespace {

bool changesStanding(const PendingCommand& write) {
  return std::holds_alternative<ChangeStanding>(write.intent.get());
}

}  // namespace

void Hub::State::replyToWrite(const PendingCommand& write) {
  if (changesStanding(write)) return standings.sendReply(write);
  conversations.sendWriteReply(write);
}

void Hub::State::tellOfWrite(const PendingCommand& write) {
  if (changesStanding(write)) return standings.tell(write);
  conversations.tell(write);
}

void Hub::State::endIfDone(PendingCommand& command) {
  if (!command.unreplied && !command.conversation) context.pending.end(command);
}

void Hub::State::endClosed() {
  // Ending sessions may close nothing more, but it may write, so the list is taken first.
  while (!context.just_closed.empty()) {
    const Ref<Connection> connection = std::move(context.just_closed.back());
    context.just_closed.pop_back();
    endAll(*connection);
  }
}

void Hub::State::endAll(Connection& connection) {
  connection.closing = true;
  // A will may be the last thing that holds its group.
  for (std::size_t i = 0; i < connection.sessions.size(); ++i) {
    delivery.sendWill(*connection.sessions[i]);
  }
  sessions.endAll(connection);
}

void Hub::State::look(Connection& connection) {
  const Millis now = context.now.mono;
  const Millis held_due = context.writer.releaseDue(connection);
  const Millis idle_due = connection.heard_at + context.options.idle_timeout;
  if (connection.login_due <= now) return context.close(connection, base::kLoginTimeout);
  if (idle_due <= now) return context.close(connection, base::kReadTimeout);
  context.timers.add(std::min({idle_due, connection.login_due, held_due}),
                     Ref<Connection>(&connection));
}

Hub::Hub(HubOptions options, Output& output, storage::Storage& storage, base::Random& random)
    : state_(std::make_unique<State>(std::move(options), output, storage, random)) {}

Hub::~Hub() {
  // Connections whose end was not told go first: they may have sessions in every app.
  for (auto& [id, app] : state_->context.apps) app->lane.clear();
  state_->connections.each([](Connection& connection) {
    const Ref<Connection> last(&connection);
    --connection.refs;
  });
}

void Hub::connected(ConnectionId id, Dialect& dialect, base::Instant now) {
  disconnected(id, now);  // a number used anew before its end was told
  Context& context = state_->context;
  Ref<Connection> connection(new Connection(id, dialect));
  connection->heard_at = now.mono;
  connection->login_due = now.mono + context.options.login_timeout;
  state_->look(*connection);
  state_->connections.add(id, connection.get());
  ++connection->refs;
  context.stats.connections = state_->connections.size();
}

Flow Hub::received(ConnectionId id, char* frame, std::size_t size, base::Instant now) {
  setNow(now);
  const Ref<Connection> connection(state_->find(id));
  if (!connection || connection->closing) return Flow::Continue;
  Context& context = state_->context;
  ++context.stats.frames_in;
  connection->heard_at = now.mono;
  Outcome outcome = Outcome::Done;
  const std::size_t most = connection->dialect->rules().current
                               ? currentFrameBytes(context.options.frame_bytes)
                               : context.options.frame_bytes;
  if (size > most) {
    context.close(*connection, base::kFrameTooLong);
  } else if (connection->parked) {
    // The driver fed on against Flow::Wait. Carrying this out would break the order.
    context.close(*connection, base::kInternalError);
  } else if (const auto intent = connection->dialect->read(frame, size)) {
    outcome = state_->carryOut(*connection, *intent);
  } else {
    context.close(*connection, base::kUnparseableRawMessage);
  }
  state_->endClosed();
  return outcome == Outcome::Parked ? Flow::Wait : state_->rates.next(*connection);
}

void Hub::heard(ConnectionId id, base::Instant now) {
  setNow(now);
  if (Connection* connection = state_->find(id)) connection->heard_at = now.mono;
}

void Hub::drained(ConnectionId id, base::Instant now) {
  setNow(now);
  Connection* connection = state_->find(id);
  if (connection && !connection->closing) state_->replay.onDrained(*connection);
}

void Hub::disconnected(ConnectionId id, base::Instant now) {
  setNow(now);
  const Ref<Connection> connection(state_->find(id));
  if (!connection) return;
  state_->connections.remove(id, connection.get());
  --connection->refs;
  state_->endAll(*connection);
  state_->context.stats.connections = state_->connections.size();
}

void Hub::command(ConnectionId command, Dialect& dialect, const ServiceCommand& wish,
                  base::Instant now) {
  setNow(now);
  state_->serve(command, dialect, wish);
  state_->endClosed();
}

Millis Hub::deadline() const {
  if (state_->rates.hasWaiting()) return state_->context.now.mono;
  return std::min(state_->context.timers.next(), state_->expire_at);
}

void Hub::timeReached(base::Instant now) {
  setNow(now);
  Context& context = state_->context;
  Timers::Entry due;
  while (context.timers.takeDue(now.mono, due)) {
    if (due.peer) {
      state_->presence.onTimer(*due.peer);
    } else if (!due.connection->closing && due.connection->timer_at == due.at) {
      state_->look(*due.connection);
    }
  }
  if (state_->expire_at <= now.mono) {
    state_->expire_at = now.mono + kExpiryInterval;
    context.asked_storage = true;
    context.storage.submit(storage::kNoToken, storage::Expire{now.wall.count()});
  }
  state_->endClosed();
}

void Hub::endTurn(base::Instant now, Lanes lanes) {
  setNow(now);
  if (lanes == Lanes::Both) state_->rates.endTurn();
  state_->context.writer.sendAllPresence();
  if (std::exchange(state_->context.asked_storage, false)) state_->context.storage.flush();
}

bool Hub::hasWaiting() const { return state_->rates.hasWaiting(); }

void Hub::goAway(base::Instant now) {
  setNow(now);
  state_->connections.each([this](Connection& connection) {
    if (!connection.dialect->rules().current || connection.closing) return;
    state_->context.writer.reply(connection, {{}, {}, {}, GoAway{}});
    state_->context.writer.releaseAll(connection);
  });
}

void Hub::setApps(const apps::AppSnapshot& snapshot, base::Instant now) {
  setNow(now);
  state_->updater.take(snapshot);
}

void Hub::setNow(base::Instant now) {
  state_->context.now = now;
  // The first moment the hub hears of.
  if (state_->expire_at == base::kNever) state_->expire_at = now.mono + kFirstExpiry;
}

bool Hub::isOnline(std::string_view app_id, std::string_view peer_id) const {
  const auto app = state_->context.apps.find(app_id);
  if (app == state_->context.apps.end()) return false;
  const Peer* const peer = app->second->findPeer(peer_id);
  return peer != nullptr && peer->online();
}

void Hub::forgetGroup(std::string_view app_id, std::string_view group_id) {
  const auto app = state_->context.apps.find(app_id);
  if (app == state_->context.apps.end()) return;
  if (Group* const group = state_->groups.find(*app->second, group_id))
    state_->groups.forget(*group);
}

const HubStats& Hub::stats() const { return state_->context.stats; }

std::size_t Hub::groups() const { return state_->groups.size(); }

std::size_t Hub::groupMembers() const { return state_->context.group_members; }

std::size_t Hub::reservations() const {
  std::size_t reservations = 0;
  for (const auto& [id, app] : state_->context.apps) reservations += app->reservations.size();
  return reservations;
}

void Hub::State::onAnswer(storage::Token token, Result<storage::Appended>& result) {
  PendingCommand* message = context.pending.find(token, PendingCommand::Kind::Append);
  if (!message) return;
  delivery.onAppended(*message, result);
  answered(*message);
}

void Hub::State::onAnswer(storage::Token token, const Result<storage::PendingPage>& page) {
  PendingCommand* asked = context.pending.find(token, PendingCommand::Kind::Page);
  if (!asked) return;
  replay.onPage(*asked, page);
  context.pending.end(*asked);
  endClosed();
}

void Hub::State::onAnswer(storage::Token token, const Result<storage::FoundGroup>& group) {
  PendingCommand* load = context.pending.find(token, PendingCommand::Kind::Load);
  if (!load) return;
  resumeParked(*load, group);
  context.pending.end(*load);
  endClosed();
}

void Hub::State::onAnswer(storage::Token token, const Result<storage::MembersChanged>& result) {
  if (PendingCommand* start = context.pending.find(token, PendingCommand::Kind::Start)) {
    conversations.onStarted(*start, result);
    return answered(*start);
  }
  if (PendingCommand* write = context.pending.find(token, PendingCommand::Kind::Write)) {
    standings.onChanged(*write, result);
    return answered(*write);
  }
  PendingCommand* change = context.pending.find(token, PendingCommand::Kind::Change);
  if (!change) return;
  rooms.onChanged(*change, result);
  answered(*change);
}

void Hub::State::onAnswer(storage::Token token, const Result<objects::FoundObjects>& found) {
  PendingCommand* asked = context.pending.find(token, PendingCommand::Kind::Ask);
  if (!asked) return;
  conversations.onFound(*asked, found);
  answered(*asked);
}

void Hub::State::onAnswer(storage::Token token, const Result<storage::ReadMarked>& marked) {
  if (PendingCommand* asked = context.pending.find(token, PendingCommand::Kind::Ask)) {
    marks.onRead(*asked, marked);
    return answered(*asked);
  }
  PendingCommand* read = context.pending.find(token, PendingCommand::Kind::Read);
  if (!read) return;
  marks.onRead(*read, marked);
  context.pending.end(*read);
}

void Hub::State::onAnswer(storage::Token token, const Result<storage::MemberMarks>& found) {
  PendingCommand* asked = context.pending.find(token, PendingCommand::Kind::Ask);
  if (!asked) return;
  marks.onMarks(*asked, found);
  answered(*asked);
}

void Hub::State::onAnswer(storage::Token token, Result<storage::HistoryPage>& page) {
  if (PendingCommand* edits = context.pending.find(token, PendingCommand::Kind::Edits)) {
    marks.onEdits(*edits, page);
    context.pending.end(*edits);
    return endClosed();
  }
  PendingCommand* asked = context.pending.find(token, PendingCommand::Kind::Ask);
  if (!asked) return;
  conversations.onRead(*asked, page);
  answered(*asked);
}

void Hub::State::onAnswer(storage::Token token, const Result<storage::UnreadList>& list) {
  if (PendingCommand* asked = context.pending.find(token, PendingCommand::Kind::Ask)) {
    conversations.onCounted(*asked, list);
    return answered(*asked);
  }
  PendingCommand* asked = context.pending.find(token, PendingCommand::Kind::Unread);
  if (!asked) return;
  replay.onCounted(*asked, list);
  context.pending.end(*asked);
  endClosed();
}

void Hub::State::onAnswer(storage::Token token, const Result<storage::Changed>& result) {
  PendingCommand* write = context.pending.find(token, PendingCommand::Kind::Write);
  if (!write) return;
  conversations.onEdited(*write, result);
  answered(*write);
}

void Hub::State::onAnswer(storage::Token token, const Result<storage::ObjectRecord>& object) {
  PendingCommand* write = context.pending.find(token, PendingCommand::Kind::Write);
  if (!write) return;
  conversations.onUpdated(*write, object);
  answered(*write);
}

void Hub::onAnswer(storage::Answer& answer) {
  std::visit([&](auto& result) { state_->onAnswer(answer.token, result); }, answer.value);
}

}  // namespace kith::core
