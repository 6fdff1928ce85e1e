// SPDX-License-Identifier: Apache-2.0
#include "server/core/hub.hpp"

#include <algorithm>
#include <utility>

#include "base/close_codes.hpp"
#include "base/peer_id.hpp"
#include "protocol/avos/codec.hpp"
#include "server/core/app_updater.hpp"
#include "server/core/auth.hpp"
#include "server/core/context.hpp"
#include "server/core/delivery.hpp"
#include "server/core/group_cache.hpp"
#include "server/core/presence.hpp"
#include "server/core/rate_limiter.hpp"
#include "server/core/replay.hpp"
#include "server/core/rooms.hpp"
#include "server/core/sessions.hpp"

namespace kith::core {
namespace {

using avos::Cmd;
using avos::Command;
using avos::Field;
using avos::Op;
using base::Millis;

constexpr Millis kFirstExpiry{60 * 1000};
constexpr Millis kExpiryInterval{3600 * 1000};

/// True for `join`, `leave`, `invite`, `kick`.
bool isRoomRequest(Op op) {
  return op == Op::Join || op == Op::Leave || op == Op::Invite || op == Op::Kick;
}

}  // namespace

struct Hub::State {
  State(HubOptions options, Output& output, storage::Storage& storage, base::Random& random);

  /// The front's numbers are small and dense: they are hashes good enough.
  Connection* find(ConnectionId id) {
    return connections.find(id, [&](const Connection& each) { return each.id == id; });
  }

  Outcome dispatch(Connection& connection, const Command& command);
  void sessionCommand(Connection& connection, const Command& command);
  void acknowledge(Connection& connection, const Command& command);
  Outcome direct(Session& session, const Command& command);
  void toGroup(Session& session, const Command& command, Group* group);
  Outcome room(Session& session, const Command& command);
  void closeUnopened(Connection& connection, const Command& command);
  void answerUnknown(Connection& connection, const Command& command);
  /// The session a command needs; null after the connection was dealt with.
  Session* need(Connection& connection, const Command& command);
  Outcome park(Session& session, const Command& command);
  void resumeParked(PendingCommand& load, const Result<storage::FoundGroup>& record);

  void onAnswer(storage::Token token, Result<storage::Appended>& result);
  void onAnswer(storage::Token token, const Result<storage::PendingPage>& page);
  void onAnswer(storage::Token token, const Result<storage::FoundGroup>& group);
  void onAnswer(storage::Token token, const Result<storage::MembersChanged>& result);
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
  void endIfDone(PendingCommand& command);
  void endClosed();
  void look(Connection& connection);

