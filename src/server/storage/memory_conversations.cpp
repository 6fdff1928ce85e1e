// SPDX-License-Identifier: Apache-2.0
#include "server/storage/memory_conversations.hpp"

#include <algorithm>
#include <utility>

namespace kith::storage {
namespace {

constexpr std::uint32_t kLeastRoom = 8;
constexpr std::uint32_t kLeastRanges = 4;

std::size_t bytesOfRanges(std::uint32_t room) {
  return sizeof(AckedRanges) + room * sizeof(AckedRange);
}

}  // namespace

// --- peers ---------------------------------------------------------------------------------------

Peer* Peer::make(Blocks& blocks, std::string_view id, std::uint64_t hash) {
  auto* peer = makeWith<Peer>(blocks, id.size());
  peer->hash = hash;
  peer->id_bytes = static_cast<std::uint32_t>(id.size());
  putText(reinterpret_cast<char*>(peer + 1), id);
  return peer;
}

void Peer::leave(Position last, Blocks& blocks) {
  online = false;
  if (absences == nullptr) absences = new (blocks.take(sizeof(Absences))) Absences;
  absences->leave(last);
}

void Peer::comeBack(Position last, Blocks& blocks) {
  online = true;
  if (absences == nullptr) return;
  absences->comeBack(last);
  if (absences->empty()) forgetAbsences(blocks);
}

void Peer::settle(Blocks& blocks) {
  if (absences == nullptr) return;
  absences->settle();
  if (absences->empty()) forgetAbsences(blocks);
}

void Peer::forgetAbsences(Blocks& blocks) {
  if (absences != nullptr) blocks.give(std::exchange(absences, nullptr), sizeof(Absences));
}

// --- what a member has acknowledged --------------------------------------------------------------

bool Member::wants(const Message& row) const {
  if (!row.isShown() || (!isHere() && row.seq > left)) return false;
  return row.to_self || row.from_hash != peer_hash || row.from() != peer->id();
}

void Member::mark(AckedRange range, Blocks& blocks) {
  range.first = std::max(range.first, acked + 1);
  range.last = std::min(range.last, conversation->last);
  if (range.first > range.last) return;
  if (range.first == acked + 1) {
    acked = range.last;
  } else {
    keep(range, blocks);
  }
  advance(blocks);
}

void Member::keep(AckedRange range, Blocks& blocks) {
  makeRoom(blocks);
  // Those that it touches become a part of it.
  AckedRange* const from =
      std::find_if(beyond->begin(), beyond->end(),
                   [&](const AckedRange& each) { return each.last + 1 >= range.first; });
  AckedRange* to = from;
  for (; to != beyond->end() && to->first <= range.last + 1; ++to) {
    range.first = std::min(range.first, to->first);
    range.last = std::max(range.last, to->last);
    range.absent |= to->absent;
  }
  if (from == to) {
    std::move_backward(from, beyond->end(), beyond->end() + 1);
    ++beyond->count;
  } else {
    std::move(to, beyond->end(), from + 1);
    beyond->count -= static_cast<std::uint32_t>(to - from) - 1;
  }
  *from = range;
  if (beyond->count > AckedRanges::kMost) forgetOne();
}

void Member::makeRoom(Blocks& blocks) {
  if (beyond != nullptr && beyond->count < beyond->room) return;
  const std::uint32_t room = beyond != nullptr ? 2 * beyond->room : kLeastRanges;
  auto* const larger = new (blocks.take(bytesOfRanges(room))) AckedRanges{0, room};
  if (beyond != nullptr) {
    std::copy(beyond->begin(), beyond->end(), larger->begin());
    larger->count = beyond->count;
    forgetRanges(blocks);
  }
  beyond = larger;
}

/// The messages of the highest one come again. What the peer must not see does not: where there is
/// nothing else, the oldest hole is closed.
void Member::forgetOne() {
  AckedRange* at = beyond->end() - 1;
  while (at->absent && at != beyond->begin()) --at;
  if (at->absent) acked = at->last;
  std::move(at + 1, beyond->end(), at);
  --beyond->count;
}

void Member::forgetRanges(Blocks& blocks) {
  if (beyond == nullptr) return;
  const std::size_t size = bytesOfRanges(beyond->room);
  blocks.give(std::exchange(beyond, nullptr), size);
}

void Member::advance(Blocks& blocks) {
  const Conversation& log = *conversation;
  acked = std::max(acked, log.first - 1);
  for (;;) {
    if (beyond != nullptr && beyond->begin()->first <= acked + 1) {
      acked = std::max(acked, beyond->begin()->last);
      std::move(beyond->begin() + 1, beyond->end(), beyond->begin());
      if (--beyond->count == 0) forgetRanges(blocks);
    } else if (acked < log.last && !wants(*log.row(acked + 1))) {
      ++acked;
    } else {
      return;
    }
  }
}

Seq Member::highestWaiting(Seq seq) const {
  if (beyond == nullptr) return std::max(seq, acked);
  for (AckedRange* at = beyond->end(); at != beyond->begin();) {
    --at;
    if (at->last < seq) break;
    if (at->first <= seq) seq = at->first - 1;
  }
  return std::max(seq, acked);
}

Seq Member::lowestWaiting(Seq seq) const {
  if (beyond == nullptr) return seq;
  for (const AckedRange& range : *beyond) {
    if (range.first > seq) break;
    seq = std::max(seq, range.last + 1);
  }
  return seq;
}

// --- lists ---------------------------------------------------------------------------------------

void Member::link() {
  next_waiting = std::exchange(peer->waiting, this);
  previous_waiting = nullptr;
  if (next_waiting != nullptr) next_waiting->previous_waiting = this;
  linked = true;
}

void Member::unlink() {
  (previous_waiting != nullptr ? previous_waiting->next_waiting : peer->waiting) = next_waiting;
  if (next_waiting != nullptr) next_waiting->previous_waiting = previous_waiting;
  linked = false;
}

void MemberList::append(Member* member) {
  member->previous = last;
  member->next = nullptr;
  (last != nullptr ? last->next : first) = member;
  last = member;
}

void MemberList::remove(Member* member) {
  (member->previous != nullptr ? member->previous->next : first) = member->next;
  (member->next != nullptr ? member->next->previous : last) = member->previous;
}

// --- rows ----------------------------------------------------------------------------------------

Conversation* Conversation::make(Blocks& blocks, std::string_view id, std::uint64_t hash) {
  auto* conversation = makeWith<Conversation>(blocks, id.size());
  conversation->hash = hash;
  conversation->id_bytes = static_cast<std::uint32_t>(id.size());
  conversation->first = 1;
  putText(reinterpret_cast<char*>(conversation + 1), id);
  return conversation;
}

void Conversation::add(Message* message, Blocks& blocks) {
  if (last + 1 - first == static_cast<Seq>(room)) {
    resize(room == 0 ? kLeastRoom : 2 * room, blocks);
  }
  message->conversation = this;
  message->seq = ++last;
  message->timestamp = last_time = std::max(message->timestamp, last_time);
  rows[static_cast<std::uint64_t>(last) & (room - 1)] = message;
}

void Conversation::dropFirst() {
  ++first;
  if (past > 0) --past;
}

void Conversation::shrink(Blocks& blocks) {
  std::uint32_t enough = kLeastRoom;
  while (static_cast<Seq>(enough) < 2 * (last + 1 - first)) enough *= 2;
  if (isEmpty()) enough = 0;
  if (enough * 4 <= room && room > 0) resize(enough, blocks);
}

void Conversation::resize(std::uint32_t wanted, Blocks& blocks) {
  Message** const old = rows;
  const std::uint32_t old_room = room;
  const std::uint64_t from = static_cast<std::uint64_t>(first);
  const std::uint64_t count = static_cast<std::uint64_t>(last + 1 - first);
  rows = wanted == 0 ? nullptr : static_cast<Message**>(blocks.take(wanted * sizeof(Message*)));
  room = wanted;
  for (std::uint64_t seq = from; seq < from + count; ++seq) {
    rows[seq & (wanted - 1)] = old[seq & (old_room - 1)];
  }
  if (old != nullptr) blocks.give(old, old_room * sizeof(Message*));
}

}  // namespace kith::storage
