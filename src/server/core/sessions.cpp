// SPDX-License-Identifier: Apache-2.0
#include "server/core/sessions.hpp"

#include <algorithm>

#include "base/close_codes.hpp"
#include "base/peer_id.hpp"
#include "base/text_hash.hpp"

namespace kith::core {

App* Sessions::appOf(const Connection& connection, const Intent& intent) const {
  if (!intent.app_id) return connection.app;
  // One Android push socket may carry several apps, so the command's own id wins (§3.1).
  if (connection.app && connection.app->options.id == *intent.app_id) return connection.app;
  const auto found = context_.apps.find(*intent.app_id);
  return found == context_.apps.end() ? nullptr : found->second.get();
}

Session* Sessions::find(const Connection& connection, const Intent& intent) const {
  const auto inApp = [&](const App& app) -> Session* {
    const Peer* peer = app.findPeer(intent.peer_id);
    return peer ? findSession(*peer, connection) : nullptr;
  };
  const App* app = appOf(connection, intent);
  if (!app) return nullptr;
  if (connection.sessions.size() == 1) {  // as nearly always: nothing to look up
    Session& only = *connection.sessions.front();
    if (&only.peer->app == app && only.peer->id == intent.peer_id) return &only;
  }
  Session* session = inApp(*app);
  if (session || intent.app_id.has_value() || !connection.by_peer) return session;
  // iOS names the app only when it opens a session; it may have opened another app's later. The
  // seed is that of all apps, so an id has the same hash in each.
  return connection.by_peer->find(
      base::hashText(intent.peer_id, app->seed),
      [&](const Session& each) { return each.peer->id == intent.peer_id; });
}

bool Sessions::idsAreGood(IdList peer_ids) {
  return std::all_of(peer_ids.begin(), peer_ids.end(),
                     [](auto id) { return base::whyBadPeerId(id).empty(); });
}

void Sessions::refuseOpen(Connection& connection, const App& app) {
  const bool patient = ++connection.refused_signatures < kRefusedSignatures;
  const bool silent = connection.dialect->rules().silent_refusals && app.options.legacy_silent;
  if (!silent || !patient) return context_.close(connection, base::kSignatureFailed);
  // As the original did (§17 Q4): no answer, and 4108 when the time to log in is over.
  connection.opening_refused = true;
  if (connection.login_due != base::kNever) return;
  connection.login_due = context_.now.mono + context_.options.login_timeout;
  context_.timers.add(connection.login_due, Ref<Connection>(&connection));
}

void Sessions::refuse(Connection& connection, const App& app, std::string_view peer_id,
                      const Serial& i, int code) {
  context_.writer.reply(connection, {i, app.options.id, peer_id, SessionRefused{code}});
}

// At once, whatever grace watchers are given: messages from here on are, or are not, sent to one
// that is here (decision 003).
template <typename Event>
void Sessions::tellStorage(const Peer& peer) {
  context_.asked_storage = true;
  context_.storage.submit(storage::kNoToken, Event{peer.app.options.id, peer.id});
}

void Sessions::open(Connection& connection, const Intent& intent, const OpenSession& wish) {
  App* app = appOf(connection, intent);
  if (!app) return context_.close(connection, base::kAppNotAvailable);
  if (!base::whyBadPeerId(intent.peer_id).empty()) {
    return context_.close(connection, base::kInvalidLogin);
  }
  if (!idsAreGood(wish.watched)) {
    return refuse(connection, *app, intent.peer_id, intent.i, base::kInvalidLogin);
  }
  if (!auth_.allowsSession(connection, *app, intent.peer_id, wish)) {
    return refuseOpen(connection, *app);
  }
  const Ref<Peer> peer = app->peer(intent.peer_id);
  Session* session = findSession(*peer, connection);
  const bool full = !session && connection.sessions.size() >= context_.options.peers_per_connection;
  if (full || presence_.tooMany(*app, nullptr, wish.watched)) {
    return refuse(connection, *app, intent.peer_id, intent.i, base::kAppQuotaExceeded);
  }
  connection.app = app;
  connection.login_due = base::kNever;
  connection.opening_refused = false;
  const bool is_new = session == nullptr;
  const bool is_first = !peer->online();
  if (is_new && connection.sessions.empty()) context_.output.opened(connection.id);
  if (is_new) {
    session = &begin(connection, peer);
    keepToLimit(*session);
  }
  session->is_super = wish.wants_super;
  // A second open replaces the watch set and nothing else (§7 "Re-open on a live connection"): what
  // was sent and not acknowledged is still on its way.
  presence_.unwatchAll(*session);
  for (const auto id : wish.watched) presence_.watch(*session, id);
  const SessionReply reply{SessionReply::To::Open, presence_.onlineOf(*session)};
  context_.writer.replyFirst(*session, Context::notice(*session, reply, intent.i));
  if (!is_new) return;
  if (is_first) {
    tellStorage<storage::PeerOnline>(*peer);
    presence_.onFirstSession(*peer);
  }
  groups_.rejoin(*session);
  replay_.start(*session);
}

void Sessions::watch(Session& session, const Serial& i, const WatchPeers& wish) {
  Connection& connection = *session.connection;
  const Peer& peer = *session.peer;
  const App& app = peer.app;
  if (!idsAreGood(wish.peers)) return refuse(connection, app, peer.id, i, base::kInvalidLogin);
  if (!auth_.allowsSession(session, wish)) {
    if (++connection.refused_signatures >= kRefusedSignatures) {
      return context_.close(connection, base::kSignatureFailed);
    }
    return refuse(connection, app, peer.id, i, base::kSignatureFailed);
  }
  if (presence_.tooMany(app, &session, wish.peers)) {
    return refuse(connection, app, peer.id, i, base::kAppQuotaExceeded);
  }
  for (const auto id : wish.peers) presence_.watch(session, id);
  // Of the ids of this request only (§5.1).
  const SessionReply reply{SessionReply::To::Watch, presence_.onlineOf(app, wish.peers)};
  context_.writer.replyFirst(session, Context::notice(session, reply, i));
}

void Sessions::unwatch(Session& session, const Serial& i, const UnwatchPeers& wish) {
  // What it has not heard yet is older than the answer.
  context_.writer.sendPresence(session);
  for (const auto id : wish.peers) presence_.unwatch(session, id);
  const SessionReply reply{SessionReply::To::Unwatch, wish.peers};
  context_.writer.reply(*session.connection, Context::notice(session, reply, i));
}

void Sessions::query(Session& session, const Serial& i, const QueryPresence& wish) {
  const SessionReply reply{SessionReply::To::Query,
                           presence_.onlineOf(session.peer->app, wish.peers)};
  context_.writer.replyFirst(session, Context::notice(session, reply, i));
}

void Sessions::close(Session& session, const Serial& i) {
  const Ref<Session> kept(&session);
  Connection& connection = *session.connection;
  end(session, false);
  const SessionReply reply{SessionReply::To::Close, {}};
  context_.writer.reply(connection, Context::notice(session, reply, i));
}

void Sessions::addToIndex(Connection& connection, Session& session) {
  if (!connection.by_peer) {
    const auto& others = connection.sessions;
    if (others.empty() || &others.front()->peer->app == &session.peer->app) return;
    connection.by_peer = std::make_unique<base::HashIndex<Session>>();
    for (const Ref<Session>& each : others) connection.by_peer->add(each->peer->hash, each.get());
  }
  connection.by_peer->add(session.peer->hash, &session);
}

Session& Sessions::begin(Connection& connection, Ref<Peer> peer) {
  Ref<Session> session(new Session(connection, peer));
  addToIndex(connection, *session);
  session->index = static_cast<std::uint32_t>(connection.sessions.size());
  connection.sessions.push_back(session);
  peer->add(*session);
  ++context_.stats.sessions;
  return *session;
}

// A client that lost its connection leaves a session without any use for as long as the idle
// timeout is. To refuse the new one would lock the peer out; the most silent one is a dead one if
// there are any.
void Sessions::keepToLimit(const Session& newest) {
  const Peer& peer = *newest.peer;
  if (peer.sessions.size() <= peer.app.options.sessions_per_peer) return;
  Session* silent = nullptr;
  for (Session* each : peer.sessions) {
    if (each == &newest) continue;
    if (!silent || each->connection->heard_at < silent->connection->heard_at) silent = each;
  }
  const Ref<Session> gone(silent);
  Connection& connection = *silent->connection;
  end(*silent, false);
  context_.writer.reply(connection, Context::notice(*gone, SessionEnded{base::kSessionConflict}));
}

void Sessions::end(Session& session, bool lost) {
  Connection& connection = *session.connection;
  Peer& peer = *session.peer;
  presence_.unwatchAll(session);
  groups_.exit(session, lost);
  if (connection.by_peer) connection.by_peer->remove(peer.hash, &session);
  peer.remove(session);
  session.connection = nullptr;
  session.replaying = false;
  session.unacked = {};
  --context_.stats.sessions;
  if (!peer.online()) {
    tellStorage<storage::PeerOffline>(peer);
    presence_.onLastSession(peer);
  }
  // Last, as this may be the last reference to the session.
  auto& sessions = connection.sessions;
  const std::size_t index = session.index;
  std::swap(sessions[index], sessions.back());
  sessions[index]->index = static_cast<std::uint32_t>(index);
  sessions.pop_back();
  if (sessions.empty()) connection.by_peer.reset();
}

void Sessions::endAll(Connection& connection) {
  connection.closing = true;
  connection.replay.reset();
  while (!connection.sessions.empty()) end(*connection.sessions.back(), true);
}

}  // namespace kith::core
