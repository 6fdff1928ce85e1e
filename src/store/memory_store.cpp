// SPDX-License-Identifier: Apache-2.0
// makeMemoryStore(): plain containers under a lock.
#include <map>
#include <utility>

#include "base/sync.hpp"
#include "store/make_store.hpp"
#include "store/memory_peer.hpp"

namespace kith::store {
namespace {

// What a string and the nodes that hold it cost besides its bytes, roughly.
constexpr std::size_t kStringBytes = 96;
constexpr std::size_t kEntryBytes = 384;

std::size_t sizeOf(const std::string& text) { return text.size() + kStringBytes; }

std::size_t sizeOf(const std::vector<std::string>& texts) {
  std::size_t bytes = 0;
  for (const std::string& text : texts) bytes += sizeOf(text);
  return bytes;
}

std::size_t sizeOf(const Message& message) {
  return kEntryBytes + message.text.size() + message.group_id.size() + message.id.size() +
         message.from.size() + sizeOf(message.to);
}

class MemoryStore final : public Store {
 public:
  MemoryStore(StoreLimits limits, Clock clock, UptimeClock uptime)
      : limits_(limits), clock_(std::move(clock)), uptime_(std::move(uptime)) {}

  Result<StoredPeer> load(const std::string& app_id, const std::string& peer_id) override;
  Result<void> commit(const std::string& app_id, const std::vector<PeerChange>& changes) override;

 private:
  using Peers = std::map<std::pair<std::string, std::string>, MemoryPeer>;

  // Each makes one change; what it did is noted in `undo_`.
  void make(MemoryPeer& peer, const store_change::AddOutgoing& change) KITH_REQUIRES(mutex_);
  void make(MemoryPeer& peer, const store_change::RemoveOutgoing& change) KITH_REQUIRES(mutex_);
  void make(MemoryPeer& peer, const store_change::AddIncoming& change) KITH_REQUIRES(mutex_);
  void make(MemoryPeer& peer, const store_change::Shown& change) KITH_REQUIRES(mutex_);
  void make(MemoryPeer& peer, const store_change::SetWatched& change) KITH_REQUIRES(mutex_);

  void count(std::size_t added, std::size_t removed) KITH_REQUIRES(mutex_);
  void removeIncoming(MemoryPeer& peer, const std::string& id) KITH_REQUIRES(mutex_);
  bool awayTooLong(const MemoryPeer& peer, Timestamp now) const {
    return peer.seen + limits_.forget_after < now;
  }
  void forget(MemoryPeer& peer) KITH_REQUIRES(mutex_);
  void sweep(Timestamp now) KITH_REQUIRES(mutex_);

