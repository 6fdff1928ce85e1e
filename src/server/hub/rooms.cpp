// SPDX-License-Identifier: Apache-2.0
#include "server/hub/rooms.hpp"

#include <algorithm>

#include "base/close_codes.hpp"
#include "base/text_codes.hpp"

namespace kith::hub {

using wire::Cmd;
using wire::Command;
using wire::Field;
using wire::Op;

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
                                [](auto id) { return wire::whyBadPeerId(id).empty(); });
  if (!good) reject(session, command, base::kInvalidLogin);
  return good;
}

void Rooms::create(Session& session, const Command& command) {
  App& app = session.peer->app;
  storage::GroupRecord record;
  record.id = base::makeGroupId(context_.random);
  record.open = command.transient;
  if (!record.open) record.members.push_back(session.peer->id);
  Group& group = groups_.insert(app, record);
  if (record.open) groups_.enter(session, group);
  PendingCommand& change = beginChange(session, command, group);
  change.peers.push_back(session.peer);
  ids_.assign(record.members.begin(), record.members.end());
  context_.storage.submit(change.token, storage::CreateGroup{app.options.id, record.id, record.open,
                                                             ids_, context_.now.wall.count()});
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
  if (group.open) groups_.enter(session, group);
  ids_.clear();
  if (group.open || group.has(*session.peer)) return confirm(session, command, group);
  const App& app = session.peer->app;
  if (group.members->peers.size() >= app.options.group_members) {
    return reject(session, command, base::kConversationFull);
  }
  group.add(session.peer);
  PendingCommand& change = beginChange(session, command, group);
  change.peers.push_back(session.peer);
  ids_.assign(1, session.peer->id);
  submit(change, ids_);
}

void Rooms::leave(Session& session, const Command& command, Group& group) {
  if (session.open_group.get() == &group) groups_.exit(session, false);
  ids_.clear();
  // Who is not inside has left already: a repeat after a lost reply must succeed.
  if (group.open || !group.has(*session.peer)) return confirm(session, command, group);
  group.remove(*session.peer);
  PendingCommand& change = beginChange(session, command, group);
  change.peers.push_back(session.peer);
  ids_.assign(1, session.peer->id);
  submit(change, ids_);
}

bool Rooms::mayManage(Session& session, const Command& command, const Group& group) {
  if (group.open) {
    // It has no list of members to change (§9.3).
    reject(session, command, base::kInvalidMessagingTarget);
    return false;
  }
  if (session.is_super || group.has(*session.peer)) return true;
  reject(session, command, base::kConversationMembershipRequired);
  return false;
}

void Rooms::chooseIds(const Command& command, const Group& group, bool members) {
  const App& app = group.app;
  IdSet seen;
  ids_.clear();
  for (const auto id : command.room_peer_ids) {
    const Peer* peer = app.findPeer(id);
    const bool inside = peer && group.has(*peer);
    if (inside == members && seen.insert(id).second) ids_.push_back(id);
  }
}

void Rooms::invite(Session& session, const Command& command, Group& group) {
  if (!mayManage(session, command, group)) return;
  chooseIds(command, group, false);
  App& app = session.peer->app;
  if (ids_.empty()) return confirm(session, command, group);
  if (group.members->peers.size() + ids_.size() > app.options.group_members) {
    return reject(session, command, base::kConversationFull);
  }
  for (const auto id : ids_) group.add(app.peer(id));
  PendingCommand& change = beginChange(session, command, group);
  for (const auto id : ids_) change.peers.push_back(app.peer(id));
  submit(change, ids_);
}

void Rooms::kick(Session& session, const Command& command, Group& group) {
  if (!mayManage(session, command, group)) return;
  chooseIds(command, group, true);
  App& app = session.peer->app;
  if (ids_.empty()) return confirm(session, command, group);
  std::vector<Ref<Peer>> gone;
  for (const auto id : ids_) gone.push_back(app.peer(id));
  for (const auto& peer : gone) group.remove(*peer);
  PendingCommand& change = beginChange(session, command, group);
  change.peers = std::move(gone);
  submit(change, ids_);
}

