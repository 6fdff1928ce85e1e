// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/session_set.hpp"

#include <algorithm>
#include <utility>

namespace kith::engine {

void SessionSet::add(std::unique_ptr<Session> session) {
  table_.add(std::move(session));
  latest_heard_ = nullptr;
}

Session* SessionSet::find(SessionRef ref) {
  if (latest_ != nullptr && latest_->ref() == ref) return latest_;
  Session* found = table_.find(ref);
  if (found != nullptr) latest_ = found;
  return found;
}

Session* SessionSet::whose(std::string_view peer) {
  if (latest_heard_ != nullptr && latest_heard_->peer() == peer) return latest_heard_;
  if (Session* found = table_.find(peer)) return latest_heard_ = found;
  // §16.4: some server forgot it.
  if (!peer.empty() || table_.size() != 1) return nullptr;
  return inOrder().front();
}

void SessionSet::forget(Session& session) {
  latest_ = latest_heard_ = nullptr;
  table_.remove(session);
}

std::vector<Session*> SessionSet::inOrder() const {
  std::vector<Session*> all;
  all.reserve(table_.size());
  table_.each([&](Session& session) { all.push_back(&session); });
  std::sort(all.begin(), all.end(), [](Session* a, Session* b) { return a->ref() < b->ref(); });
  return all;
}

void SessionSet::settle(Session& session, base::Instant now) {
  if (mux_.up() && session.mayStart() && !session.quarantined) session.start(now);
  if (session.live() != session.counted_live) {
    session.counted_live = session.live();
    session.counted_live ? ++live_ : --live_;
  }
  if (session.opening() != session.counted_opening) {
    session.counted_opening = session.opening();
    session.counted_opening ? ++opening_ : --opening_;
  }
  timers_.set(session, session.deadline());
}

void SessionSet::openQuarantined(base::Instant now) {
  while (mux_.up() && opening_ == 0 && !quarantine_.empty()) {
    const auto next = std::find_if(quarantine_.begin(), quarantine_.end(), [this](SessionRef ref) {
      const Session* session = find(ref);
      return session == nullptr || !session->quarantined || session->mayStart();
    });
    if (next == quarantine_.end()) return;
    Session* session = find(*next);
    if (session != nullptr && session->quarantined) {
      session->start(now);
      settle(*session, now);
      return;
    }
    quarantine_.erase(next);
  }
}

void SessionSet::quarantine(Session& session) {
  if (session.quarantined) return;
  session.quarantined = true;
  quarantine_.push_back(session.ref());
}

}  // namespace kith::engine