  Context context;
  RateLimiter rates{context};
  Auth auth{context};
  Presence presence{context};
  GroupCache groups{context};
  ReplayReader replay{context};
  Sessions sessions{context, auth, presence, groups, replay};
  Delivery delivery{context};
  Rooms rooms{context, auth, groups};
  AppUpdater updater{context, presence, replay};
  avos::Decoder decoder;
  base::HashIndex<Connection> connections;  ///< each counts as a reference
  Millis expire_at{base::kNever};
};

Hub::State::State(HubOptions options, Output& output, storage::Storage& storage,
                  base::Random& random)
    : context(std::move(options), output, storage, random) {
  updater.take({std::exchange(context.options.apps, {}), context.options.switches, 0});
}

Outcome Hub::State::dispatch(Connection& connection, const Command& command) {
  if (command.i.text.size() > kSerialBytes) {
    Command unnumbered = command;
    unnumbered.i = {};
    answerUnknown(connection, unnumbered);
    return Outcome::Done;
  }
  switch (command.cmd) {
    case Cmd::Heartbeat:
      rates.charge(connection, RateLimiter::costOf(command));
      context.writer.reply(connection, Command{});
      return Outcome::Done;
    case Cmd::Login:
      rates.charge(connection, RateLimiter::costOf(command));
      if (!connection.opening_refused) connection.login_due = base::kNever;
      return Outcome::Done;
    case Cmd::Session: sessionCommand(connection, command); return Outcome::Done;
    case Cmd::Direct:
      if (Session* session = need(connection, command)) return direct(*session, command);
      return Outcome::Done;
    case Cmd::Room:
      if (!isRoomRequest(command.op)) break;
      if (Session* session = need(connection, command)) return room(*session, command);
      return Outcome::Done;
    case Cmd::Ack: acknowledge(connection, command); return Outcome::Done;
    default: break;
  }
  answerUnknown(connection, command);
  return Outcome::Done;
}

// One for a peer that has no session is late, or Android's for a push: nothing to answer.
void Hub::State::acknowledge(Connection& connection, const Command& command) {
  Session* session = sessions.find(connection, command);
  const bool useful = session && delivery.acknowledge(*session, command);
  if (useful) return;
  if (session) return rates.charge(*session, RateLimiter::kUselessAck);
  rates.charge(connection, RateLimiter::kUselessAck);
}

void Hub::State::sessionCommand(Connection& connection, const Command& command) {
  if (command.op == Op::Open) {
    sessions.open(connection, command);
    const Session* opened = sessions.find(connection, command);
    const std::size_t joined = opened ? opened->peer->groups.size() : 0;
    return rates.charge(connection,
                        RateLimiter::costOf(command) + RateLimiter::costOfGroups(joined));
  }
  if (command.op == Op::Close) {
    Session* session = sessions.find(connection, command);
    return session ? sessions.close(*session, command) : closeUnopened(connection, command);
  }
  if (command.op != Op::Add && command.op != Op::Remove && command.op != Op::Query) {
    return answerUnknown(connection, command);
  }
  Session* session = need(connection, command);
  if (!session) return;
  if (command.op == Op::Add) return sessions.add(*session, command);
  if (command.op == Op::Remove) return sessions.remove(*session, command);
  sessions.query(*session, command);
}

Session* Hub::State::need(Connection& connection, const Command& command) {
  Session* session = sessions.find(connection, command);
  if (session) {
    rates.charge(*session, RateLimiter::costOf(command));
    return connection.closing ? nullptr : session;
  }
  rates.charge(connection, RateLimiter::costOf(command));
  if (command.has(Field::AppId) && !context.apps.contains(command.app_id)) {
    context.close(connection, base::kAppNotAvailable);
  } else if (!connection.opening_refused) {
    context.close(connection, base::kSessionRequired);
  }
  return nullptr;
}

void Hub::State::closeUnopened(Connection& connection, const Command& command) {
  rates.charge(connection, RateLimiter::costOf(command));
  Command reply;
  reply.cmd = Cmd::Session;
  reply.op = Op::Closed;
  reply.i = command.i;
  reply.set(Field::PeerId, &Command::peer_id, command.peer_id);
  context.writer.reply(connection, reply);
}

void Hub::State::answerUnknown(Connection& connection, const Command& command) {
  rates.charge(connection, RateLimiter::costOf(command));
  Command reply;
  reply.cmd = Cmd::Error;
  reply.i = command.i;
  if (command.has(Field::PeerId)) reply.set(Field::PeerId, &Command::peer_id, command.peer_id);
  setCode(reply, base::kUnparseableRawMessage);
  context.writer.reply(connection, reply);
}

Outcome Hub::State::direct(Session& session, const Command& command) {
  // An empty roomId is none: the id comes first where both are there (avos-v1 §4.2).
  if (command.room_id.empty()) {
    const std::size_t deliveries = delivery.toPeers(session, command);
    rates.charge(session, RateLimiter::costOfDeliveries(command, deliveries));
    return Outcome::Done;
  }
  Group* group = groups.find(session.peer->app, command.room_id);
  if (!group && base::whyBadPeerId(command.room_id).empty()) return park(session, command);
  toGroup(session, command, group);
  return Outcome::Done;
}

void Hub::State::toGroup(Session& session, const Command& command, Group* group) {
  const std::size_t deliveries = delivery.toGroup(session, command, group);
  // Its receivers were not named, so all who are here are to be paid for.
  rates.charge(session, RateLimiter::costOfDeliveries(command, deliveries));
}

Outcome Hub::State::room(Session& session, const Command& command) {
  if (!rooms.allows(session, command)) return Outcome::Done;
  if (command.op == Op::Join && command.room_id.empty()) {
    rooms.create(session, command);
    return Outcome::Done;
  }
  Group* group = groups.find(session.peer->app, command.room_id);
  if (!group && base::whyBadPeerId(command.room_id).empty()) return park(session, command);
  rooms.apply(session, command, group);
  return Outcome::Done;
}

Outcome Hub::State::park(Session& session, const Command& command) {
  Connection& connection = *session.connection;
  connection.parked = true;
  PendingCommand& load =
      context.pending.begin(PendingCommand::Kind::Load, Ref<Connection>(&connection));
  load.session = Ref<Session>(&session);
  load.command.assign(command);
  context.asked_storage = true;
  context.storage.submit(load.token,
                         storage::LoadGroup{session.peer->app.options.id, command.room_id});
  return Outcome::Parked;
}

void Hub::State::resumeParked(PendingCommand& load, const Result<storage::FoundGroup>& record) {
  Connection& connection = *load.connection;
  connection.parked = false;
  if (connection.closing || !load.session->alive()) return;
  if (!record) return context.close(connection, base::kInternalError);
  Session& session = *load.session;
  const Command& command = load.command.get();
  App& app = session.peer->app;
  Group* group = *record ? &groups.insert(app, **record) : groups.find(app, command.room_id);
  if (command.cmd == Cmd::Direct) {
    toGroup(session, command, group);
  } else {
    rooms.apply(session, command, group);
  }
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
    default: return delivery.onTransient(command);
  }
}

