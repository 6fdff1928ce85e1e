// SPDX-License-Identifier: Apache-2.0
#include "server/core/hub.hpp"

#include <algorithm>
#include <utility>

#include "base/close_codes.hpp"
#include "server/core/hub_state.hpp"
#include "server/core/will.hpp"

namespace kith::core {
namespace {

using base::Millis;

constexpr Millis kFirstExpiry{60 * 1000};
constexpr Millis kExpiryInterval{3600 * 1000};

}  // namespace

Hub::State::State(HubOptions options, Output& output, storage::Storage& storage,
                  base::Random& random)
    : context(std::move(options), output, storage, random) {
  updater.take({std::exchange(context.options.apps, {}), context.options.switches, 0});
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
  for (const Ref<Session>& session : connection.sessions) {
    if (!session->will) continue;
    delivery.sendWill(*session, groups.find(session->peer->app, session->will->group()));
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

}  // namespace kith::core
