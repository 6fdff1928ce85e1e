// SPDX-License-Identifier: Apache-2.0
// The words of avos-v1 §3-§5: keys, commands and ops, and how they are spelled. Pure; any thread.
// Private to the
// codec.
#pragma once

#include <cstdint>
#include <string_view>

namespace kith::avos {

/// `cmd` (avos-v1 §4, §5).
enum class Cmd : std::uint8_t {
  Heartbeat,  ///< `{}`: no `cmd` at all
  Session,
  Direct,
  Ack,
  AckReq,
  Room,
  Presence,
  Rcp,
  Error,
  Data,
  Login,
  Unknown,  ///< a string that is none of these
};

/// `op`, for Session and Room.
enum class Op : std::uint8_t {
  None,
  // session, client to server; Close and Error are used by both
  Open,
  Add,
  Remove,
  Query,
  Close,
  // session, server to client
  Opened,
  Added,
  Removed,
  QueryResult,
  Closed,
  Error,
  // room, client to server
  Join,
  Leave,
  Invite,
  Kick,
  // room, server to client
  Joined,
  Left,
  Invited,
  Kicked,
  Reject,
  MembersJoined,
  MembersLeft,
  Unknown,  ///< a string that is none of these
};

/// Every key that Kith knows.
enum class Key : std::uint8_t {
  Cmd,
  Op,
  I,
  OnlineSessionPeerIds,
  AppId,
  PeerId,
  FromPeerId,
  SessionPeerIds,
  RoomPeerIds,
  ToPeerIds,
  Ids,
  RoomId,
  Msg,
  Id,
  Uid,
  ByPeerId,
  Status,
  Timestamp,
  Time,
  Signature,
  Nonce,
  Super,
  Transient,
  ReceiptWanted,
  Offline,
  Code,
  Reason,
  Dedupe,
  Count,
  InstallationId,
  // Of messages in Kith's own subprotocol (decision 038), as the current protocol spells them.
  MentionPids,
  MentionAll,
  BinaryMsg,
  Will,
  None,  ///< a key that Kith does not know
};

Key keyOf(std::string_view name);
std::string_view keyName(Key key);
/// The name as a member begins: `,"name":`.
std::string_view keyToken(Key key);

Cmd cmdOf(std::string_view name);
std::string_view cmdName(Cmd cmd);

/// The same word is another Op, or none, in another direction: only `error`, `close` are shared.
Op opOf(std::string_view name);
std::string_view opName(Op op);

/// True for the ops whose list is spelled `onlineSessionPeerIds` (§5.1).
constexpr bool listsOnlinePeers(Op op) {
  return op == Op::Opened || op == Op::Added || op == Op::QueryResult;
}

}  // namespace kith::avos
