// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/outbox.hpp"

#include <algorithm>
#include <utility>

namespace kith::engine {

bool Outbox::hasRoomFor(const Message& message) const {
  return count_ < options_.max_messages && bytes_ + bytesOf(message) <= options_.max_bytes;
}

void Outbox::add(Message&& message, std::string&& client_id, OpId op, base::Instant now) {
  Entry& entry = ring_.grow();
  entry.op = op;
  entry.bytes = bytesOf(message);
  entry.message = std::move(message);
  entry.client_id = std::move(client_id);
  entry.due = options_.expiry.count() > 0 ? now.mono + options_.expiry : base::kNever;
  entry.written = entry.resent = entry.gone = false;
  ++count_;
  bytes_ += entry.bytes;
  if (entry.message.transient) ++transient_;
}

// By the wall clock, which may have jumped: never longer than a new message has.
base::Millis Outbox::dueOf(const StoredOutgoing& message, base::Instant now) const {
  if (options_.expiry.count() <= 0) return base::kNever;
  const base::Millis waited = now.wall - message.queued.time_since_epoch();
  return now.mono + std::clamp(options_.expiry - waited, base::Millis{0}, options_.expiry);
}

void Outbox::restore(std::vector<StoredOutgoing> messages, base::Instant now) {
  base::Millis due = deadline();
  for (auto stored = messages.rbegin(); stored != messages.rend(); ++stored) {
    Entry entry;
    entry.bytes = bytesOf(stored->message);
    due = std::min(due, dueOf(*stored, now));  // the front is the first to expire
    entry.due = due;
    entry.message = std::move(stored->message);
    entry.client_id = std::move(stored->client_id);
    entry.written = true;
    ++count_;
    bytes_ += entry.bytes;
    ring_.pushFront(std::move(entry));
  }
}

Outbox::Entry* Outbox::next(std::uint64_t& number) {
  while (cursor_ < ring_.size() && ring_[cursor_].gone) ++cursor_;
  if (cursor_ == ring_.size() || in_flight_ >= options_.max_in_flight) return nullptr;
  number = first_ + cursor_;
  Entry& entry = ring_[cursor_++];
  entry.resent = entry.written;
  entry.written = true;
  ++in_flight_;
  return &entry;
}

Outbox::Entry Outbox::leave(std::size_t at) {
  Entry taken = std::move(ring_[at]);
  dropAt(at);
  return taken;
}

void Outbox::dropAt(std::size_t at) {
  Entry& entry = ring_[at];
  entry.gone = true;
  if (at < cursor_) --in_flight_;
  --count_;
  bytes_ -= entry.bytes;
  if (entry.message.transient) --transient_;
  while (!ring_.empty() && ring_.front().gone) {
    ring_.pop();
    ++first_;
    if (cursor_ > 0) --cursor_;
  }
}

Outbox::Entry* Outbox::find(std::uint64_t number) {
  if (number < first_ || number - first_ >= ring_.size()) return nullptr;
  Entry& entry = ring_[static_cast<std::size_t>(number - first_)];
  return entry.gone ? nullptr : &entry;
}

void Outbox::drop(std::uint64_t number) { dropAt(static_cast<std::size_t>(number - first_)); }

std::optional<Outbox::Entry> Outbox::take(std::uint64_t number) {
  if (find(number) == nullptr) return {};
  return leave(static_cast<std::size_t>(number - first_));
}

std::optional<Outbox::Entry> Outbox::takeFirst() {
  if (ring_.empty()) return {};
  return leave(0);
}

std::optional<Outbox::Entry> Outbox::takeExpired(base::Instant now) {
  if (now.mono < deadline()) return {};
  return leave(0);
}

std::optional<Outbox::Entry> Outbox::takeTransient() {
  if (transient_ == 0) return {};
  for (std::size_t at = 0; at < ring_.size(); ++at) {
    if (!ring_[at].gone && ring_[at].message.transient) return leave(at);
  }
  return {};
}

bool Outbox::mayBeOurs(const Message& copy) const {
  for (std::size_t at = 0; at < ring_.size(); ++at) {
    const Entry& entry = ring_[at];
    const bool written_before = at < cursor_ ? entry.resent : entry.written;
    if (entry.gone || !written_before) continue;
    const Message& internal = entry.message;
    // The server leaves out receivers that may not be written to.
    const bool same_receivers = std::all_of(copy.to.begin(), copy.to.end(), [&](const auto& peer) {
      return std::find(internal.to.begin(), internal.to.end(), peer) != internal.to.end();
    });
    if (internal.text == copy.text && internal.group_id == copy.group_id && same_receivers)
      return true;
  }
  return false;
}

void Outbox::rewind() {
  cursor_ = 0;
  in_flight_ = 0;
}

}  // namespace kith::engine
