// SPDX-License-Identifier: Apache-2.0
// What is not done yet: commands whose answer the storage owes, and frames that stand behind them.
// Order is kept in two places and nowhere else: the replies of a connection leave in the order of
// its requests (avos-v1 §3.2 R2), and what a conversation's receivers get leaves in the order in
// which it was asked of the storage. The storage may answer in any order: an answer waits for
// earlier ones of its own connection and conversation, and for no others. Hub's thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/slab.hpp"
#include "server/core/conversation_queues.hpp"
#include "server/core/message_id.hpp"
#include "server/core/model.hpp"
#include "server/core/owned_intent.hpp"
#include "server/core/pending_queue.hpp"
#include "server/storage/storage.hpp"

namespace kith::core {

struct PendingCommand {
  enum class Kind : std::uint8_t {
    // Asked of the storage.
    Append,  ///< a message: acknowledge and deliver
    Change,  ///< of a group: reply and notify
    Start,   ///< of a conversation: reply, and tell the members; its group is not in memory yet
    Write,   ///< another change of a conversation: reply, and tell the members
    Unread,  ///< what a session's peer has not read; in no queue
    Ask,     ///< what is only read: the answer becomes `text`, the whole reply
    Read,    ///< a mark of what was read; in no queue
    Edits,   ///< that a session's peer has missed; in no queue
    Page,    ///< a part of a session's offline queue; in no queue
    Load,    ///< a group, for a parked command; in no queue
    // Not asked.
    Frame,      ///< `text` for the connection, or the session if there is one
    Transient,  ///< a message that is not stored: deliver
  };

  Kind kind{Kind::Frame};
  storage::Token token{0};
  std::uint64_t number{0};  ///< in the order in which they began
  // Its places in the two queues, and what is still to come. It goes when both are done.
  PendingCommand* next_reply{nullptr};
  PendingCommand* next_in_conversation{nullptr};
  ConversationQueue* conversation{nullptr};  ///< null once it has had its turn
  bool unreplied{false};                     ///< stands among the replies of its connection
  bool unanswered{false};                    ///< by the storage: neither reply nor notices leave
  bool failed{false};                        ///< the storage said so: nothing is told of it

  Ref<Connection> connection;
  Ref<Session> session;  ///< whose command it was, or that the frame is for
  Ref<Group> group;
  /// Receivers of a pair, or in channels; peers that a change added or removed.
  std::vector<Ref<Peer>> peers;
  std::string text;           ///< Frame: the whole frame
  Topics topics{kAllTopics};  ///< of `text`
  OwnedSerial i;
  /// Load: what waits; Change: what asked for it; Append, Transient: the content, and for the copy
  /// its receivers.
  OwnedIntent intent;
  MessageIdText id{};
  std::int64_t timestamp{0};
  std::int64_t ends{0};         ///< Start: when a temporary conversation is over, ms; 0 = it stays
  StoredPlace place;            ///< Append, answered
  std::string first_id;         ///< Append, answered: of the message that this one repeats
  std::string extra;            ///< of a message: storage::MessageExtra, packed
  std::string conversation_id;  ///< of a pair that is listed, or of what begins: its id in lists
  int refused_code{0};          ///< Write, failed: what the client is told
  storage::Refusal refusal{storage::Refusal::None};  ///< Append, Change, answered: nothing was done
  bool reply{false};         ///< Frame: an answer, due even if the session has ended
  bool alone{false};         ///< Page: no other one without priority is read meanwhile
  bool quiet{false};         ///< Append: no ack of its own
  bool in_channel{false};    ///< Append, Write: in channels of the group, for `peers` alone
  bool for_some{false};      ///< Append: not for all of the named receivers
  bool members_only{false};  ///< Transient, to a group: from members only
  bool receipt_wanted{false};
  bool self_addressed{false};  ///< the sender is among the receivers
  bool has_copy{false};        ///< Append: the sender has other devices, which get a copy
};

/// Empties a command and keeps its memory.
void clear(PendingCommand& command);

/// All pending commands of the hub. They are used again with their memory.
class PendingCommands {
 public:
  using Kind = PendingCommand::Kind;

  /// A clean one, in no queue. Its address and token are good until end().
  PendingCommand& begin(Kind kind, Ref<Connection> connection);
  /// What begins from now on has this number, or a higher one.
  std::uint64_t nextNumber() const { return begun_ + 1; }
  /// The one that waits for the storage's answer to `token`; null when there is none of this kind.
  PendingCommand* find(storage::Token token, Kind kind);
  /// It is in no queue any more.
  void end(PendingCommand& command);

  /// Commands in memory, those that are to be used again among them.
  std::size_t size() const { return all_.size(); }

  /// Puts it at the end of its connection's replies.
  static void queueReply(PendingCommand& command);
  /// Takes the first one out.
  static PendingCommand& takeReply(Connection& connection);
  /// Puts it at the end of what its conversation waits for.
  static void queueIn(ConversationQueue& conversation, PendingCommand& command);
  /// Takes the first one out.
  static PendingCommand& takeFrom(ConversationQueue& conversation);

 private:
  base::Slab<PendingCommand> all_;
  std::uint64_t begun_{0};
};

}  // namespace kith::core
