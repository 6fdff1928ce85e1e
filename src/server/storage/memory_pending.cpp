// SPDX-License-Identifier: Apache-2.0
#include "server/storage/memory_pending.hpp"

#include <algorithm>
#include <utility>

#include "server/storage/page_bytes.hpp"

namespace kith::storage {
namespace {

/// The absence that a row came in; null: the peer was here.
const Absences::Interval* absenceAt(const Peer& peer, Position position) {
  return peer.absences != nullptr ? peer.absences->find(position) : nullptr;
}

/// These are not in the page, and are going to be acknowledged.
template <typename Cursor>
void leaveOut(Cursor& cursor, Seq first, Seq last) {
  if (cursor.run_last == 0) cursor.run_last = last;
  cursor.run_first = first;
}

template <typename Cursor>
void endRun(Cursor& cursor, PendingPage& page) {
  if (cursor.run_last == 0) return;
  page.left_out.push_back({cursor.member->conversation->key, cursor.run_first, cursor.run_last});
  cursor.run_last = 0;
}

constexpr auto kNewestOnTop = [](const auto* a, const auto* b) {
  return a->row->position < b->row->position;
};
constexpr auto kOldestOnTop = [](const auto* a, const auto* b) {
  return a->row->position > b->row->position;
};

}  // namespace

PendingPage PendingReader::read(MemoryApp& app, Peer& peer, const ReadPending& request) {
  PendingPage page;
  oldest_ = request.now_ms - app.limits.offline_age_ms;
  open(app, peer, request, oldest_);
  if (request.first) {
    readFirst(app.limits, peer, request, page);
  } else {
    readNext(request, page);
  }
  return page;
}

void PendingReader::open(MemoryApp& app, Peer& peer, const ReadPending& request,
                         std::int64_t oldest) {
  cursors_.clear();
  heap_.clear();
  for (Member* at = peer.waiting; at != nullptr;) {
    Member& member = *std::exchange(at, at->next_waiting);
    member.advance();
    const Conversation& log = *member.conversation;
    const Seq highest = member.isHere() ? log.last : std::min(log.last, member.left);
    const Seq lowest = member.acked() + 1;
    if (lowest > highest) {
      app.settle(member);
      continue;
    }
    const Seq from = request.first ? lowest : log.firstOf(lowest, highest, [&](const Message& row) {
      return row.position > request.after;
    });
    const Seq young = shared_.ages.firstYoung(log, from, highest, oldest);
    cursors_.push_back({&member, nullptr, lowest, young, highest, 0, 0});
  }
}

bool PendingReader::isOld(const Message& row) const { return shared_.ages.from(row) < oldest_; }

/// To the first one from `from` on that waits.
bool PendingReader::toNext(Cursor& cursor, Seq from) const {
  const Member& member = *cursor.member;
  for (Seq at = member.cursor.lowestOpen(from); at <= cursor.highest;
       at = member.cursor.lowestOpen(at + 1)) {
    cursor.row = member.conversation->row(at);
    if (member.wants(*cursor.row) && !isOld(*cursor.row)) return true;
  }
  return false;
}

/// To the last one up to `from` that waits.
bool PendingReader::toPrevious(Cursor& cursor, Seq from) const {
  const Member& member = *cursor.member;
  for (Seq at = member.cursor.highestOpen(from); at >= cursor.young;
       at = member.cursor.highestOpen(at - 1)) {
    cursor.row = member.conversation->row(at);
    if (member.wants(*cursor.row) && !isOld(*cursor.row)) return true;
  }
  return false;
}

void PendingReader::readNext(const ReadPending& request, PendingPage& page) {
  for (Cursor& cursor : cursors_) {
    if (toNext(cursor, cursor.young)) heap_.push_back(&cursor);
  }
  std::make_heap(heap_.begin(), heap_.end(), kOldestOnTop);
  PageBytes bytes;
  while (!heap_.empty() && page.messages.size() < request.limit && !bytes.isFull()) {
    std::pop_heap(heap_.begin(), heap_.end(), kOldestOnTop);
    Cursor& cursor = *heap_.back();
    page.messages.push_back(cursor.row->copy());
    bytes.add(page.messages.back());
    if (toNext(cursor, cursor.row->seq + 1)) {
      std::push_heap(heap_.begin(), heap_.end(), kOldestOnTop);
    } else {
      heap_.pop_back();
    }
  }
  page.complete = heap_.empty();
}

void PendingReader::readFirst(const AppLimits& limits, const Peer& peer, const ReadPending& request,
                              PendingPage& page) {
  keepNewest(limits, peer, page);
  for (Cursor& cursor : cursors_) {
    if (cursor.young > cursor.lowest) {
      expired_ += static_cast<std::uint64_t>(cursor.young - cursor.lowest);
      leaveOut(cursor, cursor.lowest, cursor.young - 1);
    }
    endRun(cursor, page);
  }
  while (!kept_.empty() && kept_.back()->position <= request.after) kept_.pop_back();
  PageBytes bytes;
  while (!kept_.empty() && page.messages.size() < request.limit && !bytes.isFull()) {
    page.messages.push_back(kept_.back()->copy());
    bytes.add(page.messages.back());
    kept_.pop_back();
  }
  page.complete = kept_.empty();
}

/// Of what is young enough, newest first, as many as the limits allow.
void PendingReader::keepNewest(const AppLimits& limits, const Peer& peer, PendingPage& page) {
  kept_.clear();
  for (Cursor& cursor : cursors_) {
    if (toPrevious(cursor, cursor.highest)) heap_.push_back(&cursor);
  }
  std::make_heap(heap_.begin(), heap_.end(), kNewestOnTop);
  std::size_t absent_left = limits.offline_messages;
  while (!heap_.empty() && kept_.size() < limits.unacknowledged_messages) {
    std::pop_heap(heap_.begin(), heap_.end(), kNewestOnTop);
    Cursor& cursor = *heap_.back();
    const Absences::Interval* const absence = absenceAt(peer, cursor.row->position);
    Seq from = cursor.row->seq;
    if (absence == nullptr || absent_left > 0) {
      if (absence != nullptr) --absent_left;
      kept_.push_back(cursor.row);
      endRun(cursor, page);
    } else {
      // All of the absence that is older goes with it.
      from = cursor.member->conversation->firstOf(
          cursor.young, from, [&](const Message& row) { return row.position > absence->from; });
      leaveOut(cursor, from, cursor.row->seq);
    }
    if (toPrevious(cursor, from - 1)) {
      std::push_heap(heap_.begin(), heap_.end(), kNewestOnTop);
    } else {
      heap_.pop_back();
    }
  }
  for (Cursor* cursor : heap_) leaveOut(*cursor, cursor->young, cursor->row->seq);
}

}  // namespace kith::storage
