// SPDX-License-Identifier: Apache-2.0
#include "server/hub/reply_sequencer.hpp"

namespace kith::hub {
namespace {

constexpr std::size_t kFirstSize = 64;
// More reusable entries than this are given back when the queue runs empty: a burst must not hold
// its memory for ever.
constexpr std::size_t kKeptSize = 4096;

/// A page or a load does not make a connection's later replies wait.
bool ordersReplies(Entry::Kind kind) {
  return kind != Entry::Kind::Page && kind != Entry::Kind::Load;
}

}  // namespace

void clear(Entry& entry) {
  entry.connection.reset();
  entry.session.reset();
  entry.group.reset();
  entry.members.reset();
  entry.peers.clear();
  entry.text.clear();
  entry.frame.tail.clear();
  entry.copy.tail.clear();
  entry.op = wire::Op::None;
  entry.reply = entry.alone = entry.quiet = entry.refused = entry.receipt_wanted =
      entry.self_addressed = false;
}

Entry& ReplySequencer::push(Entry::Kind kind, Ref<Connection> connection) {
  if (tail_ - head_ == ring_.size()) grow();
  Slot& slot = at(tail_);
  if (spare_.empty()) {
    slot = std::make_unique<Entry>();
  } else {
    slot = std::move(spare_.back());
    spare_.pop_back();
  }
  slot->kind = kind;
  slot->token = tail_++;
  if (ordersReplies(kind)) ++connection->pending;
  slot->connection = std::move(connection);
  return *slot;
}

void ReplySequencer::pop() {
  Entry& entry = front();
  if (ordersReplies(entry.kind)) --entry.connection->pending;
  clear(entry);
  spare_.push_back(std::move(at(head_++)));
  if (!empty() || ring_.size() <= kKeptSize) return;
  ring_.clear();
  spare_.clear();
}

void ReplySequencer::grow() {
  std::vector<Slot> larger(ring_.empty() ? kFirstSize : ring_.size() * 2);
  for (std::uint64_t number = head_; number != tail_; ++number) {
    larger[number & (larger.size() - 1)] = std::move(at(number));
  }
  ring_ = std::move(larger);
}

}  // namespace kith::hub
