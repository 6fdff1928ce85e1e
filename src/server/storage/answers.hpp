// SPDX-License-Identifier: Apache-2.0
// What a storage answers, as values. Plain data; made on the storage's threads, handed out on the
// hub's.
#pragma once

#include <kith/result.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "server/objects/search.hpp"
#include "server/storage/import_rows.hpp"
#include "server/storage/standing.hpp"

namespace kith::storage {

/// Chosen by the caller, handed back with the answer.
using Token = std::uint64_t;
/// For requests that are not answered.
inline constexpr Token kNoToken = 0;
/// Place of a row in the order of acceptance, over all apps and conversations; grows.
using Position = std::int64_t;
/// Number of a row in the log of its conversation: 1, 2, 3 and so on, without holes.
using Seq = std::int64_t;
/// Names a conversation of this storage. A conversation that a storage in memory has let go of
/// comes back under another one.
using ConversationKey = std::int64_t;

enum class ConversationKind : unsigned char {
  Pair,       ///< of the named receivers of a message, and its sender; it is in no list
  Group,      ///< its members come and go
  OpenGroup,  ///< has a log, which waits for no member
  /// A pair that is in the lists of its members, as groups are (Append::listed). It has an id of
  /// its own, and is found by that of the pair, too, until its members change: then it is a Group.
  ListedPair,
  /// It was removed. What is left of it are places in the lists of its app and of its senders.
  Removed,
  Service,  ///< a group of an app's server, whose members are those that hear of what it says
  Channel,  ///< what passes between a service conversation and its one member (channelName())
};

constexpr bool isPair(ConversationKind kind) {
  return kind == ConversationKind::Pair || kind == ConversationKind::ListedPair;
}

/// What a row of a log says.
enum class RowKind : unsigned char { Message, Joined, Left, Updated };

/// Why nothing was done, though nothing failed.
enum class Refusal : unsigned char {
  None,
  NoGroup,    ///< there is no such group
  NotMember,  ///< the request is for members only
  Full,       ///< the group would have more members than the request allows
};

/// The fate of an append.
struct Appended {
  /// The token was known: all of this is about the first message, and nothing was stored.
  bool duplicate{false};
  Refusal refusal{Refusal::None};
  Position position{0};
  ConversationKey conversation{0};
  Seq seq{0};
  std::string id;             ///< of a duplicate; of others the caller knows it
  std::int64_t timestamp{0};  ///< as asked, or that of the row before it, if that is later
  std::string listed{};       ///< of a ListedPair that was named as the pair: its own id
};

/// A row of a log.
struct StoredMessage {
  Position position{0};
  ConversationKey conversation{0};
  Seq seq{0};
  RowKind row{RowKind::Message};
  ConversationKind kind{ConversationKind::Pair};
  std::string id;  ///< empty for what is no message
  std::int64_t timestamp{0};
  std::string from;     ///< of a change: the peer that made it
  std::string conv_id;  ///< of a group: its id; of a channel: that of its service conversation
  std::string text;
  bool receipt_wanted{false};
  std::vector<std::string> addressed;  ///< Joined, Left: the members
  std::int64_t edited_at{0};           ///< ms; 0 = it is as it was sent
  std::string extra{};                 ///< MessageExtra, packed
};

/// Rows of one log, both ends included.
struct SeqRange {
  ConversationKey conversation{0};
  Seq first{0};
  Seq last{0};
};

/// What waits for a peer, or a part of it.
struct PendingPage {
  std::vector<StoredMessage> messages;
  bool complete{true};  ///< nothing more waits after these
  /// Of a first page: what is beyond a limit. It waits until it is acknowledged.
  std::vector<SeqRange> left_out;
};

struct GroupRecord {
  std::string id;
  bool open{false};
  bool service{false};
  std::string pair{};  ///< of a ListedPair: the id of the pair
  ConversationKey key{0};
  std::vector<std::string> members;  ///< in the order they came
  std::string creator{};
  std::int64_t ends{0};               ///< ms: a temporary one is over then; 0 = it stays
  std::vector<Standing> standings{};  ///< of those that are something, members or not
};

/// nullopt: there is no such group.
using FoundGroup = std::optional<GroupRecord>;

/// A part of a list of groups.
struct GroupIds {
  std::vector<std::string> groups;
  bool complete{true};  ///< there are none behind them
};

/// A change of a message is committed.
struct Changed {};

/// A change of a group's members.
struct MembersChanged {
  Refusal refusal{Refusal::None};
  Seq seq{0};  ///< of the row that says so; 0: nothing was to be changed
  std::int64_t timestamp{0};
  std::vector<std::string> changed;  ///< those that were not members before, or that were
  /// CreateGroup::pair: the conversation that is there, made at `timestamp`; nothing was made.
  std::string existing{};
  std::int64_t ends{0};  ///< of a temporary one that is there, ms
};

/// A message that a member has read by a mark, and whose sender wants to know.
struct ReadMessage {
  std::string id;
  std::string from;
  std::int64_t timestamp{0};
};
struct ReadMarked {
  std::vector<ReadMessage> wanted;  ///< the oldest first
};

/// How far a member has come: the times of the last rows that it has acknowledged, and read.
struct MemberMark {
  std::string peer;
  std::int64_t acked{0};  ///< ms; 0 = none
  std::int64_t read{0};   ///< ms; 0 = none
};
struct MemberMarks {
  std::vector<MemberMark> members;
};

/// Messages of others that a peer has not read.
struct Unread {
  std::int64_t count{0};
};

/// What a peer has not read of one conversation.
struct UnreadConversation {
  std::int64_t count{0};  ///< messages of others
  bool mentioned{false};  ///< one of them mentions the peer
  StoredMessage last;     ///< the newest of them
};
struct UnreadList {
  std::vector<UnreadConversation> conversations;  ///< those with the newest messages first
  Position upto{0};  ///< all that was kept up to here is counted, and nothing behind it
};

struct HistoryPage {
  std::vector<StoredMessage> messages;
};

/// Changes of the conversations of a peer.
struct ChangesPage {
  std::vector<StoredMessage> changes;  ///< the oldest first
  bool complete{true};                 ///< there are none behind them
  bool all_seen{true};                 ///< false: some may be missing (kChangeRows)
};

/// An object of a class. Null: there is none, or none that may be read.
using ObjectRecord = std::shared_ptr<const objects::Object>;

/// One answer with its token.
struct Answer {
  /// `what`: a Reply, or an Error.
  template <typename Reply, typename What>
  Answer(Token of, std::in_place_type_t<Reply>, What&& what)
      : token(of), value(std::in_place_type<Result<Reply>>, std::forward<What>(what)) {}

  Token token;
  std::variant<Result<Appended>, Result<PendingPage>, Result<FoundGroup>, Result<GroupIds>,
               Result<Changed>, Result<MembersChanged>, Result<HistoryPage>, Result<ChangesPage>,
               Result<Unread>, Result<UnreadList>, Result<ReadMarked>, Result<MemberMarks>,
               Result<ObjectRecord>, Result<objects::FoundObjects>, Result<Imported>>
      value;

  bool ok() const;
  /// Makes a failure of it, whatever it was.
  void fail(const Error& error);
};

using Answers = std::vector<Answer>;

}  // namespace kith::storage
