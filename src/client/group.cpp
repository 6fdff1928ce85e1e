// SPDX-License-Identifier: Apache-2.0
#include <kith/group.hpp>

#include <utility>

#include "client/group_impl.hpp"
#include "client/session_impl.hpp"

namespace kith {

Group::Group(std::shared_ptr<client::GroupImpl> impl) : impl_(std::move(impl)) {}

Group::~Group() = default;

// In a forked child nothing may be touched, as in session.cpp.

std::string Group::groupId() const {
  if (impl_->impl().isElsewhere()) return {};
  return impl_->id();
}

const std::string& Group::selfId() const noexcept { return impl_->impl().peerId(); }

std::shared_ptr<Session> Group::session() const { return impl_->session(); }

void Group::join(JoinCompletion done) {
  if (impl_->impl().isElsewhere()) return;
  impl_->impl().join(shared_from_this(), false, std::move(done));
}

void Group::createOpen(JoinCompletion done) {
  if (impl_->impl().isElsewhere()) return;
  impl_->impl().join(shared_from_this(), true, std::move(done));
}

void Group::leave(Completion done) {
  if (impl_->impl().isElsewhere()) return;
  impl_->impl().leave(impl_->id(), std::move(done));
}

void Group::invite(std::vector<std::string> peers, PeersCompletion done) {
  if (impl_->impl().isElsewhere()) return;
  impl_->impl().changeMembers(GroupAction::Invite, impl_->id(), std::move(peers), std::move(done));
}

void Group::kick(std::vector<std::string> peers, PeersCompletion done) {
  if (impl_->impl().isElsewhere()) return;
  impl_->impl().changeMembers(GroupAction::Kick, impl_->id(), std::move(peers), std::move(done));
}

SendTicket Group::send(Message message, SendCompletion done) {
  if (impl_->impl().isElsewhere()) return {{}, Errc::Closed};
  return impl_->impl().sendToGroup(impl_->id(), std::move(message), std::move(done));
}

void Group::members(PeersCompletion done) {
  if (impl_->impl().isElsewhere()) return;
  impl_->impl().members(impl_->id(), std::move(done));
}

std::vector<std::string> Group::knownMembers() const {
  if (impl_->impl().isElsewhere()) return {};
  return impl_->impl().groups().members(impl_->id());
}

}  // namespace kith
