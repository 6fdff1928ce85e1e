// SPDX-License-Identifier: Apache-2.0
#include "server/hub/model.hpp"

#include <algorithm>

#include "wire/codec.hpp"

namespace kith::hub {

Peer::Peer(App& its_app, std::string_view its_id) : app(its_app), id(its_id) {
  wire::quoteJson(id, quoted);
}

void Peer::lastRefGone(Peer* peer) {
  peer->app.peers.erase(peer->id);
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

void Group::add(Ref<Peer> peer) {
  if (!known.insert(peer.get()).second) return;
  members->peers.push_back(std::move(peer));
}

void Group::remove(const Peer& peer) {
  if (known.erase(&peer) == 0) return;
  auto& peers = ownList().peers;
  peers.erase(std::find_if(peers.begin(), peers.end(),
                           [&](const Ref<Peer>& each) { return each.get() == &peer; }));
}

App::App(AppOptions its_options) : options(std::move(its_options)), nonces(options.nonce_cache) {
  if (!options.master_key.empty()) signer.emplace(options.master_key);
}

Ref<Peer> App::peer(std::string_view id) {
  if (Peer* found = findPeer(id)) return Ref<Peer>(found);
  Ref<Peer> made(new Peer(*this, id));
  peers.emplace(made->id, made.get());
  return made;
}

Peer* App::findPeer(std::string_view id) const {
  const auto found = peers.find(id);
  return found == peers.end() ? nullptr : found->second;
}

bool App::watchRequired() const {
  return options.require_watch == RequireWatch::Always ||
         (options.require_watch == RequireWatch::WithSignature && options.require_signature);
}

Session* findSession(const Peer& peer, const Connection& connection) {
  for (Session* session : peer.sessions) {
    if (session->connection == &connection) return session;
  }
  return nullptr;
}

}  // namespace kith::hub
