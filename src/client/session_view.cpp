// SPDX-License-Identifier: Apache-2.0
#include "client/session_view.hpp"

#include <set>
#include <string_view>
#include <variant>

#include "base/sorted_names.hpp"

namespace kith::client {

std::optional<std::uint32_t> SessionView::beginOpen() {
  const base::Lock lock(mutex_);
  if (wanted_) return std::nullopt;
  wanted_ = ever_opened_ = true;
  return epoch_;
}

void SessionView::endOpen(bool ok, std::uint32_t epoch) {
  const base::Lock lock(mutex_);
  if (epoch != epoch_) return;
  if (ok) {
    close_done_ = SessionState::Open;
  } else {
    wanted_ = false;
    close_done_ = SessionState::Closed;
  }
}

void SessionView::closeLocally() {
  wanted_ = false;
  close_done_ = SessionState::Closed;
  ++epoch_;
  watched_ = {};
  online_ = {};
}

bool SessionView::apply(const EventItem& item) {
  const base::Lock lock(mutex_);
  if (item.epoch != epoch_) return false;
  applyHere(item.event);
  return true;
}

void SessionView::applyHere(const Event& event) {
  if (const auto* opened = std::get_if<SessionOpened>(&event)) {
    close_done_ = SessionState::Open;
    watched_ = opened->watched;
    online_ = opened->online;
  } else if (const auto* resumed = std::get_if<SessionResumed>(&event)) {
    close_done_ = SessionState::Open;
    watched_ = resumed->watched;
    online_ = resumed->online;
  } else if (std::holds_alternative<SessionPaused>(event)) {
    close_done_ = SessionState::Paused;
    online_ = {};
  } else if (std::holds_alternative<SessionClosed>(event)) {
    wanted_ = false;
    close_done_ = SessionState::Closed;
    watched_ = {};
    online_ = {};
  } else if (const auto* presence = std::get_if<PresenceChanged>(&event)) {
    applyPresence(*presence);
  } else if (const auto* watched = std::get_if<PeersWatched>(&event)) {
    for (const std::string& peer : watched->peers) base::insertName(watched_, peer);
  } else if (const auto* unwatched = std::get_if<PeersUnwatched>(&event)) {
    for (const std::string& peer : unwatched->peers) {
      base::eraseName(watched_, peer);
      base::eraseName(online_, peer);
    }
  }
}

void SessionView::applyPresence(const PresenceChanged& event) {
  for (const std::string& peer : event.peers) {
    if (event.online) {
      base::insertName(online_, peer);
    } else {
      base::eraseName(online_, peer);
    }
  }
}

bool SessionView::isCurrent(std::uint32_t epoch) const {
  const base::Lock lock(mutex_);
  return epoch == epoch_;
}

bool SessionView::countShown(std::uint32_t epoch) {
  const base::Lock lock(mutex_);
  if (epoch != epoch_) return false;
  ++shown_;
  return true;
}

SessionState SessionView::state() const {
  const base::Lock lock(mutex_);
  if (!wanted_) return ever_opened_ ? SessionState::Closed : SessionState::Idle;
  const bool up = close_done_ == SessionState::Open || close_done_ == SessionState::Paused;
  return up ? close_done_ : SessionState::Opening;
}

bool SessionView::isOnline(const std::string& peer) const {
  const base::Lock lock(mutex_);
  return base::hasName(online_, peer);
}

bool SessionView::isWatching(const std::string& peer) const {
  const base::Lock lock(mutex_);
  return base::hasName(watched_, peer);
}

SessionView::Peers SessionView::watched() const {
  const base::Lock lock(mutex_);
  return watched_;
}

SessionView::Peers SessionView::online() const {
  const base::Lock lock(mutex_);
  return online_;
}

std::size_t SessionView::watchedWith(const Peers& peers) const {
  const base::Lock lock(mutex_);
  std::set<std::string_view> all(watched_.begin(), watched_.end());
  all.insert(peers.begin(), peers.end());
  return all.size();
}

}  // namespace kith::client
