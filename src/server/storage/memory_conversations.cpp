// SPDX-License-Identifier: Apache-2.0
#include "server/storage/memory_conversations.hpp"

#include <algorithm>
#include <utility>

namespace kith::storage {
namespace {

constexpr std::uint32_t kLeastRoom = 8;

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

void Member::acknowledge(SeqSpan rows) {
  rows.last = std::min(rows.last, conversation->last);
  cursor.acknowledge(rows);
  advance();
}

void Member::advance() {
  const Conversation& log = *conversation;
  cursor.acknowledge({1, log.first - 1});
  while (acked() < log.last && !wants(*log.row(acked() + 1))) {
    cursor.acknowledge({acked() + 1, acked() + 1});
  }
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

void Conversation::nameListed(Blocks& blocks, std::string_view name, std::uint64_t its_hash) {
  listed_id = static_cast<char*>(blocks.take(name.size()));
  listed_bytes = static_cast<std::uint32_t>(name.size());
  listed_hash = its_hash;
  putText(listed_id, name);
}

void Conversation::forgetListedName(Blocks& blocks) {
  if (listed_id != nullptr) blocks.give(std::exchange(listed_id, nullptr), listed_bytes);
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

SeqSpan Conversation::rowsAt(std::int64_t time) const {
  const auto reaches = [&](const Message& row) { return row.timestamp >= time; };
  const auto isBehind = [&](const Message& row) { return row.timestamp > time; };
  return {firstOf(first, last, reaches), firstOf(first, last, isBehind) - 1};
}

Seq Conversation::find(std::int64_t time, std::string_view wanted) const {
  const SeqSpan at = rowsAt(time);
  for (Seq seq = at.first; seq <= at.last; ++seq) {
    if (row(seq)->row == RowKind::Message && row(seq)->id() == wanted) return seq;
  }
  return 0;
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
  rows = wanted == 0 ? nullptr : static_cast<Message**>(blocks.take(wanted * sizeof(void*)));
  room = wanted;
  for (std::uint64_t seq = from; seq < from + count; ++seq) {
    rows[seq & (wanted - 1)] = old[seq & (old_room - 1)];
  }
  if (old != nullptr) blocks.give(old, old_room * sizeof(void*));
}

}  // namespace kith::storage
