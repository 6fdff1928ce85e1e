// SPDX-License-Identifier: Apache-2.0
// What the application sees of a session: its state and its lists, as far as callbacks have told,
// and how many messages were shown. Part of SessionImpl; any thread.
#pragma once

#include <kith/event.hpp>
#include <kith/session.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/sync.hpp"
#include "client/item.hpp"

namespace kith::client {

/// Epochs are counted by close() calls: what happened before the last one changes nothing here.
class SessionView {
 public:
  using Peers = std::vector<std::string>;

  /// All parts of a session share its mutex: there are many sessions.
  explicit SessionView(base::Mutex& mutex) : mutex_(mutex) {}

  /// open() was called and nothing ended it.
  bool wanted() const { return wanted_.load(std::memory_order_acquire); }
  /// The epoch that begins, or nothing when the session is open already.
  std::optional<std::uint32_t> beginOpen();
  void endOpen(bool ok, std::uint32_t epoch);
  /// Closed by the application. `acknowledge(count)` is called first when messages were shown,
  /// under the lock: a close() in between would make the count belong to the next epoch.
  template <typename Acknowledge>
  void close(Acknowledge acknowledge) {
    const base::Lock lock(mutex_);
    acknowledgeLocked(acknowledge);
    closeLocally();
  }

  /// The session looks as the event says. False: it is of an epoch that is over.
  bool apply(const EventItem& item);
  bool isCurrent(std::uint32_t epoch) const;
  /// A message is about to be shown. False: it is of an epoch that is over.
  bool countShown(std::uint32_t epoch);
  /// Calls `acknowledge(count)` as close() does.
  template <typename Acknowledge>
  void acknowledge(Acknowledge acknowledge) {
    const base::Lock lock(mutex_);
    acknowledgeLocked(acknowledge);
  }

  SessionState state() const;
  bool isOnline(const std::string& peer) const;
  bool isWatching(const std::string& peer) const;
  Peers watched() const;
  Peers online() const;
  /// How many peers would be watched with these.
  std::size_t watchedWith(const Peers& peers) const;

 private:
  template <typename Acknowledge>
  void acknowledgeLocked(Acknowledge& acknowledge) KITH_REQUIRES(mutex_) {
    if (shown_ != 0) acknowledge(std::exchange(shown_, 0));
  }
  void closeLocally() KITH_REQUIRES(mutex_);
  void applyHere(const Event& event) KITH_REQUIRES(mutex_);
  void applyPresence(const PresenceChanged& event) KITH_REQUIRES(mutex_);

  base::Mutex& mutex_;
  std::atomic<bool> wanted_{false};  // changes under the lock
  bool ever_opened_ KITH_GUARDED_BY(mutex_){false};
  SessionState close_done_ KITH_GUARDED_BY(mutex_){SessionState::Idle};
  std::uint32_t epoch_ KITH_GUARDED_BY(mutex_){0};
  std::uint32_t shown_ KITH_GUARDED_BY(mutex_){0};  // messages to acknowledge
  Peers watched_ KITH_GUARDED_BY(mutex_);           // sorted, as online_
  Peers online_ KITH_GUARDED_BY(mutex_);
};

}  // namespace kith::client
