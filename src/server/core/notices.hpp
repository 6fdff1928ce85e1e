// SPDX-License-Identifier: Apache-2.0
// What a client is told, in whatever protocol it is to hear it: replies to its requests and news of
// others. A Notice owns nothing. Any thread; plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "server/core/intents.hpp"
#include "server/storage/storage.hpp"

namespace kith::core {

// --- replies
// ----------------------------------------------------------------------------------------

struct HeartbeatReply {};
struct LoginReply {
  std::int32_t service{0};
  std::string_view installation{};
};
struct SessionReply {
  enum class To : std::uint8_t { Open, Refresh, Watch, Unwatch, Query, Close };
  To to{To::Open};
  IdList peers;  ///< the online ones; to Unwatch: those of the request
  // To Open and Refresh, where sessions have tokens.
  std::string_view token{};
  std::int64_t token_seconds{0};  ///< it is good for so long
  std::int64_t now{0};            ///< ms
};
struct SessionRefused {
  int code;  ///< of avos-v1 §6.2
};
/// The message is kept, or was not to be; see `code`.
struct MessageReply {
  std::string_view id;
  std::int64_t timestamp;
  int code{0};  ///< of avos-v1 §6.2; 0: it is on its way to all that it names
  std::string_view group{};
};
/// Peers to which what was asked for is not done, and why.
struct PeersRefused {
  int code{0};
  IdList peers{};
};
struct MembersReply {
  MemberChange to{MemberChange::Join};
  std::string_view group;
  IdList changed;
  IdList named;           ///< by the request
  PeersRefused failed{};  ///< of `named`
  std::int64_t time{0};   ///< ms
};
struct MembersRefused {
  std::optional<std::string_view> group;  ///< as the request said it
  std::optional<IdList> peers;            ///< as the request said it
  int code;
};
struct ConversationStarted {
  std::string_view id;
  std::string_view pair;  ///< of a unique one: what names its members; empty = it is not unique
  std::int64_t created;   ///< ms
  bool existed;
  std::int64_t seconds;  ///< until a temporary one is over; 0 = it stays
  std::int64_t now;      ///< ms
};
struct ConversationsFound {
  std::string_view objects;  ///< JSON: a list
  std::int64_t now{0};       ///< ms; 0 = none of them is temporary
};
struct MessagesRead {
  std::string_view group;
  std::span<const storage::StoredMessage> messages;  ///< the oldest first
};
/// To an edit; the members hear of it by MessageEdited.
struct EditReply {
  std::int64_t time;  ///< ms
};
struct ConversationUpdateReply {
  std::string_view group;
  std::int64_t time;        ///< ms
  std::string_view fields;  ///< as they were asked for; empty: of the peer's own settings
};
struct ConversationRemoved {};
struct CountReply {
  std::string_view group;
  std::size_t count;
};
struct MarksReply {
  std::string_view group;
  std::int64_t acked{0};  ///< ms: up to here another one has acknowledged; 0 = none has
  std::int64_t read{0};   ///< ms
  bool each{false};       ///< `members` were asked for
  std::span<const storage::MemberMark> members;
};
struct MembershipReply {
  std::string_view answers;  ///< JSON: an object of truth values
};
struct StandingReply {
  StandingKind kind;
  bool on;
  std::string_view group;
  IdList peers;
  PeersRefused failed;
  std::int64_t time{0};  ///< ms
};
struct StandingsListed {
  StandingKind kind;
  bool checked;  ///< they are among those that were named
  std::string_view group;
  IdList peers;
  std::string_view next;  ///< empty: there are no more
};
struct DeclinedListed {
  IdList groups;
  std::string_view next;  ///< empty: there are no more
};
struct MembersListed {
  std::string_view group;
  IdList peers;
};
struct ChangesTold {
  std::span<const storage::StoredMessage> changes;  ///< the oldest first
  bool complete;                                    ///< there are none behind them
  bool all_seen;                                    ///< false: some may be missing
  std::int64_t now;  ///< ms: what is told as news behind the answer is not older
};
struct EditsTold {
  std::span<const storage::StoredMessage> messages;  ///< the oldest edit first
  bool whole;                                        ///< false: older ones are left out
  std::int64_t now;                                  ///< ms
};
struct OnlineReply {
  std::size_t peers;  ///< of the app that have sessions
};
/// The request is wrong, or may not be done.
struct RequestRefused {
  int code;
  std::string_view detail{};
};
/// The answer to what could not be understood.
struct Refused {
  int code;
};

// --- news
// ---------------------------------------------------------------------------------------------

/// The session is over, and not by its client's wish.
struct SessionEnded {
  int code;
  std::string_view reason{};  ///< empty = the name of the code
};
struct Message {
  std::string_view from;
  std::string_view group;         ///< empty: to peers
  std::string_view conversation;  ///< also of peers, where they have one in their lists
  std::string_view text;
  std::string_view id;
  std::int64_t timestamp{0};
  bool transient{false};
  bool open{false};          ///< of a group without a list of members
  bool service{false};       ///< of a service conversation
  bool offline{false};       ///< it came before the session was there
  std::string_view extra{};  ///< storage::MessageExtra, packed
  std::optional<IdList> to;  ///< a copy for the sender's other devices: the peers it went to
};
/// What waits to be read. A list of one with a count of 0: the peer has read it elsewhere. Also
/// the reply to CountUnread, and to MarkRead where that has one.
struct UnreadCounts {
  std::span<const storage::UnreadConversation> conversations;
  std::int64_t time;  ///< ms
};
struct MessageEdited {
  std::string_view group;
  std::string_view id;
  std::int64_t timestamp;  ///< of the message
  std::string_view from;
  std::string_view text;
  std::string_view extra;  ///< storage::MessageExtra, packed
  std::int64_t edited_at;  ///< ms
};
struct ConversationUpdated {
  std::string_view group;
  std::string_view by;
  std::int64_t time;  ///< ms
  std::string_view fields;
};
/// A message of the receiver has arrived, or was read.
struct Receipt {
  std::string_view id;
  std::int64_t time;
  std::string_view conversation{};  ///< empty: it was sent to peers
  std::string_view by{};
  bool read{false};
};
/// The server is about to stop: clients ask where to connect to, and do.
struct GoAway {};
struct PresenceChanged {
  IdList peers;
  bool online;
};
struct MembersChanged {
  bool joined;  ///< else left
  std::string_view group;
  IdList peers;
  std::string_view by;
  std::int64_t time{0};  ///< ms
};
struct StandingChanged {
  StandingKind kind;
  bool on;
  std::string_view group;
  IdList peers;
  std::string_view by;
  bool own;  ///< the receiver is one of them
};
/// The receiver itself has become a member, or is none any more.
struct MembershipChanged {
  bool joined;
  std::string_view group;
  std::string_view by;
  std::int64_t time{0};  ///< ms
};

struct Notice {
  Serial i;                                 ///< of the request that it answers
  std::string_view app_id;                  ///< empty: none is named
  std::optional<std::string_view> peer_id;  ///< whose session it is for
  std::variant<HeartbeatReply, LoginReply, SessionReply, SessionRefused, MessageReply, MembersReply,
               MembersRefused, ConversationStarted, ConversationsFound, MessagesRead, EditReply,
               ConversationUpdateReply, ConversationRemoved, CountReply, MarksReply,
               MembershipReply, MembersListed, StandingReply, StandingsListed, DeclinedListed,
               StandingChanged, ChangesTold, EditsTold, GoAway, OnlineReply, UnreadCounts,
               MessageEdited, ConversationUpdated, RequestRefused, Refused, SessionEnded, Message,
               Receipt, PresenceChanged, MembersChanged, MembershipChanged>
      body;
};

}  // namespace kith::core
