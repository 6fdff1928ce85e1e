// SPDX-License-Identifier: Apache-2.0
// What can be asked of a storage, as values: each request is a struct of views, the type of its
// answer, and the list of its fields, from which it is packed and unpacked (batch.hpp). A new one
// is a struct here, a place in Request, an execute() of each kind of tables, and a test.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "server/storage/answers.hpp"
#include "server/storage/field_list.hpp"
#include "server/storage/import_requests.hpp"
#include "server/storage/objects_requests.hpp"
#include "server/storage/standing_requests.hpp"

namespace kith::storage {

/// Per-app limits the storage keeps.
struct AppLimits {
  std::size_t offline_messages{50};
  std::int64_t offline_age_ms{7ll * 24 * 3600 * 1000};
  std::size_t unacknowledged_messages{10000};
  /// Of the history: Expire takes away the oldest messages that are beyond; 0 = no limit.
  std::int64_t history_age_ms{0};
  std::size_t history_messages{0};

  friend bool operator==(const AppLimits&, const AppLimits&) = default;
};

/// A peer that a conversation gets. The storage learns of sessions by PeerOnline and PeerOffline;
/// of a peer that it hears of for the first time it has to be told here.
struct PeerRef {
  std::string_view peer_id;
  bool online{false};  ///< has a session now
};

// `Reply` is what a success brings; void = nothing is answered. `kWrites`: refused when the commit
// that it is a part of fails, while what only reads is answered all the same. `Fields` names every
// field, in any order.

/// Declares an app before its first use. Not refused: what it cannot write is written at the app's
/// next use.
struct ConfigureApp {
  using Reply = void;
  static constexpr bool kWrites = false;

  std::string_view app_id;
  AppLimits limits;

  using Fields = FieldList<&ConfigureApp::app_id, &ConfigureApp::limits>;
};

/// A message to keep. That of a pair makes its conversation when there is none yet, with all that
/// it names as members, that of a channel makes it with the one receiver; a group must be there. It
/// waits for every member but the sender, from its place in the log on, until it is acknowledged.
struct Append {
  using Reply = Appended;
  static constexpr bool kWrites = true;

  std::string_view app_id;
  std::string_view id;        ///< made by the hub
  std::int64_t timestamp{0};  ///< ms; where the log has a later time already, that counts
  std::string_view from;
  bool from_online{false};
  std::string_view conv_id;  ///< md5 of the pair, the group id (avos-v1 §11.2), channelName()
  ConversationKind kind{ConversationKind::Pair};
  std::string_view text;
  std::string_view dedupe;  ///< empty = none; unique per (app, from) among kept tokens
  bool receipt_wanted{false};
  bool to_self{false};                 ///< the sender is among the receivers
  bool members_only{false};            ///< Group: refused when the sender is no member by then
  std::span<const PeerRef> receivers;  ///< Pair: all others of it; Channel: its peer
  std::span<const std::string_view> addressed;  ///< toPeerIds for the history; empty for a group
  /// Pair: one of its members looks for it in its list, so it becomes a ListedPair. So it does
  /// when PeerOnline has said so of one of them.
  bool listed{false};
  std::string_view extra{};  ///< MessageExtra, packed

  using Fields =
      FieldList<&Append::app_id, &Append::id, &Append::timestamp, &Append::from,
                &Append::from_online, &Append::conv_id, &Append::kind, &Append::text,
                &Append::dedupe, &Append::receipt_wanted, &Append::to_self, &Append::members_only,
                &Append::receivers, &Append::addressed, &Append::listed, &Append::extra>;
};

/// A peer has its first session, or lost its last one. Messages between the two count as sent to
/// a peer that is here (decision 003). As ConfigureApp, it holds whatever becomes of its commit.
struct PeerOnline {
  using Reply = void;
  static constexpr bool kWrites = false;

  std::string_view app_id;
  std::string_view peer_id;
  bool lists{false};  ///< looks for its pairs in a list; from now on, whatever is said later

  using Fields = FieldList<&PeerOnline::app_id, &PeerOnline::peer_id, &PeerOnline::lists>;
};

struct PeerOffline {
  using Reply = void;
  static constexpr bool kWrites = false;

  std::string_view app_id;
  std::string_view peer_id;

  using Fields = FieldList<&PeerOffline::app_id, &PeerOffline::peer_id>;
};

/// Up to `limit` messages that wait for a peer, with a position above `after`, oldest first;
/// `now_ms` leaves out what is older than the app's age limit.
struct ReadPending {
  using Reply = PendingPage;
  static constexpr bool kWrites = false;

  std::string_view app_id;
  std::string_view peer_id;
  Position after{0};
  std::size_t limit{0};
  std::int64_t now_ms{0};
  /// The first page of a session: the app's limits hold, and what they leave out is named, to be
  /// acknowledged with `settles`. Pages after that have all that waits.
  bool first{false};

