// SPDX-License-Identifier: Apache-2.0
#include "support/sim/member_view.hpp"

#include <variant>

namespace kith::sim {

void MemberView::heard(const Event& event, std::size_t self) {
  const bool begins = std::holds_alternative<SessionOpened>(event);
  if (begins || std::holds_alternative<EventsMissed>(event)) groups_.clear();
  if (const auto* joined = std::get_if<GroupJoined>(&event)) {
    changed(joined->group_id, true, bitOf(self), self);
  } else if (const auto* invited = std::get_if<GroupInvited>(&event)) {
    changed(invited->group_id, true, bitOf(self), self);
  } else if (const auto* left = std::get_if<GroupLeft>(&event)) {
    changed(left->group_id, false, bitOf(self), self);
  } else if (const auto* members = std::get_if<MembersChanged>(&event)) {
    changed(members->group_id, members->joined, peersOf(members->peers), self);
  }
}

void MemberView::changed(std::string_view group, bool joined, Peers whom, std::size_t self) {
  Known& known = groups_[std::string(group)];
  // What members did while this peer was none is not told.
  const bool is_self = (whom & bitOf(self)) != 0;
  if (is_self) known = {};
  known.in = joined ? known.in | whom : known.in & ~whom;
  known.out = joined ? known.out & ~whom : known.out | whom;
}

}  // namespace kith::sim