  const StoreLimits limits_;
  const Clock clock_;
  const UptimeClock uptime_;
  base::Mutex mutex_;
  Peers peers_ KITH_GUARDED_BY(mutex_);
  Undo undo_ KITH_GUARDED_BY(mutex_);
  std::size_t bytes_ KITH_GUARDED_BY(mutex_){0};
  Timestamp next_sweep_ KITH_GUARDED_BY(mutex_){};
};

Result<StoredPeer> MemoryStore::load(const std::string& app_id, const std::string& peer_id) {
  const base::Lock lock(mutex_);
  const Timestamp now = clock_();
  sweep(now);
  const auto found = peers_.find({app_id, peer_id});
  if (found == peers_.end()) return StoredPeer{};
  MemoryPeer& peer = found->second;
  if (awayTooLong(peer, now)) forget(peer);
  peer.seen = now;
  StoredPeer kept;
  const Uptime uptime = uptime_();
  for (WaitingOutgoing& waiting : peer.outgoing.all()) {
    waiting.entry.queued = happened(waiting.entry.queued, waiting.kept, now, uptime);
    kept.outgoing.push_back(std::move(waiting.entry));
  }
  kept.incoming = peer.incoming.all();
  kept.shown_ids.assign(peer.shown.all().begin(), peer.shown.all().end());
  kept.watched = peer.watched;
  return kept;
}

Result<void> MemoryStore::commit(const std::string& app_id,
                                 const std::vector<PeerChange>& changes) {
  const base::Lock lock(mutex_);
  const Timestamp now = clock_();
  sweep(now);
  const std::size_t before = bytes_;
  for (const PeerChange& one : changes) {
    MemoryPeer& peer = peers_[{app_id, one.peer_id}];
    peer.seen = now;
    std::visit([&](const auto& change) KITH_REQUIRES(mutex_) { make(peer, change); }, one.change);
  }
  const std::size_t room =
      addsMessage(changes) ? roomForMessages(limits_.max_bytes) : limits_.max_bytes;
  const bool fits = bytes_ <= room || bytes_ <= before;
  if (!fits) undo_.run();
  undo_ = Undo();
  return fits ? Result<void>() : full("", limits_);
}

void MemoryStore::count(std::size_t added, std::size_t removed) {
  const std::size_t before = bytes_;
  undo_.note([this, before]() KITH_REQUIRES(mutex_) { bytes_ = before; });
  bytes_ = bytes_ + added - removed;
}

void MemoryStore::make(MemoryPeer& peer, const store_change::AddOutgoing& change) {
  const StoredOutgoing& entry = change.entry;
  if (!peer.outgoing.add(entry.client_id, {entry, uptime_()}, undo_)) return;
  count(sizeOf(entry.message) + sizeOf(entry.client_id), 0);
}

void MemoryStore::make(MemoryPeer& peer, const store_change::RemoveOutgoing& change) {
  const WaitingOutgoing* waiting = peer.outgoing.find(change.client_id);
  if (waiting == nullptr) return;
  count(0, sizeOf(waiting->entry.message) + sizeOf(waiting->entry.client_id));
  peer.outgoing.remove(change.client_id, undo_);
}

void MemoryStore::make(MemoryPeer& peer, const store_change::AddIncoming& change) {
  const Message& message = change.entry.message;
  if (peer.incoming.add(message.id, change.entry, undo_)) count(sizeOf(message), 0);
}

void MemoryStore::make(MemoryPeer& peer, const store_change::Shown& change) {
  for (const std::string& id : change.ids) {
    removeIncoming(peer, id);
    const std::size_t before = peer.shown.bytes();
    peer.shown.add(id, undo_);
    count(peer.shown.bytes(), before);
  }
}

void MemoryStore::make(MemoryPeer& peer, const store_change::SetWatched& change) {
  count(sizeOf(change.peers), sizeOf(peer.watched));
  undo_.note([&peer, before = peer.watched] { peer.watched = before; });
  peer.watched = change.peers;
}

void MemoryStore::removeIncoming(MemoryPeer& peer, const std::string& id) {
  const StoredIncoming* entry = peer.incoming.find(id);
  if (entry == nullptr) return;
  count(0, sizeOf(entry->message));
  peer.incoming.remove(id, undo_);
}

void MemoryStore::forget(MemoryPeer& peer) {
  bytes_ -= peer.shown.bytes() + sizeOf(peer.watched);
  peer.shown.clear();
  peer.watched.clear();
}

void MemoryStore::sweep(Timestamp now) {
  if (now < next_sweep_) return;
  next_sweep_ = now + kSweepInterval;
  for (auto one = peers_.begin(); one != peers_.end();) {
    MemoryPeer& peer = one->second;
    const bool away = awayTooLong(peer, now);
    if (away) forget(peer);
    one = away && peer.outgoing.empty() && peer.incoming.empty() ? peers_.erase(one) : ++one;
  }
}

}  // namespace

std::shared_ptr<Store> makeMemoryStore(StoreLimits limits, Clock clock, UptimeClock uptime) {
  return std::make_shared<MemoryStore>(lifted(limits), std::move(clock), std::move(uptime));
}

}  // namespace kith::store

namespace kith {

std::shared_ptr<Store> makeMemoryStore(StoreLimits limits) {
  return store::makeMemoryStore(limits, store::systemClock());
}

}  // namespace kith
