// SPDX-License-Identifier: Apache-2.0
#include "server/dialects/avos/avos_dialect.hpp"

#include "base/close_codes.hpp"
#include "server/core/model.hpp"
#include "sign/signer.hpp"

namespace kith::dialects {
namespace {

using avos::Cmd;
using avos::Command;
using avos::Field;
using avos::Op;

core::Proof proofIn(const Command& frame) {
  core::Proof proof;
  proof.given = frame.has(Field::Signature) && frame.has(Field::Time) && frame.has(Field::Nonce);
  proof.signature = frame.signature;
  proof.nonce = frame.nonce;
  proof.time_text = frame.time_text;
  proof.time = frame.time;
  return proof;
}

core::Unknown unknown(const Command& frame) { return {frame.has(Field::PeerId)}; }

using Body = decltype(core::Intent::body);

Body sessionIntent(const Command& frame) {
  const core::IdList peers = frame.session_peer_ids;
  switch (frame.op) {
    case Op::Open: return core::OpenSession{peers, frame.is_super, proofIn(frame)};
    case Op::Add: return core::WatchPeers{peers, proofIn(frame)};
    case Op::Remove: return core::UnwatchPeers{peers};
    case Op::Query: return core::QueryPresence{peers};
    case Op::Close: return core::CloseSession{};
    default: return unknown(frame);
  }
}

Body roomIntent(const Command& frame) {
  core::ChangeMembers wish;
  switch (frame.op) {
    case Op::Join: wish.change = core::MemberChange::Join; break;
    case Op::Leave: wish.change = core::MemberChange::Leave; break;
    case Op::Invite: wish.change = core::MemberChange::Invite; break;
    case Op::Kick: wish.change = core::MemberChange::Kick; break;
    default: return unknown(frame);
  }
  if (frame.has(Field::RoomId)) wish.group = frame.room_id;
  if (frame.has(Field::RoomPeerIds)) wish.peers = frame.room_peer_ids;
  wish.open = frame.transient;
  wish.proof = proofIn(frame);
  return wish;
}

// An empty roomId is none: the id comes first where both are there (avos-v1 §4.2).
core::SendMessage messageIntent(const Command& frame) {
  return {frame.room_id, frame.to_peer_ids, frame.msg,
          frame.dedupe,  frame.transient,   frame.receipt_wanted};
}

core::Acknowledge acknowledgement(const Command& frame) {
  if (frame.has(Field::Ids)) return {frame.ids};
  if (frame.has(Field::Id)) return {core::IdList(&frame.id, 1)};
  return {};  // D0: everything this peer got on this connection (§17 Q28)
}

Body intentIn(const Command& frame) {
  if (frame.i.text.size() > core::kSerialBytes) return unknown(frame);
  switch (frame.cmd) {
    case Cmd::Heartbeat: return core::Heartbeat{};
    case Cmd::Login: return core::Login{};
    case Cmd::Session: return sessionIntent(frame);
    case Cmd::Direct: return messageIntent(frame);
    case Cmd::Room: return roomIntent(frame);
    case Cmd::Ack: return acknowledgement(frame);
    default: return unknown(frame);
  }
}

void setCode(Command& frame, int code) {
  frame.set(Field::Code, &Command::code, std::int64_t{code});
  frame.set(Field::Reason, &Command::reason, base::closeReason(code));
}

Op replyOp(core::SessionReply::To to) {
  switch (to) {
    case core::SessionReply::To::Open: return Op::Opened;
    case core::SessionReply::To::Watch: return Op::Added;
    case core::SessionReply::To::Unwatch: return Op::Removed;
    case core::SessionReply::To::Query: return Op::QueryResult;
    default: return Op::Closed;
  }
}

Op replyOp(core::MemberChange to) {
  switch (to) {
    case core::MemberChange::Join: return Op::Joined;
    case core::MemberChange::Leave: return Op::Left;
    case core::MemberChange::Invite: return Op::Invited;
    default: return Op::Kicked;
  }
}

/// Fills in what a notice says; its serial and receiver are there.
struct Spelling {
  Command& frame;

