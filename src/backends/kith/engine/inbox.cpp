// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/inbox.hpp"

#include <kith/limits.hpp>

#include <algorithm>

namespace kith::engine {
namespace {

constexpr std::uint64_t kNumbers = (std::uint64_t{1} << 62) - 1;  // what a Key has room for

}  // namespace

std::size_t RememberedIds::slotOf(Print print) const {
  return table_.find(halfOf(print), [&](const Slot& slot) {
    return slot.half == halfOf(print) && keys_[slot.place].print == print;
  });
}

RememberedIds::Seen RememberedIds::look(Print print) const {
  if (keys_.empty()) return Seen::Never;
  const std::uint32_t place = table_[slotOf(print)].place;
  if (place == kNone) return Seen::Never;
  return keys_[place].delivered ? Seen::Delivered : Seen::Waiting;
}

bool RememberedIds::mayGo(const Key& oldest, Confirmed confirmed) const {
  if (!oldest.delivered || keys_.size() < limits::kRememberedIds) return false;
  return keys_.size() >= limits::kUnconfirmedIds || confirmed.covers(oldest.number);
}

void RememberedIds::add(Print print, Confirmed confirmed) {
  if (next_ == keys_.size()) next_ = 0;
  // The ring is full once its oldest place is taken.
  if (keys_.empty() || (keys_[next_].used && !mayGo(keys_[next_], confirmed))) {
    resize(keys_.empty() ? 16 : keys_.size() * 4);
    shrunk_at_ = 0;
  }
  if (keys_[next_].used) dropOldest();
  keys_[next_] = {print, 0, 1, 0};
  table_.add({static_cast<std::uint32_t>(next_), halfOf(print)});
  ++next_;
}

void RememberedIds::dropOldest() {
  table_.remove(table_.find(halfOf(keys_[next_].print),
                            [&](const Slot& slot) { return slot.place == next_; }));
}

void RememberedIds::markDelivered(Print print, std::uint64_t number) {
  if (keys_.empty()) return;
  const std::uint32_t place = table_[slotOf(print)].place;
  if (place == kNone) return;
  keys_[place].delivered = 1;
  keys_[place].number = number & kNumbers;
}

void RememberedIds::forget(Print print) {
  if (keys_.empty()) return;
  const std::size_t slot = slotOf(print);
  if (table_[slot].place == kNone) return;
  keys_[table_[slot].place].used = 0;
  table_.remove(slot);
}

// Keeps the newest, oldest first.
void RememberedIds::resize(std::size_t size) {
  std::vector<Key> kept;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const Key& key = keys_[(next_ + i) % keys_.size()];
    if (key.used || size > keys_.size()) kept.push_back(key);
  }
  if (kept.size() > size) kept.erase(kept.begin(), kept.end() - static_cast<std::ptrdiff_t>(size));
  next_ = kept.size();
  keys_ = std::move(kept);
  keys_.resize(size);
  keys_.shrink_to_fit();
  table_ = base::ProbeTable<Slot>(size * 2);
  for (std::size_t at = 0; at < next_; ++at) {
    if (keys_[at].used) table_.add({static_cast<std::uint32_t>(at), halfOf(keys_[at].print)});
  }
}

bool RememberedIds::isLarge() const { return keys_.size() > limits::kRememberedIds; }

/// From the oldest that the server may repeat to the newest.
std::size_t RememberedIds::needed(Confirmed confirmed) const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const Key& key = keys_[(next_ + i) % keys_.size()];
    if (key.used && (count > 0 || !key.delivered || !confirmed.covers(key.number))) ++count;
  }
  return count;
}

void RememberedIds::shrink(Confirmed confirmed) {
  if (!isLarge() || shrunk_at_ == confirmed.barrier.answered()) return;
  shrunk_at_ = confirmed.barrier.answered();
  const std::size_t count = needed(confirmed);
  std::size_t size = limits::kRememberedIds;
  while (size < count && size < limits::kUnconfirmedIds) size *= 4;
  if (size < keys_.size()) resize(size);
}

Confirmed Inbox::whatIsConfirmed() const {
  return {ack_barrier_, !ack_barrier_.isOld(replay_end_) && ack_barrier_.answered() > replay_end_};
}

RememberedIds::Seen Inbox::look(RememberedIds::Print print) const {
  return seen_ == nullptr ? RememberedIds::Seen::Never : seen_->look(print);
}

void Inbox::remember(RememberedIds::Print print) {
  if (seen_ == nullptr) seen_ = std::make_unique<RememberedIds>();
  seen_->add(print, whatIsConfirmed());
}

void Inbox::shrink() {
  if (seen_ != nullptr) seen_->shrink(whatIsConfirmed());
}

