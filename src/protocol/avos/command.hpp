// SPDX-License-Identifier: Apache-2.0
// One frame of the protocol, whichever way it goes and however it is spelled. A Command owns
// nothing: its views point into the frame it was decoded from, or into what the sender keeps alive
// until it is encoded. Any thread; plain data.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/serial.hpp"

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

/// Which optional fields are there. An absent list and an empty one are different things on this
/// wire (avos-v1 §16.1, §16.8); `null` counts as absent (§3.1).
enum class Field : std::uint32_t {
  AppId = 1u << 0,
  PeerId = 1u << 1,
  FromPeerId = 1u << 2,
  SessionPeerIds = 1u << 3,
  RoomPeerIds = 1u << 4,
  ToPeerIds = 1u << 5,
  Ids = 1u << 6,
  RoomId = 1u << 7,
  Msg = 1u << 8,
  Id = 1u << 9,
  Uid = 1u << 10,
  ByPeerId = 1u << 11,
  Status = 1u << 12,
  Timestamp = 1u << 13,
  Time = 1u << 14,  ///< `t` as a number: ms from the server, seconds of a signature from a client
  Signature = 1u << 15,  ///< `s`
  Nonce = 1u << 16,      ///< `n`
  Super = 1u << 17,      ///< `sp`, any truthy value
  Transient = 1u << 18,
  ReceiptWanted = 1u << 19,  ///< `r`, true or 1
  Offline = 1u << 20,
  Code = 1u << 21,
  Reason = 1u << 22,
  Dedupe = 1u << 23,  ///< `dt`: Kith's resend token, ignored by an original server
  Count = 1u << 24,   ///< `c` of ackreq
  InstallationId = 1u << 25,
};

using base::Serial;
using IdList = std::span<const std::string_view>;

/// A decoded frame, or one about to be encoded. Set a field with `set`, so that its bit follows.
struct Command {
  Cmd cmd{Cmd::Heartbeat};
  Op op{Op::None};
  std::uint32_t fields{0};  ///< bits of Field
  Serial i;

  bool is_super{false};
  bool transient{false};
  bool receipt_wanted{false};
  bool offline{false};
  bool online{false};  ///< `status` of presence is "on"

  std::string_view app_id, peer_id, from_peer_id, by_peer_id, room_id, msg, id, uid;
  std::string_view signature, nonce;
  std::string_view time_text;  ///< `t` exactly as its digits came: signatures are over these (§10)
  std::string_view reason, dedupe, installation_id;
  std::int64_t timestamp{0};  ///< ms
  std::int64_t time{0};       ///< `t`
  std::int64_t code{0};
  std::int64_t count{0};
  IdList session_peer_ids, room_peer_ids, to_peer_ids, ids;

  bool has(Field field) const { return (fields & static_cast<std::uint32_t>(field)) != 0; }
  void mark(Field field) { fields |= static_cast<std::uint32_t>(field); }

  /// Sets member and bit together: `command.set(Field::PeerId, &Command::peer_id, peer)`.
  template <typename Value>
  Command& set(Field field, Value Command::*member, Value value) {
    this->*member = value;
    mark(field);
    return *this;
  }
};

}  // namespace kith::avos
