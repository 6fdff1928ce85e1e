// SPDX-License-Identifier: Apache-2.0
#include <kith/session_manager.hpp>

#include <utility>

#include "client/manager_impl.hpp"

namespace kith {

SessionManager::SessionManager(Options options)
    : impl_(std::make_shared<client::ManagerImpl>(std::move(options))) {}

SessionManager::~SessionManager() { impl_->close({}); }

Result<void> SessionManager::check() const { return impl_->checked(); }

std::shared_ptr<Session> SessionManager::session(const std::string& peer_id) {
  return impl_->session(peer_id);
}

void SessionManager::networkChanged() { impl_->networkChanged(); }

void SessionManager::pause(Completion done) { impl_->pause(std::move(done)); }

void SessionManager::resume() { impl_->resume(); }

void SessionManager::close(Completion done) { impl_->close(std::move(done)); }

void SessionManager::history(const std::string& peer_id, HistoryQuery query,
                             HistoryCompletion done) {
  impl_->history(peer_id, std::move(query), std::move(done));
}

ManagerStats SessionManager::stats() const { return impl_->stats(); }

}  // namespace kith
