// SPDX-License-Identifier: Apache-2.0
#include "server/core/presence.hpp"

#include <algorithm>

namespace kith::core {
namespace {

/// Takes `watch` number `at` out of both lists; the last entries take the free places. There must
/// be no news for the session, as they name places.
void unlink(Session& session, std::size_t at) {
  Watch gone = std::move(session.watches[at]);
  auto& watchers = gone.peer->watchers;
  watchers[gone.index] = watchers.back();
  watchers[gone.index].session->watches[watchers[gone.index].index].index = gone.index;
  watchers.pop_back();
  if (at + 1 != session.watches.size()) {
    session.watches[at] = std::move(session.watches.back());
    session.watches[at].peer->watchers[session.watches[at].index].index =
        static_cast<std::uint32_t>(at);
  }
  session.watches.pop_back();
}

}  // namespace

bool Presence::watches(const Session& session, const Peer& peer) {
  // Either list says it; the shorter one says it faster.
  if (peer.watchers.size() < session.watches.size()) {
    return std::any_of(peer.watchers.begin(), peer.watchers.end(),
                       [&](const Watcher& each) { return each.session == &session; });
  }
  return std::any_of(session.watches.begin(), session.watches.end(),
                     [&](const Watch& each) { return each.peer.get() == &peer; });
}

void Presence::watch(Session& session, std::string_view peer_id) {
  Ref<Peer> peer = session.peer->app.peer(peer_id);
  if (watches(session, *peer)) return;
  peer->watchers.push_back({&session, static_cast<std::uint32_t>(session.watches.size())});
  const auto index = static_cast<std::uint32_t>(peer->watchers.size() - 1);
  session.watches.push_back({std::move(peer), index});
}

void Presence::unwatch(Session& session, std::string_view peer_id) {
  const auto found = std::find_if(session.watches.begin(), session.watches.end(),
                                  [&](const Watch& each) { return each.peer->id == peer_id; });
  if (found == session.watches.end()) return;
  unlink(session, static_cast<std::size_t>(found - session.watches.begin()));
}

void Presence::unwatchAll(Session& session) {
  context_.writer.sendPresence(session);
  while (!session.watches.empty()) unlink(session, session.watches.size() - 1);
}

bool Presence::tooMany(const App& app, const Session* kept, IdList peer_ids) {
  const std::size_t have = kept ? kept->watches.size() : 0;
  if (have + peer_ids.size() <= app.options.watched_peers) return false;
  ids_.assign(peer_ids.begin(), peer_ids.end());
  std::sort(ids_.begin(), ids_.end());
  ids_.erase(std::unique(ids_.begin(), ids_.end()), ids_.end());
  if (kept) {
    std::erase_if(ids_, [&](std::string_view id) {
      const Peer* peer = app.findPeer(id);
      return peer && watches(*kept, *peer);
    });
  }
  return have + ids_.size() > app.options.watched_peers;
}

IdList Presence::onlineOf(const App& app, IdList peer_ids) {
  ids_.clear();
  if (!context_.switchesOf(app).presence) return ids_;
  for (const auto id : peer_ids) {
    const Peer* peer = app.findPeer(id);
    if (peer && peer->shown_online) ids_.push_back(id);
  }
  return ids_;
}

IdList Presence::onlineOf(const Session& session) {
  ids_.clear();
  if (!context_.switchesOf(session.peer->app).presence) return ids_;
  for (const Watch& watch : session.watches) {
    if (watch.peer->shown_online) ids_.push_back(watch.peer->id);
  }
  return ids_;
}

void Presence::onFirstSession(Peer& peer) {
  peer.offline_at = base::kNever;
  if (peer.shown_online) return;  // came back within the grace (§17 Q21)
  tell(peer, true);
}

void Presence::onLastSession(Peer& peer) {
  const auto grace = peer.app.options.offline_grace;
  if (grace == base::Millis(0)) return tell(peer, false);
  peer.offline_at = context_.now.mono + grace;
  context_.timers.add(peer.offline_at, Ref<Peer>(&peer));
}

void Presence::onTimer(Peer& peer) {
  if (peer.offline_at > context_.now.mono) return;  // an old timer: it came back since
  peer.offline_at = base::kNever;
  tell(peer, false);
}

// While presence is off nothing is told, so `shown_online` stays as it was last told.
void Presence::tellAll(App& app) {
  app.peers.each([&](Peer& peer) {
    const bool online = !peer.sessions.empty() || peer.offline_at != base::kNever;
    if (peer.shown_online && !online) tell(peer, false);
    peer.shown_online = online;
  });
  // Sessions that were opened meanwhile have heard nothing.
  app.peers.each([&](Peer& peer) {
    for (Session* session : peer.sessions) notifyOnline(*session);
  });
}

void Presence::notifyOnline(Session& session) {
  for (std::uint32_t at = 0; at < session.watches.size(); ++at) {
    if (session.watches[at].peer->shown_online) context_.writer.addPresence({&session, at}, true);
  }
}

void Presence::tell(Peer& peer, bool online) {
  if (!context_.switchesOf(peer.app).presence) return;
  peer.shown_online = online;
  for (const Watcher& watcher : peer.watchers) context_.writer.addPresence(watcher, online);
}

}  // namespace kith::core
