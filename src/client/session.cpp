// SPDX-License-Identifier: Apache-2.0
#include <kith/session.hpp>

#include <utility>

#include "base/fork.hpp"
#include "client/session_impl.hpp"

namespace kith {

// In a forked child nothing may be touched: a thread of the parent, which is not there, may hold
// any lock. So each call does nothing and says that the session is closed.

Session::Session(std::shared_ptr<client::SessionImpl> impl) : impl_(std::move(impl)) {}

Session::~Session() {
  if (impl_->isElsewhere()) {
    base::neverDestroy(std::move(impl_));
  } else {
    impl_->dropped();
  }
}

const std::string& Session::peerId() const noexcept { return impl_->peerId(); }

void Session::setReceiver(std::shared_ptr<MessageReceiver> receiver) {
  if (impl_->isElsewhere()) return;
  impl_->setReceiver(std::move(receiver));
}

void Session::open(std::vector<std::string> watch, Completion done) {
  if (impl_->isElsewhere()) return;
  impl_->open(std::move(watch), std::move(done));
}

void Session::close(Completion done) {
  if (impl_->isElsewhere()) return;
  impl_->close(std::move(done));
}

void Session::watch(std::vector<std::string> peers, PeersCompletion done) {
  if (impl_->isElsewhere()) return;
  impl_->watch(std::move(peers), std::move(done));
}

void Session::unwatch(std::vector<std::string> peers, PeersCompletion done) {
  if (impl_->isElsewhere()) return;
  impl_->unwatch(std::move(peers), std::move(done));
}

void Session::query(std::vector<std::string> peers, PeersCompletion done) {
  if (impl_->isElsewhere()) return;
  impl_->query(std::move(peers), std::move(done));
}

SendTicket Session::send(Message message, SendCompletion done) {
  if (impl_->isElsewhere()) return {{}, Errc::Closed};
  return impl_->send(std::move(message), std::move(done));
}

std::shared_ptr<Group> Session::group() { return impl_->group({}); }

std::shared_ptr<Group> Session::group(const std::string& group_id) {
  if (impl_->isElsewhere()) return impl_->group({});
  return impl_->group(group_id);
}

SessionState Session::state() const {
  if (impl_->isElsewhere()) return SessionState::Closed;
  return impl_->state();
}

bool Session::isOpen() const {
  if (impl_->isElsewhere()) return false;
  return impl_->state() == SessionState::Open;
}

bool Session::isPaused() const {
  if (impl_->isElsewhere()) return false;
  return impl_->state() == SessionState::Paused;
}

bool Session::isOnline(const std::string& peer) const {
  if (impl_->isElsewhere()) return false;
  return impl_->isOnline(peer);
}

bool Session::isWatching(const std::string& peer) const {
  if (impl_->isElsewhere()) return false;
  return impl_->isWatching(peer);
}

std::vector<std::string> Session::watchedPeers() const {
  if (impl_->isElsewhere()) return {};
  return impl_->watchedPeers();
}

std::vector<std::string> Session::onlinePeers() const {
  if (impl_->isElsewhere()) return {};
  return impl_->onlinePeers();
}

std::size_t Session::bufferedBytes() const {
  if (impl_->isElsewhere()) return 0;
  return impl_->bufferedBytes();
}

}  // namespace kith