Inbox::Verdict Inbox::arrived(std::string_view id, bool wants_ack, std::size_t bytes) {
  const Verdict verdict = take(id, wants_ack, bytes, true);
  if (wants_ack) noteReplayEnd(verdict);
  return verdict;
}

// What is new comes behind what is repeated. Two heartbeats answered since, and nothing repeated
// between: the server has no more of the old ones, which were acknowledged before or were not
// stored.
void Inbox::noteReplayEnd(Verdict verdict) {
  if (verdict == Verdict::New) {
    if (replay_end_ == kNoReplayEnd) replay_end_ = ack_barrier_.next();
  } else if (verdict != Verdict::NoRoom) {
    replay_end_ = kNoReplayEnd;
  }
}

Inbox::Verdict Inbox::restored(std::string_view id, bool wants_ack, std::size_t bytes) {
  return take(id, wants_ack, bytes, false);
}

Inbox::Verdict Inbox::take(std::string_view id, bool wants_ack, std::size_t bytes, bool bounded) {
  const RememberedIds::Print print = RememberedIds::printOf(id);
  if (!id.empty()) {
    switch (look(print)) {
      case RememberedIds::Seen::Delivered: return Verdict::Repeated;
      case RememberedIds::Seen::Waiting: return Verdict::Waiting;
      case RememberedIds::Seen::Never: break;
    }
  }
  if (bounded && (missed_ || !hasRoomFor(bytes))) {
    missed_ = missed_ || wants_ack;  // the others are not repeated
    return Verdict::NoRoom;
  }
  if (!id.empty()) remember(print);
  Waiting& waiting = waiting_.grow();
  waiting.id = id;
  waiting.print = print;
  waiting.bytes = bytes;
  waiting.wants_ack = wants_ack && !id.empty();
  bytes_ += bytes;
  return Verdict::New;
}

// One always goes in, or a session could be stuck with nothing to wait for.
bool Inbox::hasRoomFor(std::size_t bytes) const {
  return waiting_.empty() ||
         (waiting_.size() < options_.max_messages && bytes_ + bytes <= options_.max_bytes);
}

void Inbox::restoreShown(std::string_view id) {
  const RememberedIds::Print print = RememberedIds::printOf(id);
  const RememberedIds::Seen seen = look(print);
  if (seen == RememberedIds::Seen::Delivered) return;
  if (seen == RememberedIds::Seen::Never) remember(print);
  seen_->markDelivered(print, AckBarrier::kNever);
  replay_end_ = kNoReplayEnd;
}

void Inbox::delivered(std::size_t most, std::vector<std::string_view>& acks, bool acknowledged) {
  const std::uint64_t number = acknowledged ? ack_barrier_.next() : AckBarrier::kNever;
  const std::size_t before = acks.size();
  for (; most > 0 && shown_ < waiting_.size(); --most) {
    const Waiting& waiting = waiting_[shown_++];
    if (!waiting.id.empty()) {
      seen_->markDelivered(waiting.print, waiting.wants_ack ? number : AckBarrier::kNothing);
    }
    if (waiting.wants_ack) acks.push_back(waiting.id);
  }
  if (acknowledged) {
    count(acks.size() - before);
  } else {
    replay_end_ = kNoReplayEnd;  // these are still to be repeated
  }
}

void Inbox::letGo() {
  for (; shown_ > 0; --shown_) {
    bytes_ -= waiting_.front().bytes;
    waiting_.pop();
  }
  if (waiting_.empty()) shrink();
}

void Inbox::acknowledgedAgain(std::string_view id) {
  seen_->markDelivered(RememberedIds::printOf(id), ack_barrier_.next());
  count(1);
}

void Inbox::count(std::size_t acks) {
  if (acks_for_ != ack_barrier_.next()) acks_ = 0;
  acks_for_ = ack_barrier_.next();
  acks_ += static_cast<std::uint32_t>(acks);
}

bool Inbox::wantsBarrier() const {
  return acks_for_ == ack_barrier_.next() && acks_ >= kAcksPerBarrier && !ack_barrier_.waiting();
}

void Inbox::acksConfirmed() {
  if (waiting_.empty()) shrink();
}

bool Inbox::takeMissed() {
  const bool due = missed_ && waiting_.empty();
  if (due) missed_ = false;
  return due;
}

void Inbox::forgetNewest(std::size_t count) {
  for (; count > 0 && !waiting_.empty(); --count) {
    const Waiting& newest = waiting_[waiting_.size() - 1];
    if (!newest.id.empty()) seen_->forget(newest.print);
    bytes_ -= newest.bytes;
    waiting_.popBack();
  }
  if (!waiting_.empty()) return;
  missed_ = false;  // the next life begins with everything that was not acknowledged
  shrink();
}

}  // namespace kith::engine
