// SPDX-License-Identifier: Apache-2.0
// One frame of the protocol, whichever way it goes: a body for each command, beside what all have.
// A Frame owns nothing: its views point into the bytes and the decoder it comes from, or into what
// the sender keeps alive until it is encoded. A text that is empty counts as absent where nothing
// else is said. Any thread; plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "base/serial.hpp"

namespace kith::avos {

using base::Serial;
using IdList = std::span<const std::string_view>;

/// `s`, `t` and `n` (avos-v1 §10).
struct SignatureFields {
  std::string_view signature;
  std::string_view nonce;
  std::int64_t time{0};        ///< seconds or ms
  std::string_view time_text;  ///< read: the digits as they came, since signatures are over these
};

/// `code` and `reason` (§6.2).
struct Reason {
  std::int64_t code{0};
  std::string_view text;
};

/// `{}`: no `cmd` at all.
struct Heartbeat {};

// --- session (§4.1, §5.1) -----------------------------------------------------------------------

struct SessionOpen {
  IdList peers;
  bool is_super{false};  ///< `sp`, any value that JavaScript takes for true
  std::optional<SignatureFields> signature;
};
struct SessionAdd {
  IdList peers;
  std::optional<SignatureFields> signature;
};
struct SessionRemove {
  IdList peers;
};
struct SessionQuery {
  IdList peers;
};
struct SessionClose {};
struct SessionOpened {
  IdList online;
  std::int64_t time{0};  ///< ms; of Kith's own subprotocol; 0 = absent
};
struct SessionAdded {
  IdList online;
};
struct SessionRemoved {
  IdList peers;
};
struct SessionQueryResult {
  IdList online;
};
struct SessionClosed {
  std::optional<Reason> why;
};
struct SessionError {
  std::optional<Reason> why;
};

// --- messages (§4.2, §4.3, §5.2 to §5.5)
// ----------------------------------------------------------

/// To the server with `to` or `room`, to a client with `from`.
struct Direct {
  std::string_view from;
  std::string_view room;
  std::string_view text;
  std::string_view id;
  std::int64_t timestamp{0};  ///< ms; 0 = absent
  std::optional<IdList> to;   ///< to a client: a copy of what another of its devices sent
  bool offline{false};
  bool transient{false};
  bool receipt_wanted{false};  ///< `r`, true or 1
  std::string_view dedupe;     ///< `dt`: Kith's resend token, ignored by an original server
  // Of Kith's own subprotocol; an original server does not know them.
  IdList mentions;
  bool mention_all{false};
  bool binary{false};  ///< the text is base64 of the message's bytes
  bool will{false};    ///< to be said when the connection is lost
};
/// To the server with `ids`, `id`, or neither for all that came; to a client with `uid` and `time`.
struct Ack {
  std::optional<IdList> ids;
  std::string_view id;
  std::string_view uid;
  std::int64_t time{0};  ///< ms; 0 = absent
  std::optional<Reason> refused;
};
/// The server waits for acknowledgements.
struct AckRequest {
  std::int64_t count{0};
};
/// `rcp`: a message has arrived.
struct Receipt {
  std::string_view id;
  std::int64_t time{0};  ///< ms; 0 = absent
};
struct Presence {
  bool online{false};
  IdList peers;
};

// --- room (§4.4, §5.6)
// ------------------------------------------------------------------------------

struct RoomRequest {
  enum class Op : std::uint8_t { Join, Leave, Invite, Kick };
  Op op{Op::Join};
  std::optional<std::string_view> room;  ///< a join without one creates a group
  std::optional<IdList> peers;
  bool transient{false};  ///< creates an open group
  std::optional<SignatureFields> signature;
};
/// The answer to a request, or something that others did.
struct RoomEvent {
  enum class Op : std::uint8_t { Joined, Left, Invited, Kicked, MembersJoined, MembersLeft };
  Op op{Op::Joined};
  std::string_view room;
  std::optional<IdList> peers;
  std::string_view by;
  std::int64_t time{0};  ///< ms; of Kith's own subprotocol; 0 = absent
};
struct RoomReject {
  std::optional<std::string_view> room;
  std::optional<IdList> peers;
  std::optional<Reason> why;
};

// --- others
// -----------------------------------------------------------------------------------------

/// `error` (§5.9).
struct Failure {
  std::optional<Reason> why;
};
/// A push (§5.8); what it holds is not read.
struct Data {};
/// Android's push socket (§4.5).
struct Login {
  std::string_view installation_id;
};
/// A command, or an op of one, that is none of these.
struct Unknown {};

using Body =
    std::variant<Heartbeat, SessionOpen, SessionAdd, SessionRemove, SessionQuery, SessionClose,
                 SessionOpened, SessionAdded, SessionRemoved, SessionQueryResult, SessionClosed,
                 SessionError, Direct, Ack, AckRequest, Receipt, Presence, RoomRequest, RoomEvent,
                 RoomReject, Failure, Data, Login, Unknown>;

struct Frame {
  Serial i;
  std::optional<std::string_view> app_id;
  std::optional<std::string_view> peer_id;
  Body body;

  /// Empty when it names none.
  std::string_view peer() const { return peer_id.value_or(std::string_view()); }
  template <typename Kind>
  bool is() const {
    return std::holds_alternative<Kind>(body);
  }
  /// Null when it is another kind of frame.
  template <typename Kind>
  const Kind* as() const {
    return std::get_if<Kind>(&body);
  }
};

}  // namespace kith::avos
