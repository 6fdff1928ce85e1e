// SPDX-License-Identifier: Apache-2.0
#include "protocol/avos/raw_frame.hpp"

namespace kith::avos {
namespace {

/// Without one of the three there is none.
std::optional<SignatureFields> signatureIn(const RawFrame& raw) {
  if (!raw.has(Key::Signature) || !raw.has(Key::Time) || !raw.has(Key::Nonce)) return {};
  return SignatureFields{raw.signature, raw.nonce, raw.time, raw.time_text};
}

std::optional<Reason> reasonIn(const RawFrame& raw) {
  if (!raw.has(Key::Code)) return {};
  return Reason{raw.code, raw.reason};
}

template <typename Value>
std::optional<Value> optional(const RawFrame& raw, Key key, const Value& value) {
  return raw.has(key) ? std::optional<Value>(value) : std::nullopt;
}

Body sessionBody(const RawFrame& raw) {
  const IdList peers = raw.session_peer_ids;
  switch (raw.op) {
    case Op::Open: return SessionOpen{peers, raw.is_super, signatureIn(raw)};
    case Op::Add: return SessionAdd{peers, signatureIn(raw)};
    case Op::Remove: return SessionRemove{peers};
    case Op::Query: return SessionQuery{peers};
    case Op::Close: return SessionClose{};
    case Op::Opened: return SessionOpened{peers, raw.time};
    case Op::Added: return SessionAdded{peers};
    case Op::Removed: return SessionRemoved{peers};
    case Op::QueryResult: return SessionQueryResult{peers};
    case Op::Closed: return SessionClosed{reasonIn(raw)};
    case Op::Error: return SessionError{reasonIn(raw)};
    default: return Unknown{};
  }
}

RoomRequest roomRequest(const RawFrame& raw, RoomRequest::Op op) {
  return {op, optional(raw, Key::RoomId, raw.room_id),
          optional(raw, Key::RoomPeerIds, raw.room_peer_ids), raw.transient, signatureIn(raw)};
}

RoomEvent roomEvent(const RawFrame& raw, RoomEvent::Op op) {
  return {op, raw.room_id, optional(raw, Key::RoomPeerIds, raw.room_peer_ids), raw.by_peer_id,
          raw.time};
}

Body roomBody(const RawFrame& raw) {
  switch (raw.op) {
    case Op::Join: return roomRequest(raw, RoomRequest::Op::Join);
    case Op::Leave: return roomRequest(raw, RoomRequest::Op::Leave);
    case Op::Invite: return roomRequest(raw, RoomRequest::Op::Invite);
    case Op::Kick: return roomRequest(raw, RoomRequest::Op::Kick);
    case Op::Joined: return roomEvent(raw, RoomEvent::Op::Joined);
    case Op::Left: return roomEvent(raw, RoomEvent::Op::Left);
    case Op::Invited: return roomEvent(raw, RoomEvent::Op::Invited);
    case Op::Kicked: return roomEvent(raw, RoomEvent::Op::Kicked);
    case Op::MembersJoined: return roomEvent(raw, RoomEvent::Op::MembersJoined);
    case Op::MembersLeft: return roomEvent(raw, RoomEvent::Op::MembersLeft);
    case Op::Reject:
      return RoomReject{optional(raw, Key::RoomId, raw.room_id),
                        optional(raw, Key::RoomPeerIds, raw.room_peer_ids), reasonIn(raw)};
    default: return Unknown{};
  }
}

Direct directBody(const RawFrame& raw) {
  const bool binary = raw.has(Key::BinaryMsg);
  return {raw.from_peer_id, raw.room_id,      binary ? raw.binary_msg : raw.msg,
          raw.id,           raw.timestamp,    optional(raw, Key::ToPeerIds, raw.to_peer_ids),
          raw.offline,      raw.transient,    raw.receipt_wanted,
          raw.dedupe,       raw.mention_pids, raw.mention_all,
          binary,           raw.will};
}

Ack ackBody(const RawFrame& raw) {
  return {optional(raw, Key::Ids, raw.ids), raw.id, raw.uid, raw.time, reasonIn(raw)};
}

Body bodyOf(const RawFrame& raw) {
  switch (raw.cmd) {
    case Cmd::Heartbeat: return Heartbeat{};
    case Cmd::Session: return sessionBody(raw);
    case Cmd::Direct: return directBody(raw);
    case Cmd::Ack: return ackBody(raw);
    case Cmd::AckReq: return AckRequest{raw.count};
    case Cmd::Room: return roomBody(raw);
    case Cmd::Presence: return Presence{raw.online, raw.session_peer_ids};
    case Cmd::Rcp: return Receipt{raw.id, raw.time};
    case Cmd::Error: return Failure{reasonIn(raw)};
    case Cmd::Data: return Data{};
    case Cmd::Login: return Login{raw.installation_id};
    case Cmd::Unknown: break;
  }
  return Unknown{};
}

}  // namespace

Frame frameOf(const RawFrame& raw) {
  return {raw.i, optional(raw, Key::AppId, raw.app_id), optional(raw, Key::PeerId, raw.peer_id),
          bodyOf(raw)};
}

}  // namespace kith::avos
