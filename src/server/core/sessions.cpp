// SPDX-License-Identifier: Apache-2.0
#include "server/core/sessions.hpp"

#include <algorithm>

#include "base/close_codes.hpp"
#include "base/peer_id.hpp"
#include "base/text_hash.hpp"
#include "server/core/session_token.hpp"

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
  if (intent.peer_id.empty() && connection.dialect->rules().current) {
    return connection.sessions.empty() ? nullptr : connection.sessions.front().get();
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

void Sessions::refuseOpen(Connection& connection, const App& app, const Intent& intent) {
  const bool patient = ++connection.refused_signatures < kRefusedSignatures;
  if (connection.dialect->rules().current && patient) {
    return refuse(connection, app, intent.peer_id, intent.i, base::kSignatureFailed);
  }
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
void Sessions::tellPresence(const Peer& peer) {
  const std::string& app_id = peer.app.options.id;
  context_.asked_storage = true;
  if (peer.online()) {
    context_.storage.submit(storage::kNoToken, storage::PeerOnline{app_id, peer.id, peer.lists});
  } else {
    context_.storage.submit(storage::kNoToken, storage::PeerOffline{app_id, peer.id});
  }
}

void Sessions::open(Connection& connection, const Intent& intent, const OpenSession& wish) {
  App* app = appOf(connection, intent);
  const bool current = connection.dialect->rules().current;
  if (!app) {
    // JavaScript's client waits for the answer when there is only a close (leancloud-current §12).
    if (current) {
      context_.writer.reply(connection,
                            {intent.i, {}, intent.peer_id, SessionRefused{base::kAppNotAvailable}});
    }
    return context_.close(connection, base::kAppNotAvailable);
  }
  if (current && intent.peer_id.empty()) {
    const MessageIdText invented = makeMessageIdText(context_.random);
    Intent named = intent;
    named.peer_id = view(invented);
    return openAs(connection, *app, named, wish);
  }
  if (!base::whyBadPeerId(intent.peer_id).empty()) {
    if (current) {
      return refuse(connection, *app, intent.peer_id, intent.i, base::kInvalidLogin);
    }
    return context_.close(connection, base::kInvalidLogin);
  }
  openAs(connection, *app, intent, wish);
}

int Sessions::readOrigin(App& app, std::string_view peer_id, const OpenSession& wish,
                         std::unique_ptr<SessionOrigin>& origin) {
  origin = std::make_unique<SessionOrigin>();
  origin->tag = wish.tag;
  origin->device = wish.device;
  if (wish.tag.size() > kTagBytes || wish.device.size() > kDeviceBytes) return base::kInvalidLogin;
  if (wish.token.empty()) return 0;
  auto token = readToken(wish.token, *app.tokens, context_.now.wall);
  const bool good = token && token->peer == peer_id;
  if (!good || (app.options.require_signature && !token->proven)) return base::kSessionTokenExpired;
  // Clients show neither again (leancloud-current §12).
  if (origin->tag.empty()) origin->tag = std::move(token->tag);
  if (origin->device.empty()) origin->device = std::move(token->device);
  origin->proven = token->proven;
  return 0;
}

bool Sessions::makeRoomForTag(const Peer& peer, const Connection& connection,
                              const SessionOrigin& origin, bool reopens) {
  if (origin.tag.empty()) return true;
  for (Session* other : peer.sessions) {
    const bool same = other->origin && other->origin->tag == origin.tag;
    if (!same || other->connection == &connection) continue;
    if (reopens && other->origin->device != origin.device) return false;
    const Ref<Session> gone(other);
    Connection& its_connection = *other->connection;
    end(*other, false);
    context_.writer.reply(its_connection,
                          Context::notice(*gone, SessionEnded{base::kSessionConflict}));
    return true;  // there is one of each tag
  }
  return true;
}

SessionReply Sessions::tokenReply(const Session& session, SessionReply::To to) {
  const SessionOrigin& origin = *session.origin;
  const base::Millis now = context_.now.wall;
  token_ =
      writeToken({session.peer->id, origin.tag, origin.device, origin.proven, now + kTokenTime},
                 *session.peer->app.tokens);
  SessionReply reply;
  reply.to = to;
  reply.token = token_;
  reply.token_seconds = std::chrono::duration_cast<std::chrono::seconds>(kTokenTime).count();
  reply.now = now.count();
  return reply;
}

bool Sessions::isProven(Connection& connection, App& app, const Intent& intent,
                        const OpenSession& wish, SessionOrigin* origin) {
  if (origin && !wish.token.empty()) return true;
  if (!auth_.allowsSession(connection, app, intent.peer_id, wish)) {
    refuseOpen(connection, app, intent);
    return false;
  }
  if (origin) origin->proven = app.options.require_signature;
  return true;
}

void Sessions::openAs(Connection& connection, App& app, const Intent& intent,
                      const OpenSession& wish) {
  const bool current = connection.dialect->rules().current;
  if (!idsAreGood(wish.watched)) {
    return refuse(connection, app, intent.peer_id, intent.i, base::kInvalidLogin);
  }
  std::unique_ptr<SessionOrigin> origin;
  if (current) {
    const int code = readOrigin(app, intent.peer_id, wish, origin);
    if (code != 0) return refuse(connection, app, intent.peer_id, intent.i, code);
  }
  if (!isProven(connection, app, intent, wish, origin.get())) return;
  const Ref<Peer> peer = app.peer(intent.peer_id);
  if (origin && !makeRoomForTag(*peer, connection, *origin, wish.reopens)) {
    return refuse(connection, app, intent.peer_id, intent.i, base::kSessionConflict);
  }
  Session* session = findSession(*peer, connection);
  const bool full = !session && connection.sessions.size() >= context_.options.peers_per_connection;
  if (full || presence_.tooMany(app, nullptr, wish.watched)) {
    return refuse(connection, app, intent.peer_id, intent.i, base::kAppQuotaExceeded);
  }
  connection.app = &app;
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
  session->origin = std::move(origin);
  SessionReply reply;
  if (current) reply = tokenReply(*session, SessionReply::To::Open);
  reply.now = context_.now.wall.count();
  reply.peers = presence_.onlineOf(*session);
  context_.writer.replyFirst(*session, Context::notice(*session, reply, intent.i));
  if (!is_new) return;
  const bool begins_to_list = current && !std::exchange(peer->lists, true);
  if (is_first || begins_to_list) tellPresence(*peer);
  if (is_first) presence_.onFirstSession(*peer);
  groups_.rejoin(*session);
  tellMissed(*session, wish);
}

/// What has come, and what was edited, while the peer was away.
void Sessions::tellMissed(Session& session, const OpenSession& wish) {
  const DialectRules& rules = session.connection->dialect->rules();
  if (rules.counts_backlog) {
    replay_.count(session, wish.unread_since);
  } else {
    replay_.start(session);
  }
  // The time of a first open is the client's own (leancloud-current §12).
  if (rules.current && wish.reopens && wish.edited_since > 0) {
    marks_.sendEdits(session, wish.edited_since);
  }
}

void Sessions::refresh(Session& session, const Serial& i, const RefreshToken& wish) {
  App& app = session.peer->app;
  if (!session.origin) return;  // its protocol has no such command
  if (!wish.token.empty()) {
    const auto token = readToken(wish.token, *app.tokens, context_.now.wall);
    if (!token || token->peer != session.peer->id) {
      return refuse(*session.connection, app, session.peer->id, i, base::kSessionTokenExpired);
    }
  }
  const SessionReply reply = tokenReply(session, SessionReply::To::Refresh);
  context_.writer.replyFirst(session, Context::notice(session, reply, i));
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

void Sessions::kick(Peer& peer, std::string_view reason) {
  while (!peer.sessions.empty()) {
    const Ref<Session> gone(peer.sessions.back());
    Connection& connection = *gone->connection;
    end(*gone, false);
    const SessionEnded ended{base::kKickedByApp, reason};
    context_.writer.reply(connection, Context::notice(*gone, ended));
  }
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
    tellPresence(peer);
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
