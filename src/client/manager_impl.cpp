// SPDX-License-Identifier: Apache-2.0
#include "client/manager_impl.hpp"

#include <kith/limits.hpp>

#include <unordered_map>
#include <utility>
#include <vector>

#include "base/fork.hpp"
#include "base/text_hash.hpp"
#include "client/check.hpp"
#include "client/finish.hpp"
#include "client/session_impl.hpp"

namespace kith::client {
namespace {

Result<void> check(const Options& options, const backends::BackendKind& kind) {
  Result<void> good = kind.checkOptions(options);
  return good.ok() ? checkOptions(options) : good;
}

/// Managers with something to close. A program may leave main() with sessions open, and what still
/// runs then must not find its manager gone.
class LiveManagers {
 public:
  void keep(std::shared_ptr<ManagerImpl> manager) {
    const base::Lock lock(mutex_);
    const ManagerImpl* key = manager.get();
    managers_.emplace(key, std::move(manager));
  }
  std::shared_ptr<ManagerImpl> release(const ManagerImpl* manager) {
    const base::Lock lock(mutex_);
    auto node = managers_.extract(manager);
    return node.empty() ? nullptr : std::move(node.mapped());
  }

 private:
  base::Mutex mutex_;
  std::unordered_map<const ManagerImpl*, std::shared_ptr<ManagerImpl>> managers_
      KITH_GUARDED_BY(mutex_);
};

LiveManagers& liveManagers() { return base::OfProcess<LiveManagers>::get(); }

}  // namespace

ManagerImpl::ManagerImpl(Options options, const backends::BackendKind& kind)
    : kind_(kind),
      strand_(std::make_shared<dispatch::AppStrand>(options)),
      options_(std::move(options)),
      checked_(check(options_, kind)),
      loop_(checked_.ok() ? kind.loop(options_) : nullptr),
      client_ids_(kind.randomName()),
      queue_(*this),
      driver_({loop_, strand_, strand_->log(), options_}, kind, queue_, [this] { ended(); }) {}

ManagerImpl::~ManagerImpl() = default;

// --- sessions ---

std::shared_ptr<Session> ManagerImpl::session(const std::string& peer_id) {
  const base::Lock lock(sessions_mutex_);
  const std::uint64_t hash = base::hashText(peer_id, 0);
  SessionImpl* const before =
      sessions_.find(hash, [&](const SessionImpl& session) { return session.peerId() == peer_id; });
  if (before != nullptr) {
    if (auto handle = before->handle()) return handle;
    // Its destructor, which runs now, has not got to dropped() yet.
    sessions_.remove(hash, before);
  }
  Result<void> usable = checked_.ok() ? checkPeerId(peer_id, "peer_id") : checked_;
  if (usable.ok() && sessions_.size() >= limits::kSessionsPerManager) {
    usable = badArgument("peer_id: the manager has as many sessions as it takes");
  }
  auto handle = SessionImpl::make(shared_from_this(), peer_id, next_ref_++, usable);
  SessionImpl& made = SessionImpl::of(*handle);
  sessions_.add(hash, &made);
  if (!usable.ok()) return handle;
  // Under the lock: another thread that gets this session must not overtake us with its open().
  queue_.submit(NewCall{made.shared(), before != nullptr ? before->ref() : 0});
  return handle;
}

void ManagerImpl::dropped(SessionImpl& session) {
  {
    const base::Lock lock(sessions_mutex_);
    const std::uint64_t hash = base::hashText(session.peerId(), 0);
    const auto is_it = [&](const SessionImpl& other) { return &other == &session; };
    if (sessions_.find(hash, is_it) != nullptr) sessions_.remove(hash, &session);
    sessions_.shrink();
  }
  if (session.usable()) queue_.submit(GoneCall{session.ref()});
}

ManagerStats ManagerImpl::stats() const {
  ManagerStats stats = driver_.stats();
  const base::Lock lock(sessions_mutex_);
  stats.sessions = sessions_.size();
  return stats;
}

// --- operations ---

void ManagerImpl::networkChanged() {
  if (!checked_.ok()) return;
  queue_.submit(HintCall{[](Backend& backend) { backend.networkChanged(); }});
}

void ManagerImpl::pause(Completion done) {
  if (checked_.ok()) {
    queue_.submit(OpCall{nullptr, "pause", finishOf(std::move(done)),
                         [](Backend& backend, OpId op) { backend.pause(op); }});
  } else if (done) {
    complete("pause", [done = std::move(done), result = checked_] { done(result); });
  }
}

void ManagerImpl::resume() {
  if (!checked_.ok()) return;
  queue_.submit(HintCall{[](Backend& backend) { backend.resume(); }});
}

void ManagerImpl::history(const std::string& peer_id, HistoryQuery query, HistoryCompletion done) {
  if (!done) return;
  Result<void> good = checked_;
  if (good.ok()) good = checkPeerId(peer_id, "peer_id");
  if (good.ok()) good = checkHistory(query);
  if (!good.ok()) {
    complete("history", [done = std::move(done), why = good.error()] { done(why); });
    return;
  }
  queue_.submit(OpCall{nullptr, "history", finishOf(std::move(done)),
                       [peer_id, query = std::move(query)](Backend& backend, OpId op) {
                         backend.history(peer_id, query, op);
                       }});
}

// --- the end ---

void ManagerImpl::close(Completion done) {
  std::vector<std::shared_ptr<Session>> handles;  // dropped without the lock
  {
    const base::Lock lock(sessions_mutex_);
    sessions_.each([&](const SessionImpl& session) {
      if (auto handle = session.handle()) handles.push_back(std::move(handle));
    });
  }
  for (const auto& handle : handles) SessionImpl::of(*handle).closeLocally();
  queue_.close(std::move(done), [self = shared_from_this()](Outcome&) { self->runClosers(); });
}

void ManagerImpl::runClosers() {
  for (const Completion& done : queue_.takeClosers()) {
    strand_->guard().run("close", "manager", [&] { done(Result<void>{}); });
  }
}

void ManagerImpl::closedWithoutThread() {
  complete("close", [self = shared_from_this()] { self->runClosers(); });
  ended();
}

void ManagerImpl::ended() {
  strand_->slot().release();
  queue_.ended();
  loop_->dropLater(liveManagers().release(this));
}

// --- the queue ---

void ManagerImpl::inUse() { liveManagers().keep(shared_from_this()); }

bool ManagerImpl::wake() {
  if (loop_->onLoopThread() && queue_.joinsDrain()) return true;
  if (loop_->post([self = shared_from_this()] { self->driver_.drain(); })) return true;
  // A process that exits runs no more callbacks.
  return loop_->ended();
}

void ManagerImpl::complete(const char* name, std::function<void()> run) {
  strand_->push({name, std::move(run)});
}

}  // namespace kith::client
