// SPDX-License-Identifier: Apache-2.0
// What a client asks for, in whatever protocol it said so. An Intent owns nothing: its views point
// into the frame, and into the memory of the dialect that read it. Any thread; plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "base/serial.hpp"
#include "server/storage/storage.hpp"

namespace kith::core {

using base::Serial;
using kith::StandingKind;
using IdList = std::span<const std::string_view>;

/// Signature fields as they came; they are looked at only where an app requires signatures.
struct Proof {
  bool given{false};  ///< signature, time and nonce are all there
  std::string_view signature;
  std::string_view nonce;
  std::string_view time_text;  ///< its digits as they came: signatures are over these (avos-v1 §10)
  std::int64_t time{0};        ///< seconds or ms, see sign::timeOfSignature()
};

/// Life of the connection, which is answered.
struct Heartbeat {};
/// The connection is meant to stay without a session (avos-v1 §4.5), as those of push and LiveQuery
/// are (leancloud-current §5.5).
struct Login {
  std::int32_t service{0};
  std::string_view installation;
};
struct OpenSession {
  IdList watched;
  bool wants_super{false};
  Proof proof;
  // Of protocols whose sessions outlive their connections (leancloud-current §5.1).
  std::string_view token;        ///< of a session before this one: it stands for the proof
  std::string_view tag;          ///< a peer has one session of each; empty = it counts for none
  std::string_view device;       ///< where it comes from
  bool reopens{false};           ///< the client had it open before
  std::int64_t unread_since{0};  ///< ms: only what came since then; 0 = all
  std::int64_t edited_since{0};  ///< ms: edits since then; 0 = none
};
/// A token that is good for longer.
struct RefreshToken {
  std::string_view token;
  Proof proof;
};
struct WatchPeers {
  IdList peers;
  Proof proof;
};
struct UnwatchPeers {
  IdList peers;
};
/// Which of these are online.
struct QueryPresence {
  IdList peers;
};
struct CloseSession {};
/// Peers that an app's server may name with a message of a service conversation (leancloud-current
/// §6).
inline constexpr std::size_t kNamedReceivers = 20;
/// To a group where one is named, else to peers.
struct SendMessage {
  std::string_view group;
  IdList to;  ///< with a service conversation: those that hear it, each alone; none = its members
  std::string_view text;
  std::string_view dedupe;  ///< the resend token; empty = none
  bool transient{false};
  bool receipt_wanted{false};
  // Of the current protocol:
  bool binary{false};       ///< the text is base64 of the bytes
  bool mention_all{false};  ///< all receivers are mentioned
  IdList mentions;
  bool will{false};            ///< to be sent when the connection is lost
  bool without_copies{false};  ///< the sender's sessions do not get it
  bool for_everyone{false};    ///< beside the members all that are here
  std::int64_t valid_till{0};  ///< ms: as long as it is listed as a broadcast
};
/// Messages that arrived; without `ids` all that the session was sent.
struct Acknowledge {
  std::optional<IdList> ids;
};
enum class MemberChange : std::uint8_t { Join, Leave, Invite, Kick };
struct ChangeMembers {
  MemberChange change{MemberChange::Join};
  std::optional<std::string_view> group;  ///< a join without one creates a group
  std::optional<IdList> peers;            ///< of an invite or a kick
  bool open{false};                       ///< a group that is created has no list of members
  Proof proof;