  void operator()(const core::HeartbeatReply&) const {}
  void operator()(const core::SessionReply& reply) const {
    frame.cmd = Cmd::Session;
    frame.op = replyOp(reply.to);
    if (frame.op == Op::Closed) return;
    frame.set(Field::SessionPeerIds, &Command::session_peer_ids, reply.peers);
  }
  void operator()(const core::SessionRefused& refused) const {
    frame.cmd = Cmd::Session;
    frame.op = Op::Error;
    setCode(frame, refused.code);
  }
  void operator()(const core::SessionEnded& ended) const {
    frame.cmd = Cmd::Session;
    frame.op = Op::Closed;
    setCode(frame, ended.code);
  }
  void operator()(const core::MessageReply& reply) const {
    frame.cmd = Cmd::Ack;
    frame.set(Field::Uid, &Command::uid, reply.id);
    frame.set(Field::Time, &Command::time, reply.timestamp);
    if (reply.code != 0) setCode(frame, reply.code);
  }
  void operator()(const core::MembersReply& reply) const {
    frame.cmd = Cmd::Room;
    frame.op = replyOp(reply.to);
    frame.set(Field::RoomId, &Command::room_id, reply.group);
    // Without it iOS never calls back for a created group (§9.2, §16.9).
    frame.set(Field::ByPeerId, &Command::by_peer_id, frame.peer_id);
    if (frame.op == Op::Invited || frame.op == Op::Kicked) {
      frame.set(Field::RoomPeerIds, &Command::room_peer_ids, reply.changed);
    }
  }
  void operator()(const core::MembersRefused& refused) const {
    frame.cmd = Cmd::Room;
    frame.op = Op::Reject;
    if (refused.group) frame.set(Field::RoomId, &Command::room_id, *refused.group);
    if (refused.peers) frame.set(Field::RoomPeerIds, &Command::room_peer_ids, *refused.peers);
    setCode(frame, refused.code);
  }
  void operator()(const core::Refused& refused) const {
    frame.cmd = Cmd::Error;
    setCode(frame, refused.code);
  }
  void operator()(const core::Message& message) const {
    frame.cmd = Cmd::Direct;
    frame.fields &= ~static_cast<std::uint32_t>(Field::AppId);
    frame.set(Field::FromPeerId, &Command::from_peer_id, message.from);
    if (!message.group.empty()) frame.set(Field::RoomId, &Command::room_id, message.group);
    frame.set(Field::Msg, &Command::msg, message.text);
    frame.set(Field::Id, &Command::id, message.id);
    frame.set(Field::Timestamp, &Command::timestamp, message.timestamp);
    if (message.transient) frame.set(Field::Transient, &Command::transient, true);
    if (message.offline) frame.set(Field::Offline, &Command::offline, true);
    if (message.to) frame.set(Field::ToPeerIds, &Command::to_peer_ids, *message.to);
  }
  void operator()(const core::Receipt& receipt) const {
    frame.cmd = Cmd::Rcp;
    frame.set(Field::Id, &Command::id, receipt.id);
    frame.set(Field::Time, &Command::time, receipt.time);
  }
  void operator()(const core::PresenceChanged& change) const {
    frame.cmd = Cmd::Presence;
    frame.set(Field::Status, &Command::online, change.online);
    frame.set(Field::SessionPeerIds, &Command::session_peer_ids, change.peers);
  }
  void operator()(const core::MembersChanged& change) const {
    frame.cmd = Cmd::Room;
    frame.op = change.joined ? Op::MembersJoined : Op::MembersLeft;
    frame.set(Field::RoomId, &Command::room_id, change.group);
    frame.set(Field::RoomPeerIds, &Command::room_peer_ids, change.peers);
    frame.set(Field::ByPeerId, &Command::by_peer_id, change.by);
  }
  void operator()(const core::MembershipChanged& change) const {
    frame.cmd = Cmd::Room;
    frame.op = change.joined ? Op::Joined : Op::Left;
    frame.set(Field::RoomId, &Command::room_id, change.group);
    frame.set(Field::ByPeerId, &Command::by_peer_id, change.by);
  }
};

Command frameOf(const core::Notice& notice) {
  Command frame;
  frame.i = notice.i;
  if (notice.peer_id) frame.set(Field::PeerId, &Command::peer_id, *notice.peer_id);
  if (!notice.app_id.empty()) frame.set(Field::AppId, &Command::app_id, notice.app_id);
  std::visit(Spelling{frame}, notice.body);
  return frame;
}

template <typename MakeText>
bool isSignedInEitherOrder(sign::Signer& signer, std::string_view signature, MakeText makeText) {
  // §10 "Sort order": bytes first, then the order of JavaScript's sort.
  return signer.verify(makeText(sign::IdOrder::Utf8), signature) ||
         signer.verify(makeText(sign::IdOrder::Utf16), signature);
}

std::string_view groupAction(core::SignedRequest::Action action) {
  switch (action) {
    case core::SignedRequest::Action::Invite: return "invite";
    case core::SignedRequest::Action::Kick: return "kick";
    default: return "join";
  }
}

}  // namespace

Result<core::Intent> AvosDialect::read(char* frame, std::size_t size) {
  auto decoded = decoder_.decode(frame, size);
  if (!decoded) return decoded.error();
  frame_ = *decoded;
  core::Intent intent;
  if (frame_.i.text.size() <= core::kSerialBytes) intent.i = frame_.i;
  if (frame_.has(Field::AppId)) intent.app_id = frame_.app_id;
  intent.peer_id = frame_.peer_id;
  intent.body = intentIn(frame_);
  return intent;
}

void AvosDialect::write(const core::Notice& notice, std::string& out) {
  encoder_.encode(frameOf(notice), out);
}

void AvosDialect::writeShared(const core::Notice& notice, core::SharedFrame& out) {
  encoder_.encodeShared(frameOf(notice), shared_);
  out.bytes.assign(shared_.tail);
}

std::array<std::string_view, 3> AvosDialect::partsFor(const core::SharedFrame& frame,
                                                      const core::Peer& to) const {
  return {avos::kSharedHead, to.quoted, frame.bytes};
}

bool AvosDialect::isSigned(const core::SignedRequest& request, sign::Signer& signer) const {
  using Action = core::SignedRequest::Action;
  const core::Proof& proof = request.proof;
  if (request.action != Action::Open && request.action != Action::Watch) {
    return isSignedInEitherOrder(signer, proof.signature, [&](sign::IdOrder order) {
      return sign::groupText(request.app_id, request.peer_id, request.group, request.ids,
                             proof.time_text, proof.nonce, groupAction(request.action), order);
    });
  }
  const auto is = [&](std::string_view suffix) {
    return isSignedInEitherOrder(signer, proof.signature, [&](sign::IdOrder order) {
      return sign::sessionText(request.app_id, request.peer_id, request.ids, proof.time_text,
                               proof.nonce, suffix, order);
    });
  };
  // §17 Q1: both suffixes were documented.
  return request.wants_super ? is("sp") || is("su") : is({});
}

}  // namespace kith::dialects
