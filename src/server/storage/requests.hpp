// SPDX-License-Identifier: Apache-2.0
// What can be asked of a storage, as values: each request is a struct of views, the type of its
// answer, and the list of its fields, from which it is packed and unpacked (batch.hpp). A new one
// is a struct here, a place in Request, an execute() of each kind of tables, and a test.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "server/storage/answers.hpp"

namespace kith::storage {

/// Per-app limits the storage keeps.
struct AppLimits {
  std::size_t offline_messages{50};
  std::int64_t offline_age_ms{7ll * 24 * 3600 * 1000};
  std::size_t unacknowledged_messages{10000};
  /// Of the history: Expire takes away the oldest messages that are beyond; 0 = no limit.
  std::int64_t history_age_ms{0};
  std::size_t history_messages{0};
};

/// One receiver of a message.
struct ReceiverRef {
  std::string_view peer_id;
  bool online{false};  ///< had a session when the message was accepted: the offline limit spares it
};

// `Reply` is what a success brings; void = nothing is answered. `kWrites`: refused when the commit
// that it is a part of fails, while what only reads is answered all the same. `kFields` names every
// field, in any order.

/// Declares an app before its first use. Not refused: what it cannot write is written at the app's
/// next use.
struct ConfigureApp {
  using Reply = void;
  static constexpr bool kWrites = false;

  std::string_view app_id;
  AppLimits limits;

  static constexpr auto kFields = std::tuple(&ConfigureApp::app_id, &ConfigureApp::limits);
};

/// A message to keep.
struct Append {
  using Reply = Appended;
  static constexpr bool kWrites = true;

  std::string_view app_id;
  std::string_view id;        ///< made by the hub
  std::int64_t timestamp{0};  ///< ms
  std::string_view from;
  std::string_view conv_id;   ///< md5 of the pair, or the group id (avos-v1 §11.2)
  std::string_view group_id;  ///< empty for a peer message
  std::string_view text;
  std::string_view dedupe;  ///< empty = none; unique per (app, from) among kept tokens
  bool receipt_wanted{false};
  bool log_only{false};                    ///< open groups: into the history, into nobody's queue
  std::span<const ReceiverRef> receivers;  ///< whose queues it enters
  std::span<const std::string_view> addressed;  ///< toPeerIds for the history; empty for a group

  static constexpr auto kFields =
      std::tuple(&Append::app_id, &Append::id, &Append::timestamp, &Append::from, &Append::conv_id,
                 &Append::group_id, &Append::text, &Append::dedupe, &Append::receipt_wanted,
                 &Append::log_only, &Append::receivers, &Append::addressed);
};

/// Up to `limit` messages of a peer's queue with a position above `after`, oldest first; `now_ms`
/// leaves out what is older than the app's age limit.
struct ReadPending {
  using Reply = PendingPage;
  static constexpr bool kWrites = false;

  std::string_view app_id;
  std::string_view peer_id;
  Position after{0};
  std::size_t limit{0};
  std::int64_t now_ms{0};

  static constexpr auto kFields =
      std::tuple(&ReadPending::app_id, &ReadPending::peer_id, &ReadPending::after,
                 &ReadPending::limit, &ReadPending::now_ms);
};

/// Takes messages off a peer's queue. No answer; a crash may forget it (the message comes again).
struct Acknowledge {
  using Reply = void;
  static constexpr bool kWrites = true;

  std::string_view app_id;
  std::string_view peer_id;
  std::span<const Position> positions;

  static constexpr auto kFields =
      std::tuple(&Acknowledge::app_id, &Acknowledge::peer_id, &Acknowledge::positions);
};

struct CreateGroup {
  using Reply = Changed;
  static constexpr bool kWrites = true;

  std::string_view app_id;
  std::string_view group_id;
  bool open{false};
  std::span<const std::string_view> members;
  std::int64_t now_ms{0};

  static constexpr auto kFields =
      std::tuple(&CreateGroup::app_id, &CreateGroup::group_id, &CreateGroup::open,
                 &CreateGroup::members, &CreateGroup::now_ms);
};

struct LoadGroup {
  using Reply = FoundGroup;
  static constexpr bool kWrites = false;

  std::string_view app_id;
  std::string_view group_id;

  static constexpr auto kFields = std::tuple(&LoadGroup::app_id, &LoadGroup::group_id);
};

struct AddMembers {
  using Reply = Changed;
  static constexpr bool kWrites = true;

  std::string_view app_id;
  std::string_view group_id;
  std::span<const std::string_view> peer_ids;

  static constexpr auto kFields =
      std::tuple(&AddMembers::app_id, &AddMembers::group_id, &AddMembers::peer_ids);
};

struct RemoveMembers {
  using Reply = Changed;
  static constexpr bool kWrites = true;

  std::string_view app_id;
  std::string_view group_id;
  std::span<const std::string_view> peer_ids;

  static constexpr auto kFields =
      std::tuple(&RemoveMembers::app_id, &RemoveMembers::group_id, &RemoveMembers::peer_ids);
};

/// A part of the history, newest first.
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

  static constexpr auto kFields = std::tuple(
      &ReadHistory::app_id, &ReadHistory::conv_id, &ReadHistory::from, &ReadHistory::before,
      &ReadHistory::before_exclusive, &ReadHistory::before_id, &ReadHistory::limit);
};

/// Gives a kept message another text. Refused when it is not there, or was deleted. A queue that it
/// waits in has the new text, too.
struct EditMessage {
  using Reply = Changed;
  static constexpr bool kWrites = true;

  std::string_view app_id;
  std::string_view conv_id;
  std::string_view id;
  std::int64_t timestamp{0};  ///< of the message; with its id it is found without an index
  std::string_view text;
  std::int64_t edited_at{0};

  static constexpr auto kFields =
      std::tuple(&EditMessage::app_id, &EditMessage::conv_id, &EditMessage::id,
                 &EditMessage::timestamp, &EditMessage::text, &EditMessage::edited_at);
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

  static constexpr auto kFields = std::tuple(&DeleteMessage::app_id, &DeleteMessage::conv_id,
                                             &DeleteMessage::id, &DeleteMessage::timestamp);
};

/// Forgets queue entries older than each app's age, dedupe tokens older than a day, and what of the
/// history is beyond the app's limits.
struct Expire {
  using Reply = void;
  static constexpr bool kWrites = true;

  std::int64_t now_ms{0};

  static constexpr auto kFields = std::tuple(&Expire::now_ms);
};

/// The wall clock was set by so much: what was appended since the storage was opened ages as if the
/// clock had shown then what it shows now. Its timestamps stay.
struct ClockJumped {
  using Reply = void;
  static constexpr bool kWrites = true;

  std::int64_t by_ms{0};

  static constexpr auto kFields = std::tuple(&ClockJumped::by_ms);
};

using Request =
    std::variant<ConfigureApp, Append, ReadPending, Acknowledge, CreateGroup, LoadGroup, AddMembers,
                 RemoveMembers, ReadHistory, EditMessage, DeleteMessage, Expire, ClockJumped>;

template <typename AnyRequest>
inline constexpr bool kAnswered = !std::is_void_v<typename AnyRequest::Reply>;

/// Whether an answer is going to come.
inline bool isAnswered(const Request& request) {
  return std::visit([](const auto& one) { return kAnswered<std::decay_t<decltype(one)>>; },
                    request);
}

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
