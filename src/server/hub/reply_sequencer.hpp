// SPDX-License-Identifier: Apache-2.0
// Keeps the order of replies (avos-v1 §3.2 R2) although the storage answers later. One queue for
// the whole hub: the storage answers in the order it was asked, so a reply that has to wait for an
// earlier one of its connection stands behind it here and leaves when the storage gets there.
// Entries are reused with their memory. Hub's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "server/hub/message_id.hpp"
#include "server/hub/model.hpp"
#include "server/hub/owned_command.hpp"
#include "server/storage/storage.hpp"
#include "wire/codec.hpp"

namespace kith::hub {

/// Something that is done when everything asked of the storage before it has been answered.
struct Entry {
  enum class Kind : std::uint8_t {
    // Wait for the storage.
    Append,  ///< a message: acknowledge and deliver
    Page,    ///< a part of a session's offline queue
    Load,    ///< a group, for a held command
    Change,  ///< of a group: reply and notify
    // Wait for nothing but those before them.
    Frame,      ///< `text` for the connection, or the session if there is one
    Transient,  ///< a message that nobody stores: deliver
  };

  /// Waits for an answer of the storage.
  bool stored() const { return kind <= Kind::Change; }

  Kind kind{Kind::Frame};
  storage::Token token{0};
  Ref<Connection> connection;
  Ref<Session> session;  ///< whose command it was, or for whom the frame is
  Ref<Group> group;
  Members members;               ///< receivers in a group, as they were when the command came
  std::vector<Ref<Peer>> peers;  ///< receivers of a pair; peers that a change adds or removes
  std::string text;              ///< Frame: the whole frame
  wire::SharedFrame frame;       ///< Append, Transient: what receivers get
  wire::SharedFrame copy;        ///< Append: what the sender's other devices get, if not `frame`
  OwnedSerial i;
  OwnedCommand command;  ///< Load: the one that waits
  wire::Op op{wire::Op::None};
  MessageIdText id{};
  std::int64_t timestamp{0};
  bool reply{false};    ///< Frame: an answer, due even if the session has ended
  bool alone{false};    ///< Page: no other one without priority is read meanwhile
  bool quiet{false};    ///< Append: no ack, the sender called it transient
  bool refused{false};  ///< Append: not for all of the named receivers
  bool receipt_wanted{false};
  bool self_addressed{false};  ///< the sender is among the receivers
};

/// Empties an entry and keeps its memory.
void clear(Entry& entry);

class ReplySequencer {
 public:
  /// A clean entry at the end of the queue. References to entries stay good until pop().
  Entry& push(Entry::Kind kind, Ref<Connection> connection);
  bool empty() const { return head_ == tail_; }
  Entry& front() { return *at(head_); }
  void pop();

 private:
  using Slot = std::unique_ptr<Entry>;
  Slot& at(std::uint64_t number) { return ring_[number & (ring_.size() - 1)]; }
  void grow();

  std::vector<Slot> ring_;   ///< size is a power of two
  std::vector<Slot> spare_;  ///< for reuse: what went last comes first, as the cache still has it
  std::uint64_t head_{0};    ///< also the token of front()
  std::uint64_t tail_{0};
};

}  // namespace kith::hub
