// SPDX-License-Identifier: Apache-2.0
#include <kith/group.hpp>

#include <utility>

#include "client/check.hpp"
#include "client/group_impl.hpp"
#include "client/session_impl.hpp"

namespace kith {

Group::Group(std::shared_ptr<client::GroupImpl> impl) : impl_(std::move(impl)) {}

Group::~Group() = default;

std::string Group::groupId() const { return impl_->id(); }

const std::string& Group::selfId() const noexcept { return impl_->impl().peerId(); }

std::shared_ptr<Session> Group::session() const { return impl_->session(); }

void Group::join(JoinCompletion done) {
  impl_->impl().join(shared_from_this(), false, std::move(done));
}

void Group::createOpen(JoinCompletion done) {
  impl_->impl().join(shared_from_this(), true, std::move(done));
}

void Group::leave(Completion done) { impl_->impl().leave(impl_->id(), std::move(done)); }

void Group::invite(std::vector<std::string> peers, PeersCompletion done) {
  impl_->impl().changeMembers(GroupAction::Invite, impl_->id(), std::move(peers), std::move(done));
}

void Group::kick(std::vector<std::string> peers, PeersCompletion done) {
  impl_->impl().changeMembers(GroupAction::Kick, impl_->id(), std::move(peers), std::move(done));
}

SendTicket Group::send(Message message, SendCompletion done) {
  return impl_->impl().sendToGroup(impl_->id(), std::move(message), std::move(done));
}

void Group::members(PeersCompletion done) { impl_->impl().members(impl_->id(), std::move(done)); }

std::vector<std::string> Group::knownMembers() const {
  return impl_->impl().knownMembers(impl_->id());
}

}  // namespace kith
