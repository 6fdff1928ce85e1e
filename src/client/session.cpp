// SPDX-License-Identifier: Apache-2.0
#include <kith/session.hpp>

#include <utility>

#include "client/session_impl.hpp"

namespace kith {

Session::Session(std::shared_ptr<client::SessionImpl> impl) : impl_(std::move(impl)) {}

Session::~Session() { impl_->dropped(); }

const std::string& Session::peerId() const noexcept { return impl_->peerId(); }

void Session::setReceiver(std::shared_ptr<MessageReceiver> receiver) {
  impl_->setReceiver(std::move(receiver));
}

void Session::open(std::vector<std::string> watch, Completion done) {
  impl_->open(std::move(watch), std::move(done));
}

void Session::close(Completion done) { impl_->close(std::move(done)); }

void Session::watch(std::vector<std::string> peers, PeersCompletion done) {
  impl_->watch(std::move(peers), std::move(done));
}

void Session::unwatch(std::vector<std::string> peers, PeersCompletion done) {
  impl_->unwatch(std::move(peers), std::move(done));
}

void Session::query(std::vector<std::string> peers, PeersCompletion done) {
  impl_->query(std::move(peers), std::move(done));
}

SendTicket Session::send(Message message, SendCompletion done) {
  return impl_->send(std::move(message), std::move(done));
}

std::shared_ptr<Group> Session::group() { return impl_->group({}); }

std::shared_ptr<Group> Session::group(const std::string& group_id) {
  return impl_->group(group_id);
}

SessionState Session::state() const { return impl_->state(); }

bool Session::isOpen() const { return impl_->state() == SessionState::Open; }

bool Session::isPaused() const { return impl_->state() == SessionState::Paused; }

bool Session::isOnline(const std::string& peer) const { return impl_->isOnline(peer); }

bool Session::isWatching(const std::string& peer) const { return impl_->isWatching(peer); }

std::vector<std::string> Session::watchedPeers() const { return impl_->watchedPeers(); }

std::vector<std::string> Session::onlinePeers() const { return impl_->onlinePeers(); }

std::size_t Session::bufferedBytes() const { return impl_->bufferedBytes(); }

}  // namespace kith
