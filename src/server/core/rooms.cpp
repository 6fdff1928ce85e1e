// SPDX-License-Identifier: Apache-2.0
#include "server/core/rooms.hpp"

#include <algorithm>

#include "base/close_codes.hpp"
#include "base/peer_id.hpp"
#include "base/text_codes.hpp"
#include "server/core/conversations.hpp"

namespace kith::core {

namespace {

int codeOf(storage::Refusal refusal) {
  switch (refusal) {
    case storage::Refusal::NotMember: return base::kConversationMembershipRequired;
    case storage::Refusal::Full: return base::kConversationFull;
    default: return base::kConversationNotFound;
  }
}

bool adds(MemberChange change) {
  return change == MemberChange::Join || change == MemberChange::Invite;
}

std::size_t mostMembers(const Group& group) {
  if (group.service) return kSubscribers;
  const std::size_t most = group.app.options.group_members;
  return base::isTemporaryId(group.id) ? std::min(most, kTemporaryMembers) : most;
}

/// Of a group that only its change knows so far.
bool creates(const PendingCommand& change) {
  const ChangeMembers& wish = change.intent.change();
  return wish.change == MemberChange::Join && wish.groupId().empty();
}

}  // namespace

bool Rooms::allows(Session& session, const Serial& i, const ChangeMembers& wish) {
  if (wish.change != MemberChange::Leave && !auth_.allowsRoom(session, wish)) {
    if (++session.connection->refused_signatures >= kRefusedSignatures) {
      context_.close(*session.connection, base::kSignatureFailed);
    } else {
      reject(session, i, wish, base::kConversationSignatureFailed);
    }
    return false;
  }
  // Ids that no peer can have must not get into a group.
  const IdList ids = wish.peerIds();
  const bool good =
      wish.change != MemberChange::Invite ||
      std::all_of(ids.begin(), ids.end(), [](auto id) { return base::whyBadPeerId(id).empty(); });
  if (!good) reject(session, i, wish, base::kInvalidLogin);
  return good;
}

void Rooms::create(Session& session, const Serial& i, const ChangeMembers& wish) {
  const App& app = session.peer->app;
  storage::GroupRecord record;
  record.id = base::makeGroupId(context_.random);
  record.open = wish.open;
  record.creator = session.peer->id;
  Group& group = groups_.insert(session.peer->app, record);
  if (record.open) groups_.enter(session, group);
  ids_.clear();
  if (!record.open) ids_.push_back(session.peer->id);
  const PendingCommand& change = beginChange(session, i, wish, group);
  context_.storage.submit(change.token,
                          storage::CreateGroup{app.options.id, record.id, record.open, refsOf(app),
                                               session.peer->id, context_.now.wall.count()});
}

void Rooms::apply(Session& session, const Serial& i, const ChangeMembers& wish, Group* group) {
  if (!group) return reject(session, i, wish, base::kConversationNotFound);
  switch (wish.change) {
    case MemberChange::Join: return join(session, i, wish, *group);
    case MemberChange::Leave: return leave(session, i, wish, *group);
    case MemberChange::Invite: return invite(session, i, wish, *group);
    default: return kick(session, i, wish, *group);
  }
}

void Rooms::join(Session& session, const Serial& i, const ChangeMembers& wish, Group& group) {
  if (group.is(StandingKind::Blocked, session.peer->id)) {
    return reject(session, i, wish, base::kBlockedByConv);
  }
  if (group.open) {
    groups_.enter(session, group);
    return confirm(session, i, wish, group);
  }
  if (group.changes == 0) {
    if (group.has(*session.peer)) return confirm(session, i, wish, group);
    if (!hasRoom(session, i, wish, group, 1)) return;
  }
  ids_.assign(1, session.peer->id);
  ask(session, i, wish, group);
}

void Rooms::leave(Session& session, const Serial& i, const ChangeMembers& wish, Group& group) {
  if (session.open_group.get() == &group) groups_.exit(session, false);
  // A peer that is not inside has left already: a repeat after a lost reply must succeed.
  const bool outside = group.changes == 0 && !group.has(*session.peer);
  if (group.open || outside) return confirm(session, i, wish, group);
  if (!mayLeave(session, group)) return reject(session, i, wish, base::kConversationNeedOwner);
  ids_.assign(1, session.peer->id);
  ask(session, i, wish, group);
}

/// A conversation with managers keeps the one that may change them (leancloud-current §5.2).
bool Rooms::mayLeave(const Session& session, const Group& group) {
  const bool owns = session.connection->dialect->rules().current && !group.creator.empty() &&
                    group.creator == session.peer->id;
  return !owns || std::none_of(group.standings.begin(), group.standings.end(),
                               [](const auto& each) { return each.has(StandingKind::Manager); });
}

void Rooms::chooseKeptOut(const Session& by, const ChangeMembers& wish, const Group& group) {
  kept_out_.clear();
  named_.assign(wish.peerIds().begin(), wish.peerIds().end());
  if (wish.change != MemberChange::Invite || group.standings.empty()) return;
  const auto end = std::stable_partition(named_.begin(), named_.end(), [&](std::string_view id) {
    return !group.keepsOut(id, by.peer->id);
  });
  kept_out_.assign(end, named_.end());
  named_.erase(end, named_.end());
}

bool Rooms::mayManage(Session& session, const Serial& i, const ChangeMembers& wish,
                      const Group& group) {
  if (group.open || (group.service && !session.connection->service)) {
    // It has no list of members to change (§9.3), or none that is theirs to change.
    reject(session, i, wish, base::kInvalidMessagingTarget);
    return false;
  }
  if (session.is_super || group.changes > 0 || group.has(*session.peer)) return true;
  reject(session, i, wish, base::kConversationMembershipRequired);
  return false;
}

bool Rooms::hasRoom(Session& session, const Serial& i, const ChangeMembers& wish,
                    const Group& group, std::size_t more) {
  if (group.members.size() + more <= mostMembers(group)) return true;
  reject(session, i, wish, base::kConversationFull);
  return false;
}

void Rooms::chooseIds(const Session& by, const ChangeMembers& wish, const Group& group,
                      bool members) {
  IdSet seen;
  ids_.clear();
  for (const auto id : wish.peerIds()) {
    const Peer* peer = group.changes == 0 ? group.app.findPeer(id) : nullptr;
    const bool inside = peer && group.has(*peer);
    if (!members && group.keepsOut(id, by.peer->id)) continue;
    const bool matters = group.changes > 0 || inside == members;
    if (matters && seen.insert(id).second) ids_.push_back(id);
  }
}

void Rooms::invite(Session& session, const Serial& i, const ChangeMembers& wish, Group& group) {
  if (!mayManage(session, i, wish, group)) return;
  chooseIds(session, wish, group, false);
  if (group.changes == 0) {
    if (ids_.empty()) return confirm(session, i, wish, group);
    if (!hasRoom(session, i, wish, group, ids_.size())) return;
  }
  ask(session, i, wish, group);
}

void Rooms::putOut(Session& session, Group& group, IdList peers) {
  const ChangeMembers wish{MemberChange::Kick, group.id, peers, false, {}};
  chooseIds(session, wish, group, true);
  if (ids_.empty()) return;
  const App& app = group.app;
  const PendingCommand& change = beginChange(session, {}, wish, group, Answer::None);
  context_.storage.submit(
      change.token, storage::RemoveMembers{app.options.id, group.id, ids_, session.peer->id, false,
                                           context_.now.wall.count()});
}

// Backwards: the one that takes a free place was looked at before.
void Rooms::clear(Group& room, IdList peers) {
  const IdSet out(peers.begin(), peers.end());
  for (std::size_t at = room.live.size(); at-- > 0;) {
    if (out.contains(room.live[at]->peer->id)) groups_.exit(*room.live[at], false);
  }
}

void Rooms::kick(Session& session, const Serial& i, const ChangeMembers& wish, Group& group) {
  if (!mayManage(session, i, wish, group)) return;
  chooseIds(session, wish, group, true);
  if (group.changes == 0 && ids_.empty()) return confirm(session, i, wish, group);
  ask(session, i, wish, group);
}

PendingCommand& Rooms::beginChange(Session& session, const Serial& i, const ChangeMembers& wish,
                                   Group& group, Answer answer) {
  PendingCommand& change =
      context_.pending.begin(PendingCommand::Kind::Change, Ref<Connection>(session.connection));
  if (answer == Answer::Reply) PendingCommands::queueReply(change);
  PendingCommands::queueIn(context_.conversations.at(group.app, group.queueName(), group.hash()),
                           change);
  change.session = Ref<Session>(&session);
  change.group = Ref<Group>(&group);
  change.i.assign(i);
  change.intent.assign(wish);
  ++group.changes;
  context_.asked_storage = true;
  return change;
}

std::span<const storage::PeerRef> Rooms::refsOf(const App& app) {
  refs_.clear();
  for (const auto id : ids_) {
    const Peer* peer = app.findPeer(id);
    refs_.push_back({id, peer && peer->online()});
  }
  return refs_;
}

void Rooms::ask(Session& session, const Serial& i, const ChangeMembers& wish, Group& group) {
  const App& app = group.app;
  const storage::Token token = beginChange(session, i, wish, group).token;
  const bool others = wish.change == MemberChange::Invite || wish.change == MemberChange::Kick;
  const bool members_only = others && !session.is_super;
  const std::int64_t now = context_.now.wall.count();
  const std::string& by = session.peer->id;
  if (adds(wish.change)) {
    const std::size_t most = mostMembers(group);
    context_.storage.submit(token, storage::AddMembers{app.options.id, group.id, refsOf(app), by,
                                                       members_only, most, now});
  } else {
    context_.storage.submit(
        token, storage::RemoveMembers{app.options.id, group.id, ids_, by, members_only, now});
  }
}

void Rooms::confirm(Session& session, const Serial& i, const ChangeMembers& wish,
                    const Group& group) {
  chooseKeptOut(session, wish, group);
  const MembersReply reply{wish.change,
                           group.id,
                           {},
                           named_,
                           {base::kBlockedByConv, kept_out_},
                           context_.now.wall.count()};
  context_.writer.replyFirst(session, Context::notice(session, reply, i));
}

void Rooms::reject(Session& session, const Serial& i, const ChangeMembers& wish, int code) {
  const MembersRefused reply{wish.group, wish.peers, code};
  context_.writer.reply(*session.connection, Context::notice(session, reply, i));
}

void Rooms::onChanged(PendingCommand& change, const Result<storage::MembersChanged>& result) {
  if (!result) {
    change.failed = true;
    if (creates(change)) {
      if (change.session->open_group.get() == change.group.get()) {
        groups_.exit(*change.session, false);
      }
      groups_.forget(*change.group);
    }
    return context_.close(*change.connection, base::kInternalError);
  }
  change.refusal = result->refusal;
  change.timestamp = result->seq != 0 ? result->timestamp : context_.now.wall.count();
  for (const auto& id : result->changed) change.peers.push_back(change.group->app.peer(id));
}

IdList Rooms::changedBy(const PendingCommand& change) {
  ids_.clear();
  for (const auto& peer : change.peers) ids_.push_back(peer->id);
  return ids_;
}

void Rooms::sendReply(const PendingCommand& change) {
  const ChangeMembers& wish = change.intent.change();
  const auto send = [&](const auto& reply) {
    context_.writer.replyNow(*change.connection,
                             Context::notice(*change.session, reply, change.i.get()));
  };
  if (change.refusal != storage::Refusal::None) {
    return send(MembersRefused{wish.group, wish.peers, codeOf(change.refusal)});
  }
  chooseKeptOut(*change.session, wish, *change.group);
  send(MembersReply{wish.change,
                    change.group->id,
                    changedBy(change),
                    named_,
                    {base::kBlockedByConv, kept_out_},
                    change.timestamp});
}

void Rooms::carryOut(const PendingCommand& change) {
  Group& group = *change.group;
  --group.changes;
  // A failed or refused one, or one that found everything as it was to be, names no peer.
  if (change.peers.empty()) return;
  for (const auto& peer : change.peers) {
    if (adds(change.intent.change().change)) {
      group.add(peer);
    } else {
      group.remove(*peer);
    }
  }
  group.is_pair = false;  // its members are others
  // The change refers to the group, so it is not the one that goes if it has grown.
  groups_.makeRoom(0, 0);
  tell(change);
}

/// That its peer came in is no news to a device that was told since that it has left. Nor where it
/// would be told behind that reply, which waits.
void Rooms::chooseGone(const PendingCommand& change) {
  gone_.clear();
  const Group& group = *change.group;
  if (group.changes == 0) return;
  const ConversationQueue* const queue =
      context_.conversations.find(group.app, group.queueName(), group.hash());
  if (!queue) return;
  for (const auto* each = queue->waiting.first; each; each = each->next_in_conversation) {
    const bool leaves = each->kind == PendingCommand::Kind::Change && !each->failed &&
                        each->refusal == storage::Refusal::None &&
                        each->intent.change().change == MemberChange::Leave;
    if (!leaves || !each->session->alive()) continue;
    const Session& by = *each->session;
    const bool is_first = !each->unreplied || by.queued > 0 || by.connection->holding;
    if (is_first) gone_.push_back(&by);
  }
}

bool Rooms::isGone(const Session& session) const {
  return std::find(gone_.begin(), gone_.end(), &session) != gone_.end();
}

void Rooms::tell(const PendingCommand& change) {
  if (change.group->service) return tellSubscribers(change);
  chooseGone(change);
  const MemberChange what = change.intent.change().change;
  const IdList changed = changedBy(change);
  // A peer that joins by itself hears of it as the members do.
  if (what != MemberChange::Join) tellTargets(change, adds(what));
  tellMembers(change, adds(what), changed);
}

/// Those that a service conversation has do not hear of each other.
void Rooms::tellSubscribers(const PendingCommand& change) {
  const MemberChange what = change.intent.change().change;
  if (what == MemberChange::Invite || what == MemberChange::Kick) {
    return tellTargets(change, adds(what));
  }
  const Peer& actor = *change.session->peer;
  const MembersChanged news{adds(what), change.group->id, changedBy(change), actor.id,
                            change.timestamp};
  for (Session* to : actor.sessions) context_.writer.notify(*to, Context::notice(*to, news));
}

void Rooms::tellMembers(const PendingCommand& change, bool joined, IdList changed) {
  const Peer& actor = *change.session->peer;
  const auto make = [&]() -> Notice {
    return {{},
            actor.app.options.id,
            {},
            MembersChanged{joined, change.group->id, changed, actor.id, change.timestamp}};
  };
  const MemberChange what = change.intent.change().change;
  const bool by_others = what == MemberChange::Invite || what == MemberChange::Kick;
  frame_.forget();
  for (const Present& present : change.group->online) {
    const bool is_told =
        by_others && std::any_of(change.peers.begin(), change.peers.end(),
                                 [&](const auto& peer) { return peer.get() == present.peer; });
    for (Session* to : present.peer->sessions) {
      // Those that heard of it as their own hear of it once (leancloud-current §5.2).
      if (is_told && to->connection->dialect->rules().current) continue;
      if (!isGone(*to)) context_.writer.notify(*to, frame_, make);
    }
  }
}

void Rooms::tellTargets(const PendingCommand& change, bool joined) {
  const Peer& actor = *change.session->peer;
  const auto make = [&]() -> Notice {
    return {{},
            actor.app.options.id,
            {},
            MembershipChanged{joined, change.group->id, actor.id, change.timestamp}};
  };
  const bool leaves = change.intent.change().change == MemberChange::Leave;
  frame_.forget();
  for (const auto& target : change.peers) {
    for (Session* to : target->sessions) {
      // The device that leaves has its reply, and v1 knows this notice as a kick (avos-v1 §5.6).
      const bool is_told =
          !leaves || (to != change.session.get() && to->connection->dialect->rules().hears_changes);
      if (is_told && !isGone(*to)) context_.writer.notify(*to, frame_, make);
    }
  }
}

}  // namespace kith::core