  using Fields = FieldList<&ReadPending::app_id, &ReadPending::peer_id, &ReadPending::after,
                           &ReadPending::limit, &ReadPending::now_ms, &ReadPending::first>;
};

/// These messages wait for the peer no more. Rows that did not wait may be among them. No answer; a
/// crash may forget it (the message comes again).
struct Acknowledge {
  using Reply = void;
  static constexpr bool kWrites = true;

  std::string_view app_id;
  std::string_view peer_id;
  std::span<const SeqRange> ranges;
  /// The limits were applied to what came while the peer was away: what is left of it waits like
  /// what was sent to a peer that is here.
  bool settles{false};

  using Fields = FieldList<&Acknowledge::app_id, &Acknowledge::peer_id, &Acknowledge::ranges,
                           &Acknowledge::settles>;
};

/// A new group, whose log begins with its members. Refused when `fields` are wrong.
struct CreateGroup {
  using Reply = MembersChanged;
  static constexpr bool kWrites = true;

  std::string_view app_id;
  std::string_view group_id;
  bool open{false};
  std::span<const PeerRef> members;
  std::string_view by;
  std::int64_t now_ms{0};
  std::string_view fields{};  ///< objects/changes.hpp, of its object; empty = none
  /// The id of the pair of its members: what is made is a ListedPair. Where there is the pair, or
  /// a ListedPair of it, that is brought instead, listed from now on. Of a temporary group: one
  /// of the same members that is not over is brought instead.
  std::string_view pair{};
  /// A temporary group, which is over after so many ms, kTemporaryLifeMs at most:
  /// base::isTemporaryId() holds of its id; 0 = it stays.
  std::int64_t life_ms{0};
  bool service{false};  ///< a service conversation, which begins without members

  using Fields =
      FieldList<&CreateGroup::app_id, &CreateGroup::group_id, &CreateGroup::open,
                &CreateGroup::members, &CreateGroup::by, &CreateGroup::now_ms, &CreateGroup::fields,
                &CreateGroup::pair, &CreateGroup::life_ms, &CreateGroup::service>;
};

struct LoadGroup {
  using Reply = FoundGroup;
  static constexpr bool kWrites = false;

  std::string_view app_id;
  std::string_view group_id;

  using Fields = FieldList<&LoadGroup::app_id, &LoadGroup::group_id>;
};

/// They are members from the row on that says so; those that were already stay as they are.
struct AddMembers {
  using Reply = MembersChanged;
  static constexpr bool kWrites = true;

  std::string_view app_id;
  std::string_view group_id;
  std::span<const PeerRef> peers;
  std::string_view by;
  bool members_only{false};  ///< refused when `by` is no member by then
  std::size_t most{0};       ///< refused when the group had more members than so many; 0 = no limit
  std::int64_t now_ms{0};

  using Fields =
      FieldList<&AddMembers::app_id, &AddMembers::group_id, &AddMembers::peers, &AddMembers::by,
                &AddMembers::members_only, &AddMembers::most, &AddMembers::now_ms>;
};

/// They are members up to the row that says so. What waits for them from before goes on waiting.
struct RemoveMembers {
  using Reply = MembersChanged;
  static constexpr bool kWrites = true;

  std::string_view app_id;
  std::string_view group_id;
  std::span<const std::string_view> peer_ids;
  std::string_view by;
  bool members_only{false};  ///< refused when `by` is no member by then
  std::int64_t now_ms{0};

  using Fields =
      FieldList<&RemoveMembers::app_id, &RemoveMembers::group_id, &RemoveMembers::peer_ids,
                &RemoveMembers::by, &RemoveMembers::members_only, &RemoveMembers::now_ms>;
};

/// Puts into a group's log that something about it was changed.
struct NoteUpdate {
  using Reply = MembersChanged;
  static constexpr bool kWrites = true;

  std::string_view app_id;
  std::string_view group_id;
  std::string_view by;
  std::string_view text;  ///< what was changed
  std::int64_t now_ms{0};

  using Fields = FieldList<&NoteUpdate::app_id, &NoteUpdate::group_id, &NoteUpdate::by,
                           &NoteUpdate::text, &NoteUpdate::now_ms>;
};

/// Takes a group away with its object, its members and all that was said in it, and a service
/// conversation with its channels: nothing has any of it from now on, and its id is free. What it
/// held goes from the disk in parts, each in a commit of its own. Refused when it is not there.
struct RemoveConversation {
  using Reply = Changed;
  static constexpr bool kWrites = true;

  std::string_view app_id;
  std::string_view group_id;

