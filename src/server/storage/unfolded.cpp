// SPDX-License-Identifier: Apache-2.0
#include "server/storage/unfolded.hpp"

#include <algorithm>

#include "sqlite/packed.hpp"

namespace kith::storage {

using sqlite::Reader;
using sqlite::Writer;

// Numbers of a record are written as distances to the message before.
enum class Unfolded::Deed : unsigned char { Accept, UseToken, Enqueue, EnqueueOffline, Take };

namespace {

template <typename Deed>
std::int64_t code(Deed deed) {
  return static_cast<std::int64_t>(deed);
}

}  // namespace

void Unfolded::accept(const Accepted& message) {
  Writer writer(record_);
  writer.number(code(Deed::Accept));
  writer.number(message.position - last_.position).number(message.timestamp - last_.timestamp);
  for (const ListKind kind : kListKinds) {
    writer.number(message.linked[kind] ? message.lists[kind] : 0);
  }
  // The sender is named in any case: its tokens need it.
  if (!message.linked[ListKind::Sender]) writer.number(message.lists[ListKind::Sender]);
  doAccept(message);
}

void Unfolded::doAccept(const Accepted& message) {
  last_ = message;
  for (const ListKind kind : kListKinds) {
    if (message.linked[kind]) {
      newest_[kind].insert_or_assign(message.lists[kind], message.position);
    }
  }
  ++size_;
}

void Unfolded::useToken(std::string_view token) {
  Writer(record_).number(code(Deed::UseToken)).text(token);
  tokens_.insert_or_assign(TokenKey(last_.lists[ListKind::Sender], token),
                           Used{last_.position, last_.timestamp});
  ++size_;
}

bool Unfolded::enqueue(std::int64_t peer, bool offline) {
  if (!doEnqueue(peer, offline)) return false;
  Writer(record_).number(code(offline ? Deed::EnqueueOffline : Deed::Enqueue)).number(peer);
  return true;
}

bool Unfolded::doEnqueue(std::int64_t peer, bool offline) {
  std::vector<Queued>& queue = queues_[peer];
  if (!queue.empty() && queue.back().position == last_.position) return false;
  queue.push_back({last_.position, last_.timestamp, offline, false});
  ++size_;
  return true;
}

Unfolded::Taken Unfolded::take(std::int64_t peer, Position position) {
  const Taken taken = doTake(peer, position);
  if (taken != Taken::NotHere) {
    Writer(record_).number(code(Deed::Take)).number(peer).number(last_.position - position);
    ++size_;
  }
  return taken;
}

// Rows stay where they are until all is cleared: taking them out would move the rest.
Unfolded::Taken Unfolded::doTake(std::int64_t peer, Position position) {
  const auto found = queues_.find(peer);
  if (found == queues_.end()) return Taken::NotHere;
  std::vector<Queued>& queue = found->second;
  const auto row = std::lower_bound(
      queue.begin(), queue.end(), position,
      [](const Queued& queued, Position wanted) { return queued.position < wanted; });
  if (row == queue.end() || row->position != position || row->taken) return Taken::NotHere;
  row->taken = true;
  return row->offline ? Taken::Offline : Taken::Online;
}

std::span<const Unfolded::Queued> Unfolded::queueOf(std::int64_t peer) const {
  const auto found = queues_.find(peer);
  if (found == queues_.end()) return {};
  return found->second;
}

void Unfolded::startRecord() {
  record_.clear();
  last_ = {};
}

void Unfolded::apply(std::string_view record) {
  startRecord();
  Reader reader(record);
  while (!reader.atEnd()) {
    switch (static_cast<Deed>(reader.number())) {
      case Deed::Accept: {
        Accepted message;
        message.position = last_.position + reader.number();
        message.timestamp = last_.timestamp + reader.number();
        for (const ListKind kind : kListKinds) {
          message.lists[kind] = reader.number();
          message.linked[kind] = message.lists[kind] != 0;
        }
        if (!message.linked[ListKind::Sender]) message.lists[ListKind::Sender] = reader.number();
        doAccept(message);
        break;
      }
      case Deed::UseToken:
        tokens_.insert_or_assign(TokenKey(last_.lists[ListKind::Sender], reader.text()),
                                 Used{last_.position, last_.timestamp});
        break;
      case Deed::Enqueue: doEnqueue(reader.number(), false); break;
      case Deed::EnqueueOffline: doEnqueue(reader.number(), true); break;
      case Deed::Take: {
        const std::int64_t peer = reader.number();
        doTake(peer, last_.position - reader.number());
        break;
      }
    }
  }
  startRecord();
}

void Unfolded::clear() {
  queues_.clear();
  tokens_.clear();
  for (const ListKind kind : kListKinds) newest_[kind].clear();
  size_ = 0;
  startRecord();
}

}  // namespace kith::storage
