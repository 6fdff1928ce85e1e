// SPDX-License-Identifier: Apache-2.0
#include "server/core/presence_coalescer.hpp"

#include <kith/limits.hpp>

#include <algorithm>

namespace kith::core {
namespace {

// PresenceCoalescer of a session are told in three rounds, each with one status. A peer's own
// comings and goings are in the order they happened: it is in one or more rounds that follow each
// other. Peers among themselves have no order.
constexpr std::uint32_t kOff = 1;
constexpr std::uint32_t kOn = 2;
constexpr std::uint32_t kOffAgain = 4;
constexpr std::uint32_t kAllRounds = kOff | kOn | kOffAgain;

// More places than this are given back after a turn: a storm must not hold its memory for ever.
constexpr std::size_t kKeptWatchers = 4096;

// All of a frame but its ids.
constexpr std::size_t kFrameWords =
    std::string_view(
        R"({"peerId":,"cmd":"presence","appId":"","status":"off","sessionPeerIds":[]})")
        .size();

/// The round in which a peer's next change is told; 0 if its last change says the same.
std::uint32_t roundOf(std::uint32_t changes, bool online) {
  if (online) return (changes & kOn) != 0 && (changes & kOffAgain) == 0 ? 0 : kOn;
  if ((changes & kOn) != 0) return (changes & kOffAgain) != 0 ? 0 : kOffAgain;
  return (changes & kOff) != 0 ? 0 : kOff;
}

}  // namespace

bool PresenceCoalescer::add(Session& session, std::uint32_t watch, bool online) {
  Watch& its = session.watches[watch];
  const std::uint32_t round = roundOf(its.changes, online);
  if (round == 0) return true;
  if ((its.changes & round) != 0) return false;
  last_sent_.clear();
  if (session.presence_changes == 0) {
    watchers_.emplace_back(&session);
    session.first_pending = watch;
  } else if (its.changes == 0) {
    session.watches[session.last_pending].next_pending = watch & kNoWatch;
  }
  if (its.changes == 0) {
    its.next_pending = kNoWatch;
    session.last_pending = watch;
  }
  its.changes = (its.changes | round) & kAllRounds;
  session.presence_changes |= round;
  return true;
}

const SharedFrame* PresenceCoalescer::next(Session& session) {
  if (session.presence_changes == 0) return nullptr;
  const std::uint32_t round =
      session.presence_changes & (~session.presence_changes + 1);  // the lowest bit
  choose(session, round);
  const bool online = round == kOn;
  const bool same = session.connection->dialect == last_dialect_ && online == last_online_;
  if (!same || chosen_ != last_sent_) encode(session, online);
  return &frame_;
}

void PresenceCoalescer::choose(Session& session, std::uint32_t round) {
  const Peer& watcher = *session.peer;
  const std::size_t words = kFrameWords + watcher.app.options.id.size() + watcher.quoted.size();
  std::size_t left = limits::kFrameBytes - std::min(limits::kFrameBytes, words);
  chosen_.clear();
  std::uint32_t at = session.first_pending;
  for (; at != kNoWatch; at = session.watches[at].next_pending) {
    Watch& watch = session.watches[at];
    if ((watch.changes & round) == 0) continue;
    const std::size_t size = watch.peer->quoted.size() + 1;
    if (size > left && !chosen_.empty()) break;
    left -= std::min(left, size);
    watch.changes = watch.changes & ~round & kAllRounds;
    chosen_.push_back(watch.peer.get());
  }
  if (at == kNoWatch) session.presence_changes &= ~round;
  // A peer that has been told for good need not be looked at for the next frame.
  while (session.first_pending != kNoWatch && session.watches[session.first_pending].changes == 0) {
    session.first_pending = session.watches[session.first_pending].next_pending;
  }
}

void PresenceCoalescer::encode(const Session& session, bool online) {
  ids_.clear();
  for (const Peer* peer : chosen_) ids_.push_back(peer->id);
  Dialect& dialect = *session.connection->dialect;
  dialect.writeShared({{}, session.peer->app.options.id, {}, PresenceChanged{ids_, online}},
                      frame_);
  last_sent_.swap(chosen_);
  last_online_ = online;
  last_dialect_ = &dialect;
}

void PresenceCoalescer::drop(Session& session) {
  if (session.presence_changes == 0) return;
  session.presence_changes = 0;
  for (std::uint32_t at = session.first_pending; at != kNoWatch;
       at = session.watches[at].next_pending) {
    session.watches[at].changes = 0;
  }
}

void PresenceCoalescer::forgetWatchers() {
  watchers_.clear();
  if (watchers_.capacity() > kKeptWatchers) watchers_.shrink_to_fit();
}

}  // namespace kith::core
