// SPDX-License-Identifier: Apache-2.0
#include <kith/session_manager.hpp>

#include <utility>

#include "backends/kith/kith_backend.hpp"
#include "base/fork.hpp"
#include "client/manager_impl.hpp"
#include "client/session_impl.hpp"

namespace kith {

SessionManager::SessionManager(Options options)
    : impl_(std::make_shared<client::ManagerImpl>(std::move(options), backends::kithBackend())) {}

SessionManager::~SessionManager() {
  if (impl_->isElsewhere()) {
    base::neverDestroy(std::move(impl_));
  } else {
    impl_->close({});
  }
}

// In a forked child nothing may be touched: a thread of the parent, which is not there, may hold
// any lock.

Result<void> SessionManager::check() const { return impl_->checked(); }

std::shared_ptr<Session> SessionManager::session(const std::string& peer_id) {
  if (impl_->isElsewhere()) {
    const Error closed{Errc::Closed, 0, "the manager belongs to the process that forked", false};
    return client::SessionImpl::make(impl_, peer_id, 0, closed);
  }
  return impl_->session(peer_id);
}

void SessionManager::networkChanged() {
  if (impl_->isElsewhere()) return;
  impl_->networkChanged();
}

void SessionManager::pause(Completion done) {
  if (impl_->isElsewhere()) return;
  impl_->pause(std::move(done));
}

void SessionManager::resume() {
  if (impl_->isElsewhere()) return;
  impl_->resume();
}

void SessionManager::close(Completion done) {
  if (impl_->isElsewhere()) return;
  impl_->close(std::move(done));
}

void SessionManager::history(const std::string& peer_id, HistoryQuery query,
                             HistoryCompletion done) {
  if (impl_->isElsewhere()) return;
  impl_->history(peer_id, std::move(query), std::move(done));
}

Capabilities SessionManager::capabilities() const noexcept { return impl_->capabilities(); }

ManagerStats SessionManager::stats() const {
  if (impl_->isElsewhere()) return {};
  return impl_->stats();
}

}  // namespace kith
