// SPDX-License-Identifier: Apache-2.0
#include "server/core/rooms.hpp"

#include <algorithm>

#include "base/close_codes.hpp"
#include "base/peer_id.hpp"
#include "base/text_codes.hpp"

namespace kith::core {

using avos::Cmd;
using avos::Command;
using avos::Field;
using avos::Op;

namespace {

int codeOf(storage::Refusal refusal) {
  switch (refusal) {
    case storage::Refusal::NotMember: return base::kConversationMembershipRequired;
    case storage::Refusal::Full: return base::kConversationFull;
    default: return base::kConversationNotFound;
  }
}

bool adds(Op op) { return op == Op::Join || op == Op::Invite; }

/// Of a group that only its change knows so far.
bool creates(const PendingCommand& change) {
  return change.op == Op::Join && change.command.get().room_id.empty();
}

}  // namespace

bool Rooms::allows(Session& session, const Command& command) {
  if (command.op != Op::Leave &&
      !auth_.allowsRoom(*session.connection, session.peer->app, command)) {
    if (++session.connection->refused_signatures >= kRefusedSignatures) {
      context_.close(*session.connection, base::kSignatureFailed);
    } else {
      reject(session, command, base::kConversationSignatureFailed);
    }
    return false;
  }
  // Ids that no peer can have must not get into a group.
  const bool good = command.op != Op::Invite ||
                    std::all_of(command.room_peer_ids.begin(), command.room_peer_ids.end(),
                                [](auto id) { return base::whyBadPeerId(id).empty(); });
  if (!good) reject(session, command, base::kInvalidLogin);
  return good;
}

void Rooms::create(Session& session, const Command& command) {
  const App& app = session.peer->app;
  storage::GroupRecord record;
  record.id = base::makeGroupId(context_.random);
  record.open = command.transient;
  Group& group = groups_.insert(session.peer->app, record);
  if (record.open) groups_.enter(session, group);
  ids_.clear();
  if (!record.open) ids_.push_back(session.peer->id);
  const PendingCommand& change = beginChange(session, command, group);
  context_.storage.submit(change.token,
                          storage::CreateGroup{app.options.id, record.id, record.open, refsOf(app),
                                               session.peer->id, context_.now.wall.count()});
}

void Rooms::apply(Session& session, const Command& command, Group* group) {
  if (!group) return reject(session, command, base::kConversationNotFound);
  switch (command.op) {
    case Op::Join: return join(session, command, *group);
    case Op::Leave: return leave(session, command, *group);
    case Op::Invite: return invite(session, command, *group);
    default: return kick(session, command, *group);
  }
}

void Rooms::join(Session& session, const Command& command, Group& group) {
  if (group.open) {
    groups_.enter(session, group);
    return confirm(session, command, group);
  }
  if (group.changes == 0) {
    if (group.has(*session.peer)) return confirm(session, command, group);
    if (!hasRoom(session, command, group, 1)) return;
  }
  ids_.assign(1, session.peer->id);
  ask(session, command, group);
}

void Rooms::leave(Session& session, const Command& command, Group& group) {
  if (session.open_group.get() == &group) groups_.exit(session, false);
  // A peer that is not inside has left already: a repeat after a lost reply must succeed.
  const bool outside = group.changes == 0 && !group.has(*session.peer);
  if (group.open || outside) return confirm(session, command, group);
  ids_.assign(1, session.peer->id);
  ask(session, command, group);
}

bool Rooms::mayManage(Session& session, const Command& command, const Group& group) {
  if (group.open) {
    // It has no list of members to change (§9.3).
    reject(session, command, base::kInvalidMessagingTarget);
    return false;
  }
  if (session.is_super || group.changes > 0 || group.has(*session.peer)) return true;
  reject(session, command, base::kConversationMembershipRequired);
  return false;
}

bool Rooms::hasRoom(Session& session, const Command& command, const Group& group,
                    std::size_t more) {
  if (group.members.size() + more <= group.app.options.group_members) return true;
  reject(session, command, base::kConversationFull);
  return false;
}

void Rooms::chooseIds(const Command& command, const Group& group, bool members) {
  IdSet seen;
  ids_.clear();
  for (const auto id : command.room_peer_ids) {
    const Peer* peer = group.changes == 0 ? group.app.findPeer(id) : nullptr;
    const bool inside = peer && group.has(*peer);
    const bool matters = group.changes > 0 || inside == members;
    if (matters && seen.insert(id).second) ids_.push_back(id);
  }
}

void Rooms::invite(Session& session, const Command& command, Group& group) {
  if (!mayManage(session, command, group)) return;
  chooseIds(command, group, false);
  if (group.changes == 0) {
    if (ids_.empty()) return confirm(session, command, group);
    if (!hasRoom(session, command, group, ids_.size())) return;
  }
  ask(session, command, group);
}

void Rooms::kick(Session& session, const Command& command, Group& group) {
  if (!mayManage(session, command, group)) return;
  chooseIds(command, group, true);
  if (group.changes == 0 && ids_.empty()) return confirm(session, command, group);
  ask(session, command, group);
}

PendingCommand& Rooms::beginChange(Session& session, const Command& command, Group& group) {
  PendingCommand& change =
      context_.pending.begin(PendingCommand::Kind::Change, Ref<Connection>(session.connection));
  PendingCommands::queueReply(change);
  PendingCommands::queueIn(context_.conversations.at(group.app, group.id, group.hash()), change);
  change.session = Ref<Session>(&session);
  change.group = Ref<Group>(&group);
  change.op = command.op;
  change.command.assign(command);
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

void Rooms::ask(Session& session, const Command& command, Group& group) {
  const App& app = group.app;
  const storage::Token token = beginChange(session, command, group).token;
  const bool others = command.op == Op::Invite || command.op == Op::Kick;
  const bool members_only = others && !session.is_super;
  const std::int64_t now = context_.now.wall.count();
  const std::string& by = session.peer->id;
  if (adds(command.op)) {
    const std::size_t most = app.options.group_members;
    context_.storage.submit(token, storage::AddMembers{app.options.id, group.id, refsOf(app), by,
                                                       members_only, most, now});
  } else {
    context_.storage.submit(
        token, storage::RemoveMembers{app.options.id, group.id, ids_, by, members_only, now});
  }
}

Command Rooms::makeReply(const Session& session, Op request, const Group& group,
                         avos::IdList changed) {
  Op op = Op::Joined;
  if (request == Op::Leave) op = Op::Left;
  if (request == Op::Invite) op = Op::Invited;
  if (request == Op::Kick) op = Op::Kicked;
  Command reply = Context::notice(session, Cmd::Room, op);
  reply.set(Field::RoomId, &Command::room_id, std::string_view(group.id));
  // Without it iOS never calls back for a created group (§9.2, §16.9).
  reply.set(Field::ByPeerId, &Command::by_peer_id, std::string_view(session.peer->id));
  if (op == Op::Invited || op == Op::Kicked) {
    reply.set(Field::RoomPeerIds, &Command::room_peer_ids, changed);
  }
  return reply;
}

void Rooms::confirm(Session& session, const Command& command, const Group& group) {
  Command frame = makeReply(session, command.op, group, {});
  frame.i = command.i;
  context_.writer.reply(*session.connection, frame);
}

Command Rooms::makeReject(const Session& session, const Command& command, int code) {
  Command frame = Context::replyTo(command, session, Cmd::Room, Op::Reject);
  if (command.has(Field::RoomId)) {
    frame.set(Field::RoomId, &Command::room_id, command.room_id);
  }
  if (command.has(Field::RoomPeerIds)) {
    frame.set(Field::RoomPeerIds, &Command::room_peer_ids, command.room_peer_ids);
  }
  setCode(frame, code);
  return frame;
}

void Rooms::reject(Session& session, const Command& command, int code) {
  context_.writer.reply(*session.connection, makeReject(session, command, code));
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
  for (const auto& id : result->changed) change.peers.push_back(change.group->app.peer(id));
}

avos::IdList Rooms::changedBy(const PendingCommand& change) {
  ids_.clear();
  for (const auto& peer : change.peers) ids_.push_back(peer->id);
  return ids_;
}

void Rooms::sendReply(const PendingCommand& change) {
  const Command& asked = change.command.get();
  if (change.refusal != storage::Refusal::None) {
    const Command frame = makeReject(*change.session, asked, codeOf(change.refusal));
    return context_.writer.replyNow(*change.connection, frame);
  }
  Command frame = makeReply(*change.session, change.op, *change.group, changedBy(change));
  frame.i = asked.i;
  context_.writer.replyNow(*change.connection, frame);
}

void Rooms::carryOut(const PendingCommand& change) {
  Group& group = *change.group;
  --group.changes;
  // A failed or refused one, or one that found everything as it was to be, names nobody.
  if (change.peers.empty()) return;
  for (const auto& peer : change.peers) {
    if (adds(change.op)) {
      group.add(peer);
    } else {
      group.remove(*peer);
    }
  }
  // The change refers to the group, so it is not the one that goes if it has grown.
  groups_.makeRoom(0, 0);
  tell(change);
}

void Rooms::tell(const PendingCommand& change) {
  const avos::IdList changed = changedBy(change);
  switch (change.op) {
    case Op::Join: return tellMembers(change, Op::MembersJoined, changed);
    case Op::Leave: return tellMembers(change, Op::MembersLeft, changed);
    case Op::Invite:
      tellTargets(change, Op::Joined);
      return tellMembers(change, Op::MembersJoined, changed);
    default: tellTargets(change, Op::Left); return tellMembers(change, Op::MembersLeft, changed);
  }
}

void Rooms::tellMembers(const PendingCommand& change, Op op, avos::IdList changed) {
  Command frame;
  frame.cmd = Cmd::Room;
  frame.op = op;
  const Peer& actor = *change.session->peer;
  frame.set(Field::AppId, &Command::app_id, std::string_view(actor.app.options.id));
  frame.set(Field::RoomId, &Command::room_id, std::string_view(change.group->id));
  frame.set(Field::RoomPeerIds, &Command::room_peer_ids, changed);
  frame.set(Field::ByPeerId, &Command::by_peer_id, std::string_view(actor.id));
  context_.writer.encoder().encodeShared(frame, frame_);
  for (const Present& present : change.group->online) {
    for (Session* to : present.peer->sessions) context_.writer.notify(*to, frame_);
  }
}

void Rooms::tellTargets(const PendingCommand& change, Op op) {
  Command frame;
  frame.cmd = Cmd::Room;
  frame.op = op;
  const Peer& actor = *change.session->peer;
  frame.set(Field::AppId, &Command::app_id, std::string_view(actor.app.options.id));
  frame.set(Field::RoomId, &Command::room_id, std::string_view(change.group->id));
  frame.set(Field::ByPeerId, &Command::by_peer_id, std::string_view(actor.id));
  context_.writer.encoder().encodeShared(frame, frame_);
  for (const auto& target : change.peers) {
    for (Session* to : target->sessions) context_.writer.notify(*to, frame_);
  }
}

}  // namespace kith::core
