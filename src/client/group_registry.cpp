// SPDX-License-Identifier: Apache-2.0
#include "client/group_registry.hpp"

#include <kith/limits.hpp>

#include <iterator>
#include <variant>

namespace kith::client {

GroupRegistry::Entries& GroupRegistry::entries() {
  if (entries_ == nullptr) entries_ = std::make_unique<Entries>();
  return *entries_;
}

void GroupRegistry::prune() {
  auto& [by_id, prune_at] = *entries_;
  if (by_id.size() < prune_at) return;
  for (auto at = by_id.begin(); at != by_id.end();) {
    const bool idle = at->second.handle.expired() && at->second.members.empty();
    at = idle ? by_id.erase(at) : std::next(at);
  }
  prune_at = by_id.size() * 2 + 16;
}

void GroupRegistry::created(const std::shared_ptr<Group>& group, const std::string& group_id) {
  const base::Lock lock(mutex_);
  entries().by_id[group_id].handle = group;
}

/// Null when no more groups are remembered: a server may name any number of them.
std::set<std::string>* GroupRegistry::membersOf(const std::string& group_id) {
  auto& by_id = entries().by_id;
  const auto found = by_id.find(group_id);
  if (found != by_id.end()) return &found->second.members;
  if (by_id.size() >= limits::kGroupsPerSession) return nullptr;
  return &by_id[group_id].members;
}

void GroupRegistry::apply(const Event& event, const std::string& self) {
  const auto* joined = std::get_if<GroupJoined>(&event);
  const auto* invited = std::get_if<GroupInvited>(&event);
  const auto* left = std::get_if<GroupLeft>(&event);
  const auto* changed = std::get_if<MembersChanged>(&event);
  if (joined == nullptr && invited == nullptr && left == nullptr && changed == nullptr) return;
  const base::Lock lock(mutex_);
  if (joined != nullptr) {
    if (auto* members = membersOf(joined->group_id)) members->insert(self);
  } else if (invited != nullptr) {
    if (auto* members = membersOf(invited->group_id)) members->insert(self);
  } else if (left != nullptr) {
    if (auto* members = membersOf(left->group_id)) members->clear();
  } else {
    changeMembers(*changed);
  }
}

void GroupRegistry::changeMembers(const MembersChanged& event) {
  auto* members = membersOf(event.group_id);
  if (members == nullptr) return;
  for (const std::string& peer : event.peers) {
    if (!event.joined) {
      members->erase(peer);
    } else if (members->size() < limits::kGroupsPerSession) {
      members->insert(peer);
    }
  }
}

std::vector<std::string> GroupRegistry::members(const std::string& group_id) const {
  const base::Lock lock(mutex_);
  if (entries_ == nullptr) return {};
  const auto found = entries_->by_id.find(group_id);
  if (found == entries_->by_id.end()) return {};
  return {found->second.members.begin(), found->second.members.end()};
}

}  // namespace kith::client
