// SPDX-License-Identifier: Apache-2.0
// Conversations of a storage in memory: a log of numbered rows, its members, and how far
// each of them has acknowledged it. Blocks with their texts behind them; one thread.
//
// A member of a pair that has acknowledged all is not linked to its peer, and costs nothing until a
// message waits for it. A member of a group is linked as long as it is there, so that a message to
// a group touches none of them.
#pragma once

#include <cstdint>
#include <string_view>

#include "server/storage/absences.hpp"
#include "server/storage/blocks.hpp"
#include "server/storage/cursor.hpp"
#include "server/storage/memory_messages.hpp"
#include "server/storage/requests.hpp"

namespace kith::storage {

struct Member;

struct Peer {
  std::uint64_t hash;
  std::uint32_t bytes;  ///< of the block
  std::uint32_t id_bytes;
  std::uint32_t memberships;
  bool online;
  bool lists;          ///< looks for its pairs in a list
  Member* waiting;     ///< its groups, and the pairs in which something waits
  Absences* absences;  ///< null = none

  std::string_view id() const { return {reinterpret_cast<const char*>(this + 1), id_bytes}; }
  /// `last`: of the rows that are there.
  void leave(Position last, Blocks& blocks);
  void comeBack(Position last, Blocks& blocks);
  /// The absences that are over do not count any more.
  void settle(Blocks& blocks);
  void forgetAbsences(Blocks& blocks);
  static Peer* make(Blocks& blocks, std::string_view id, std::uint64_t hash);
};

struct Member {
  std::uint64_t peer_hash;
  ConversationKey key;   ///< of the conversation
  Member* next_waiting;  ///< of its peer
  Member* previous_waiting;
  Peer* peer;
  Conversation* conversation;
  Cursor cursor;  ///< what it has acknowledged; only kept up to date while it is linked
  Seq left;       ///< 0 = it is a member
  bool linked;    ///< to its peer
  Member* next;   ///< of its conversation
  Member* previous;
  Seq joined;
  Seq read;
  Position left_position;
  std::int64_t left_time;

  bool isHere() const { return left == 0; }
  /// Whether this row, above `acked`, is one that waits if it was not acknowledged.
  bool wants(const Message& row) const;
  /// Nothing up to here waits.
  Seq acked() const { return cursor.acked(); }
  /// Takes rows as acknowledged. What they reach beyond the log does not count.
  void acknowledge(SeqSpan rows);
  /// Moves acked() over what does not wait.
  void advance();

  void link();
  void unlink();
};

/// Members in the order they came.
struct MemberList {
  Member* first;
  Member* last;

  void append(Member* member);
  void remove(Member* member);
};

/// What each message needs comes first.
struct Conversation {
  Seq first;                ///< of the rows that are there; none are when it is above `last`
  Seq last;                 ///< that was given
  Message** rows;           ///< by number, modulo the room
  std::uint32_t room;       ///< a power of two
  std::uint32_t past;       ///< rows, the oldest, that are out of the history
  std::uint32_t waits_for;  ///< linked members of a pair
  ConversationKind kind;
  bool is_two;  ///< a pair of two, whose hashes are not the same
  std::int64_t last_time;
  Seq history;  ///< up to here all rows were imported, or are no messages
  ConversationKey key;
  std::uint64_t hashes[2];  ///< of these two, and them
  Member* two[2];
  std::uint32_t bytes;  ///< of the block
  std::uint32_t id_bytes;
  std::uint32_t here;  ///< members
  std::uint64_t hash;
  MemberList members;
  MemberList gone;  ///< members of a group that left, and may have something waiting
  // Of a pair that was listed: the id it has since then.
  char* listed_id;
  std::uint32_t listed_bytes;
  std::uint64_t listed_hash;

  std::string_view id() const {
    return listed_id != nullptr ? std::string_view(listed_id, listed_bytes) : madeAs();
  }
  /// Of a pair: its id as a pair.
  std::string_view madeAs() const { return {reinterpret_cast<const char*>(this + 1), id_bytes}; }
  /// It is found by this name.
  bool isCalled(std::string_view name) const {
    return madeAs() == name ? listed_id == nullptr || kind == ConversationKind::ListedPair
                            : listed_id != nullptr && id() == name;
  }
  bool isGroup() const { return kind != ConversationKind::Pair; }
  /// It is told to its members what becomes of it, and of each other.
  bool tellsOfChanges() const {
    return keepsForMembers() && kind != ConversationKind::Service &&
           kind != ConversationKind::Channel;
  }
  /// What is said in it waits for its members, which are linked.
  bool keepsForMembers() const { return isGroup() && kind != ConversationKind::OpenGroup; }
  bool isEmpty() const { return first > last; }
  /// Of the rows that are there.
  Message* row(Seq seq) const { return rows[static_cast<std::uint64_t>(seq) & (room - 1)]; }
  /// The first row in [from, to] for which `wanted` is true, which it is of all behind it, too; or
  /// to + 1. Both are rows that are there.
  template <typename Wanted>
  Seq firstOf(Seq from, Seq to, Wanted wanted) const {
    Seq end = to + 1;
    while (from < end) {
      const Seq middle = from + (end - from) / 2;
      if (wanted(*row(middle))) {
        end = middle;
      } else {
        from = middle + 1;
      }
    }
    return from;
  }

  /// The rows that have this time, or an empty span.
  SeqSpan rowsAt(std::int64_t time) const;
  /// The row of the message that has this time and id; 0 = there is none.
  Seq find(std::int64_t time, std::string_view id) const;

  /// Has the cache fetch what another row is going to need. Why inline: HashIndex.
  [[gnu::always_inline]] void prefetchNext() const {
    __builtin_prefetch(&rows[static_cast<std::uint64_t>(last + 1) & (room - 1)], 1);
    for (const Member* member : two) __builtin_prefetch(member, 1);
  }
  /// The row gets its number, and a time that is not before that of the row before it.
  void add(Message* message, Blocks& blocks);
  void dropFirst();
  /// Gives back memory that is far too much.
  void shrink(Blocks& blocks);
  static Conversation* make(Blocks& blocks, std::string_view id, std::uint64_t hash);
  void nameListed(Blocks& blocks, std::string_view name, std::uint64_t its_hash);
  void forgetListedName(Blocks& blocks);

 private:
  void resize(std::uint32_t room, Blocks& blocks);
};

}  // namespace kith::storage