  using Fields = FieldList<&RemoveConversation::app_id, &RemoveConversation::group_id>;
};

/// Messages of an app, of a sender or of a conversation, newest first.
struct ReadHistory {
  using Reply = HistoryPage;
  static constexpr bool kWrites = false;

  std::string_view app_id;
  std::string_view conv_id;  ///< empty = any
  std::string_view from;     ///< empty = any
  std::int64_t before{0};    ///< only timestamp <= before; 0 = newest
  bool before_exclusive{false};
  std::string_view before_id;  ///< with before: leaves out this id and what is newer (page on)
  int limit{100};

  using Fields = FieldList<&ReadHistory::app_id, &ReadHistory::conv_id, &ReadHistory::from,
                           &ReadHistory::before, &ReadHistory::before_exclusive,
                           &ReadHistory::before_id, &ReadHistory::limit>;
};

/// A part of a conversation's log, in either direction. It begins at a row, at a time, or at an
/// end.
struct ReadLog {
  using Reply = HistoryPage;
  static constexpr bool kWrites = false;

  std::string_view app_id;
  std::string_view conv_id;
  bool forward{false};  ///< oldest first; else newest first
  Seq from_seq{0};      ///< the row to begin at; 0 = see from_time
  /// Begins at the first row that is not before it, or backwards at the last one that is not after
  /// it; 0 = at the end of the log.
  std::int64_t from_time{0};
  std::string_view from_id;  ///< with from_time: begins at this message of that time
  bool exclusive{false};     ///< leaves out the row, the message or the time it begins at
  bool with_changes{false};  ///< rows that are no messages, too
  int limit{100};
  /// Of a service conversation: the rows of this channel are among its own, by their times.
  std::string_view channel{};
  /// Begins behind the row at this place, which is of another log; instead of from_time and
  /// from_seq. 0 = see there.
  Position beside{0};

  using Fields =
      FieldList<&ReadLog::app_id, &ReadLog::conv_id, &ReadLog::forward, &ReadLog::from_seq,
                &ReadLog::from_time, &ReadLog::from_id, &ReadLog::exclusive, &ReadLog::with_changes,
                &ReadLog::limit, &ReadLog::channel, &ReadLog::beside>;
};

/// Messages that one mark tells of, at most: the newest.
inline constexpr int kToldRead = 100;

/// A member has read a conversation up to here. It never goes back. The mark of no member changes
/// nothing.
struct MarkRead {
  using Reply = ReadMarked;
  static constexpr bool kWrites = true;

  std::string_view app_id;
  std::string_view conv_id;
  std::string_view peer_id;
  Seq seq{0};                  ///< 0 = see `upto`
  std::int64_t upto{0};        ///< the last row that is not after this time
  std::string_view channel{};  ///< of a service conversation: it is read with it, by the time

  using Fields = FieldList<&MarkRead::app_id, &MarkRead::conv_id, &MarkRead::peer_id,
                           &MarkRead::seq, &MarkRead::upto, &MarkRead::channel>;
};

/// How far the members of a conversation have come.
struct ReadMarks {
  using Reply = MemberMarks;
  static constexpr bool kWrites = false;

  std::string_view app_id;
  std::string_view conv_id;

  using Fields = FieldList<&ReadMarks::app_id, &ReadMarks::conv_id>;
};

/// Messages that were edited, in the groups and listed pairs of a peer, the oldest edit first. Of
/// too many the oldest are left out.
struct ListEdits {
  using Reply = HistoryPage;
  static constexpr bool kWrites = false;

  std::string_view app_id;
  std::string_view peer_id;
  std::int64_t since{0};  ///< ms: only edits after this time
  int limit{100};

  using Fields =
      FieldList<&ListEdits::app_id, &ListEdits::peer_id, &ListEdits::since, &ListEdits::limit>;
};

/// How many messages of others a member has not read in a conversation; counts to `most`.
struct CountUnread {
  using Reply = Unread;
  static constexpr bool kWrites = false;

  std::string_view app_id;
  std::string_view conv_id;
  std::string_view peer_id;
  int most{100};
  std::string_view channel{};  ///< of a service conversation: what is in it counts, too

  using Fields = FieldList<&CountUnread::app_id, &CountUnread::conv_id, &CountUnread::peer_id,
                           &CountUnread::most, &CountUnread::channel>;
};

/// Up to `conversations` in which messages of others wait to be read by a peer, each counted up to
/// `most`: groups, and pairs that are in its list. A service conversation and the peer's channel of
/// it are one.
struct ListUnread {
  using Reply = UnreadList;
  static constexpr bool kWrites = false;

  std::string_view app_id;
  std::string_view peer_id;
  int conversations{50};
  int most{100};
  std::int64_t since{0};  ///< ms: only those whose last message is not older