  std::string_view groupId() const { return group.value_or(std::string_view()); }
  IdList peerIds() const { return peers.value_or(IdList()); }
};
/// Messages of one conversation that arrived, by the times at which they were accepted.
struct AcknowledgeUpTo {
  std::string_view group;
  std::int64_t from{0};
  std::int64_t to{0};
};
/// A conversation of these members and the peer itself.
struct StartConversation {
  IdList members;
  std::string_view fields;  ///< JSON: an object; empty = none
  bool open{false};         ///< it has no list of members
  bool unique{false};       ///< the one that these members have already, if they have one
  bool service{false};      ///< a service conversation, which an app's server alone makes
  bool temporary{false};
  std::int64_t seconds{0};  ///< of a temporary one: until it is over; 0 = as long as it may be
  Proof proof;
};
/// Conversations that match a query (leancloud-current §5.2).
struct FindConversations {
  std::string_view where;  ///< JSON; empty or `{}`: those that the peer is a member of
  std::string_view order;
  std::int64_t limit{10};
  std::int64_t skip{0};
  bool without_members{false};
  bool last_messages{false};  ///< with them
  IdList temporary;           ///< instead of all that: these, which are temporary
};
/// A part of what was said in a conversation. It begins at a bound and goes away from it.
struct ReadMessages {
  struct Bound {
    std::int64_t time{0};  ///< ms; 0 = none
    std::string_view id;   ///< of a message of that time; empty = the time alone
    bool included{false};
  };
  std::string_view group;
  bool forward{false};  ///< from an older bound to newer ones
  Bound from;
  Bound to;
  std::int64_t limit{20};
};
struct ReadMark {
  std::string_view group;
  std::int64_t upto{0};  ///< ms
};
/// What happened to the peer's conversations after this time, the oldest first.
struct AskChanges {
  std::int64_t since{0};  ///< ms
};
/// Which messages in them were edited after this time.
struct AskEdits {
  std::int64_t since{0};  ///< ms
};
/// What waits to be read in the peer's conversations.
struct CountUnread {};
/// The peer has read a conversation up to this time, and others.
struct MarkRead {
  std::string_view group;
  std::int64_t upto{0};  ///< ms
  std::span<const ReadMark> more;
};
/// How far the others of a conversation have come.
struct AskMarks {
  std::string_view group;
  bool each{false};  ///< one by one
};
/// Of which of these the peer is a member.
struct AskMembership {
  IdList groups;
};
/// Peers in the list of those that are in a conversation.
inline constexpr std::int64_t kListedMembers = 1000;
/// The members of a conversation, or the peers inside where it has no list of members.
struct ListMembers {
  std::string_view group;
  std::int64_t limit{50};
};
/// Another text for a message of the peer's own, or none.
struct EditMessage {
  std::string_view group;
  IdList to{};  ///< those that it was sent to, each alone, from a service conversation
  std::string_view id;
  std::int64_t timestamp{0};  ///< of the message
  bool recall{false};
  std::string_view text;
  bool binary{false};
  bool mention_all{false};
  IdList mentions;
};
/// Other attributes for a conversation; keys may be paths with dots.
struct UpdateConversation {
  std::string_view group;
  std::string_view fields;  ///< JSON: an object
};
/// Pushes of a conversation are switched off, or on again, for the peer.
struct MuteConversation {
  std::string_view group;
  bool muted{false};
};
/// Other peers become something in a conversation, or are it no more; of what is Declining a peer
/// says so of itself.
struct ChangeStanding {
  std::string_view group;
  StandingKind kind{StandingKind::Manager};
  bool on{false};
  IdList peers;
  IdList failed;             ///< of `peers`: those that it cannot be done to
  bool unknown_role{false};  ///< what they are to become is nothing
  std::int64_t seconds{0};   ///< of those that are Paused
  Proof proof;
};
/// The peers that are something in a conversation: all, page by page, or those among `peers`.
struct ListStandings {
  std::string_view group;
  StandingKind kind{StandingKind::Silenced};
  bool checks{false};
  IdList peers;
  std::int64_t limit{100};
  std::string_view next;  ///< where the page begins, as the page before it said
};
/// The conversations that a peer declines, page by page.
struct ListDeclined {
  std::string_view peer;
  std::int64_t limit{10};
  std::string_view next;  ///< where the page begins, as the page before it said
};
/// A conversation is taken away, with all that was said in it.
struct RemoveConversation {
  std::string_view group;
};
/// How many members a conversation has, or how many peers are inside where it has no list.
struct CountMembers {
  std::string_view group;
};
/// All sessions of the peer end.
struct KickPeer {
  std::string_view reason;  ///< for its clients; empty = the name of the code
};
/// How many peers of the app have sessions.
struct CountOnline {};
/// A frame that is whole and says nothing that Kith knows.
struct Unknown {
  bool names_peer{false};
};

struct Intent {
  Serial i;
  std::optional<std::string_view> app_id;  ///< without one: the app of the connection
  std::string_view peer_id;                ///< whose session it is about
  std::variant<Heartbeat, Login, OpenSession, RefreshToken, WatchPeers, UnwatchPeers, QueryPresence,
               CloseSession, SendMessage, Acknowledge, AcknowledgeUpTo, ChangeMembers,
               StartConversation, FindConversations, ReadMessages, CountUnread, MarkRead,
               EditMessage, UpdateConversation, MuteConversation, CountMembers, AskMarks,
               AskMembership, ListMembers, ChangeStanding, ListStandings, ListDeclined, AskChanges,
               AskEdits, Unknown>
      body;
};

/// What an app's own server asks for (decision 039). It is carried out in the name of a peer, which
/// need be no member of what it is about, and need have no session.
struct ServiceCommand {
  std::string_view app_id;
  std::string_view peer_id;
  std::variant<SendMessage, ChangeMembers, StartConversation, EditMessage, UpdateConversation,
               CountMembers, ListMembers, ChangeStanding, RemoveConversation, QueryPresence,
               KickPeer, CountOnline>
      wish;
};

/// In whose name an app's server does what it does in its own.
inline constexpr std::string_view kServicePeer = "_server_";

/// Longest serial that is a text, in bytes: it is kept until its request is answered. The original
/// clients count, or send a few digits. What has a longer one is Unknown and is answered without.
inline constexpr std::size_t kSerialBytes = 64;

}  // namespace kith::core
