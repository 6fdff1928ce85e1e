// SPDX-License-Identifier: Apache-2.0
#include "server/hub/model.hpp"

#include <algorithm>

#include "base/text_hash.hpp"
#include "wire/codec.hpp"

namespace kith::hub {

Peer::Peer(App& its_app, std::string_view its_id, std::uint64_t its_hash)
    : app(its_app), hash(its_hash), id(its_id) {
  wire::quoteJson(id, quoted);
}

void Peer::lastRefGone(Peer* peer) {
  peer->app.peers.remove(peer->hash, peer);
  delete peer;
}

Session::Session(Connection& its_connection, Ref<Peer> its_peer)
    : connection(&its_connection), peer(std::move(its_peer)) {}

MemberList& Group::ownList() {
  if (members->refs > 1) {
    auto* copy = new MemberList;
    copy->peers = members->peers;
    members = Ref<MemberList>(copy);
  }
  return *members;
}

std::uint64_t Group::hash() const { return base::hashText(id, app.seed); }

void Group::add(Ref<Peer> peer) {
  if (!known.insert(peer.get()).second) return;
  ++total;
  members->peers.push_back(std::move(peer));
}

void Group::remove(const Peer& peer) {
  if (known.erase(&peer) == 0) return;
  --total;
  auto& peers = ownList().peers;
  peers.erase(std::find_if(peers.begin(), peers.end(),
                           [&](const Ref<Peer>& each) { return each.get() == &peer; }));
}

App::App(AppOptions its_options, std::uint64_t its_seed)
    : options(std::move(its_options)),
      nonces(options.nonce_cache),
      seed(its_seed),
      groups(0, base::TextHash(its_seed)),
      reservations(0, base::TextHash(its_seed)) {
  if (!options.master_key.empty()) signer.emplace(options.master_key);
}

Ref<Peer> App::peer(std::string_view id) {
  const std::uint64_t hash = base::hashText(id, seed);
  if (Peer* found = findPeer(id, hash)) return Ref<Peer>(found);
  Ref<Peer> made(new Peer(*this, id, hash));
  peers.add(hash, made.get());
  return made;
}

Peer* App::findPeer(std::string_view id) const { return findPeer(id, base::hashText(id, seed)); }

Peer* App::findPeer(std::string_view id, std::uint64_t hash) const {
  return peers.find(hash, [&](const Peer& peer) { return peer.id == id; });
}

bool App::watchRequired() const {
  return options.require_watch == RequireWatch::On ||
         (options.require_watch == RequireWatch::WithSignature && options.require_signature);
}

Session* findSession(const Peer& peer, const Connection& connection) {
  // Either list says it; the shorter one says it faster.
  if (connection.sessions.size() < peer.sessions.size()) {
    for (const Ref<Session>& session : connection.sessions) {
      if (session->peer.get() == &peer) return session.get();
    }
    return nullptr;
  }
  for (Session* session : peer.sessions) {
    if (session->connection == &connection) return session;
  }
  return nullptr;
}

}  // namespace kith::hub