void Hub::State::endIfDone(PendingCommand& command) {
  if (!command.unreplied && !command.conversation) context.pending.end(command);
}

void Hub::State::endClosed() {
  // Ending sessions may close nothing more, but it may write, so the list is taken first.
  while (!context.just_closed.empty()) {
    const Ref<Connection> connection = std::move(context.just_closed.back());
    context.just_closed.pop_back();
    sessions.endAll(*connection);
  }
}

void Hub::State::look(Connection& connection) {
  const Millis now = context.now.mono;
  const Millis idle_due = connection.heard_at + context.options.idle_timeout;
  if (connection.login_due <= now) return context.close(connection, base::kLoginTimeout);
  if (idle_due <= now) return context.close(connection, base::kReadTimeout);
  context.timers.add(std::min(idle_due, connection.login_due), Ref<Connection>(&connection));
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

void Hub::connected(ConnectionId id, base::Instant now) {
  disconnected(id, now);  // a number used anew before its end was told
  Context& context = state_->context;
  Ref<Connection> connection(new Connection(id));
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
  if (size > context.options.frame_bytes) {
    context.close(*connection, base::kFrameTooLong);
  } else if (connection->parked) {
    // The driver fed on against Flow::Wait. Carrying this out would break the order.
    context.close(*connection, base::kInternalError);
  } else if (const auto command = state_->decoder.decode(frame, size)) {
    outcome = state_->dispatch(*connection, *command);
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
  state_->sessions.endAll(*connection);
  state_->context.stats.connections = state_->connections.size();
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

void Hub::setApps(const apps::AppSnapshot& snapshot, base::Instant now) {
  setNow(now);
  state_->updater.take(snapshot);
}

void Hub::setNow(base::Instant now) {
  state_->context.now = now;
  // The first moment the hub hears of.
  if (state_->expire_at == base::kNever) state_->expire_at = now.mono + kFirstExpiry;
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
  PendingCommand* change = context.pending.find(token, PendingCommand::Kind::Change);
  if (!change) return;
  rooms.onChanged(*change, result);
  answered(*change);
}

void Hub::onAnswer(storage::Answer& answer) {
  std::visit([&](auto& result) { state_->onAnswer(answer.token, result); }, answer.value);
}

}  // namespace kith::core
