// SPDX-License-Identifier: Apache-2.0
#include "server/core/model.hpp"

#include "base/text_hash.hpp"
#include "json/quote.hpp"
#include "server/core/session_token.hpp"
#include "server/core/will.hpp"

namespace kith::core {
namespace {

/// Of held frames: what was taken stays in front, up to here.
constexpr std::size_t kTakenBytes = 4096;

}  // namespace

Peer::Peer(App& its_app, std::string_view its_id, std::uint64_t its_hash)
    : app(its_app), hash(its_hash), id(its_id) {
  json::quoteJson(id, quoted);
}

void Peer::lastRefGone(Peer* peer) {
  peer->app.peers.remove(peer->hash, peer);
  delete peer;
}

void Peer::add(Session& session) {
  const bool first = sessions.empty();
  session.device = static_cast<std::uint32_t>(sessions.size());
  sessions.push_back(&session);
  for (Member* member : groups) {
    if (first) member->group.arrived(*member);
    ++member->group.sessions;
  }
}

void Peer::remove(const Session& session) {
  sessions[session.device] = sessions.back();
  sessions[session.device]->device = session.device;
  sessions.pop_back();
  for (Member* member : groups) {
    --member->group.sessions;
    if (sessions.empty()) member->group.departed(*member);
  }
}

Session::Session(Connection& its_connection, Ref<Peer> its_peer)
    : connection(&its_connection), peer(std::move(its_peer)) {}

Session::~Session() = default;

void HeldFrames::add(bool reply, Topics topics, std::initializer_list<std::string_view> parts) {
  // A busy connection may never be without frames that wait.
  if (begin >= kTakenBytes && begin >= bytes.size() / 2) {
    bytes.erase(0, begin);
    frames.erase(frames.begin(), frames.begin() + static_cast<std::ptrdiff_t>(next));
    begin = next = 0;
  }
  const std::size_t before = bytes.size();
  for (const std::string_view part : parts) bytes += part;
  frames.push_back({topics, static_cast<std::uint32_t>(bytes.size() - before), reply});
}

std::string_view HeldFrames::take() {
  const std::size_t size = frames[next++].size;
  const std::string_view frame(bytes.data() + begin, size);
  begin += size;
  return frame;
}

const storage::Standing* Group::standingOf(std::string_view peer) const {
  const auto found = std::find_if(standings.begin(), standings.end(),
                                  [peer](const auto& each) { return each.peer == peer; });
  return found != standings.end() ? &*found : nullptr;
}

namespace {

void forgetGroup(const Member& member) {
  auto& groups = member.peer->groups;
  groups[member.in_peer] = groups.back();
  groups[member.in_peer]->in_peer = member.in_peer;
  groups.pop_back();
}

}  // namespace

Group::~Group() {
  total -= members.size();
  for (const auto& [peer, member] : members) forgetGroup(member);
}

std::uint64_t Group::hash() const { return base::hashText(queueName(), app.seed); }

void Group::arrived(Member& member) {
  member.in_group = static_cast<std::uint32_t>(online.size());
  online.push_back({member.peer.get(), &member});
}

void Group::departed(const Member& member) {
  online[member.in_group] = online.back();
  online[member.in_group].member->in_group = member.in_group;
  online.pop_back();
}

void Group::add(Ref<Peer> peer) {
  const Peer* const its_key = peer.get();
  const auto [at, is_new] = members.try_emplace(its_key, Member{*this, std::move(peer)});
  if (!is_new) return;
  ++total;
  Member& member = at->second;
  member.in_peer = static_cast<std::uint32_t>(member.peer->groups.size());
  member.peer->groups.push_back(&member);
  if (member.peer->online()) arrived(member);
  sessions += member.peer->sessions.size();
}

void Group::remove(const Peer& peer) {
  const auto found = members.find(&peer);
  if (found == members.end()) return;
  --total;
  sessions -= peer.sessions.size();
  if (peer.online()) departed(found->second);
  forgetGroup(found->second);
  // Last, as this may be the last reference to the peer.
  members.erase(found);
}

App::App(const AppOptions& its_options, std::uint64_t its_seed)
    : nonces(its_options.nonce_cache), seed(its_seed), reservations(0, base::TextHash(its_seed)) {
  configure(its_options);
}

void App::configure(const AppOptions& changed) {
  const bool same_key = changed.master_key == options.master_key;
  options = changed;
  nonces.setCapacity(options.nonce_cache);
  if (same_key && tokens) return;
  tokens.emplace(tokenSigner(options.id, options.master_key));
  signer.reset();
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

}  // namespace kith::core