  using Fields = FieldList<&ListUnread::app_id, &ListUnread::peer_id, &ListUnread::conversations,
                           &ListUnread::most, &ListUnread::since>;
};

/// Rows that one ReadChanges looks at, messages among them.
inline constexpr std::size_t kChangeRows = 20'000;

/// Rows that are no messages and have a later time than `after`, in the groups and listed pairs
/// that a peer is in, or was: as far as it was inside. Not in service conversations, whose members
/// are not told of each other. Up to `limit` of the oldest, and all that
/// have the time of the last one, so that the next page can begin at that time.
struct ReadChanges {
  using Reply = ChangesPage;
  static constexpr bool kWrites = false;

  std::string_view app_id;
  std::string_view peer_id;
  std::int64_t after{0};  ///< ms
  int limit{100};

  using Fields = FieldList<&ReadChanges::app_id, &ReadChanges::peer_id, &ReadChanges::after,
                           &ReadChanges::limit>;
};

/// Gives a kept message another text. Refused when it is not there, or was deleted. Where it
/// waits it has the new text, too.
struct EditMessage {
  using Reply = Changed;
  static constexpr bool kWrites = true;

  std::string_view app_id;
  std::string_view conv_id;
  std::string_view id;
  std::int64_t timestamp{0};  ///< of the message; with its id it is found without an index
  std::string_view text;
  std::int64_t edited_at{0};
  std::string_view extra{};  ///< MessageExtra, packed
  std::string_view by{};     ///< refused when it was sent by another peer; empty = any

  using Fields = FieldList<&EditMessage::app_id, &EditMessage::conv_id, &EditMessage::id,
                           &EditMessage::timestamp, &EditMessage::text, &EditMessage::edited_at,
                           &EditMessage::extra, &EditMessage::by>;
};

/// Takes the text and the receivers of a kept message away. It stays as a place in the history that
/// pages can begin at, and its token is known as before; no page has it any more. Refused when it
/// is not there, or was deleted.
struct DeleteMessage {
  using Reply = Changed;
  static constexpr bool kWrites = true;

  std::string_view app_id;
  std::string_view conv_id;
  std::string_view id;
  std::int64_t timestamp{0};  ///< of the message

  using Fields = FieldList<&DeleteMessage::app_id, &DeleteMessage::conv_id, &DeleteMessage::id,
                           &DeleteMessage::timestamp>;
};

/// Forgets dedupe tokens older than a day, peers that left a group longer ago than what waits for
/// them may be old, what of the logs is beyond the app's limits, and temporary groups that are
/// over.
struct Expire {
  using Reply = void;
  static constexpr bool kWrites = true;

  std::int64_t now_ms{0};

  using Fields = FieldList<&Expire::now_ms>;
};

/// The wall clock was set by so much: what was appended since the storage was opened ages as if the
/// clock had shown then what it shows now. Its timestamps stay.
struct ClockJumped {
  using Reply = void;
  static constexpr bool kWrites = true;

  std::int64_t by_ms{0};

  using Fields = FieldList<&ClockJumped::by_ms>;
};

using Request =
    std::variant<ConfigureApp, Append, PeerOnline, PeerOffline, ReadPending, Acknowledge,
                 CreateGroup, LoadGroup, AddMembers, RemoveMembers, SetStanding, ListDeclined,
                 NoteUpdate, RemoveConversation, ReadHistory, ReadLog, ReadChanges, MarkRead,
                 ReadMarks, ListEdits, CountUnread, ListUnread, EditMessage, DeleteMessage, Expire,
                 ClockJumped, CreateObject, UpdateObject, DeleteObject, GetObject, FindObjects,
                 ImportMessages, ImportConversations, ImportStandings, ImportObjects>;

template <typename AnyRequest>
inline constexpr bool kAnswered = !std::is_void_v<typename AnyRequest::Reply>;

/// Whether an answer is going to come.
bool isAnswered(const Request& request);

/// Answers a request with the value that it brings, or with an Error, if it is answered at all.
template <typename AnyRequest, typename What>
void answer(const AnyRequest&, Token token, What&& what, Answers& answers) {
  if constexpr (kAnswered<AnyRequest>) {
    answers.emplace_back(token, std::in_place_type<typename AnyRequest::Reply>,
                         std::forward<What>(what));
  }
}

/// A ReadHistory that owns its texts, to be asked later.
struct HistoryRange {
  std::string app_id;
  std::string conv_id;
  std::string from;
  std::int64_t before{0};
  bool before_exclusive{false};
  std::string before_id;
  int limit{100};

  /// Valid while the range lives.
  ReadHistory request() const {
    return {app_id, conv_id, from, before, before_exclusive, before_id, limit};
  }
};

}  // namespace kith::storage