PendingCommand& Rooms::beginChange(Session& session, const Command& command, Group& group) {
  PendingCommand& change =
      context_.pending.begin(PendingCommand::Kind::Change, Ref<Connection>(session.connection));
  PendingCommands::queueReply(change);
  PendingCommands::queueIn(queueOf(group), change);
  change.session = Ref<Session>(&session);
  change.group = Ref<Group>(&group);
  change.members = Members(group.members);
  change.op = command.op;
  change.i.assign(command.i);
  ++group.changes;
  // The group may have grown. The change refers to it, so it is not the one that goes.
  groups_.makeRoom(0, 0);
  context_.asked_storage = true;
  return change;
}

void Rooms::submit(const PendingCommand& change, std::span<const std::string_view> ids) {
  const Group& group = *change.group;
  const std::string& app = group.app.options.id;
  if (change.op == Op::Join || change.op == Op::Invite) {
    context_.storage.submit(change.token, storage::AddMembers{app, group.id, ids});
  } else {
    context_.storage.submit(change.token, storage::RemoveMembers{app, group.id, ids});
  }
}

ConversationQueue& Rooms::queueOf(const Group& group) {
  return context_.conversations.at(group.app, group.id, group.hash());
}

Command Rooms::makeReply(const Session& session, Op request, const Group& group,
                         wire::IdList changed) {
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

void Rooms::confirm(Session& session, const Command& command, Group& group) {
  if (group.open || group.changes == 0) {
    Command frame = makeReply(session, command.op, group, {});
    frame.i = command.i;
    return context_.writer.reply(*session.connection, frame);
  }
  // What made it so may still be on its way to the storage, and may fail there. So the same is
  // asked once more: the answer is true whatever became of the first one.
  PendingCommand& change = beginChange(session, command, group);
  if (command.op == Op::Join || command.op == Op::Leave) {
    ids_.assign(1, session.peer->id);
  } else {
    ids_.assign(command.room_peer_ids.begin(), command.room_peer_ids.end());
  }
  submit(change, ids_);
}

void Rooms::reject(Session& session, const Command& command, int code) {
  Command frame = Context::replyTo(command, session, Cmd::Room, Op::Reject);
  if (command.has(Field::RoomId)) {
    frame.set(Field::RoomId, &Command::room_id, command.room_id);
  }
  if (command.has(Field::RoomPeerIds)) {
    frame.set(Field::RoomPeerIds, &Command::room_peer_ids, command.room_peer_ids);
  }
  setCode(frame, code);
  context_.writer.reply(*session.connection, frame);
}

void Rooms::onChanged(PendingCommand& change, const Result<storage::Changed>& result) {
  change.failed = !result;
  if (result) return;
  groups_.forget(*change.group);
  context_.close(*change.connection, base::kInternalError);
}

wire::IdList Rooms::changedBy(const PendingCommand& change) {
  ids_.clear();
  for (const auto& peer : change.peers) ids_.push_back(peer->id);
  return ids_;
}

void Rooms::sendReply(const PendingCommand& change) {
  Command frame = makeReply(*change.session, change.op, *change.group, changedBy(change));
  frame.i = change.i.get();
  context_.writer.replyNow(*change.connection, frame);
}

void Rooms::notify(const PendingCommand& change) {
  --change.group->changes;
  const bool confirmed_only = change.peers.empty();
  if (change.failed || change.group->open || confirmed_only) return;
  const wire::IdList changed = changedBy(change);
  switch (change.op) {
    case Op::Join: return tellMembers(change, Op::MembersJoined, changed);
    case Op::Leave: return tellMembers(change, Op::MembersLeft, changed);
    case Op::Invite:
      tellTargets(change, Op::Joined);
      return tellMembers(change, Op::MembersJoined, changed);
    default: tellTargets(change, Op::Left); return tellMembers(change, Op::MembersLeft, changed);
  }
}

void Rooms::tellMembers(const PendingCommand& change, Op op, wire::IdList changed) {
  Command frame;
  frame.cmd = Cmd::Room;
  frame.op = op;
  const Peer& actor = *change.session->peer;
  frame.set(Field::AppId, &Command::app_id, std::string_view(actor.app.options.id));
  frame.set(Field::RoomId, &Command::room_id, std::string_view(change.group->id));
  frame.set(Field::RoomPeerIds, &Command::room_peer_ids, changed);
  frame.set(Field::ByPeerId, &Command::by_peer_id, std::string_view(actor.id));
  context_.writer.encoder().encodeShared(frame, frame_);
  for (const auto& member : change.members) {
    for (Session* to : member->sessions) context_.writer.notify(*to, frame_);
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

}  // namespace kith::hub
