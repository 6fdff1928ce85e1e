// SPDX-License-Identifier: Apache-2.0
// The groups in memory, and the sessions in the open ones (avos-v1 §9.1, §9.3). Hub's thread.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "server/core/context.hpp"

namespace kith::core {

class GroupCache {
 public:
  explicit GroupCache(Context& context) : context_(context) {}

  /// Null when it is not in memory, which does not mean that there is none.
  Group* find(App& app, std::string_view id);
  /// Takes in what was loaded or created. Returns the one in memory if there is one already.
  Group& insert(App& app, const storage::GroupRecord& record);
  /// A temporary one, whose time has passed: there is no such group any more.
  bool isOver(const Group& group) const { return context_.now.wall >= group.ends; }
  /// It is not in the storage, or is to go: the next command loads it again.
  void forget(Group& group);
  /// Makes room for so many groups and members more; call it also when a group has grown. It takes
  /// none that is referred to.
  void makeRoom(std::size_t groups, std::size_t members);

  /// Joins an open group, leaving the one the session is in.
  void enter(Session& session, Group& group);
  /// Leaves the open group, if any. `reserve` lets the peer come back within 30 minutes.
  void exit(Session& session, bool reserve);
  /// Joins the open group in which the peer's connection was lost, if that is not long ago.
  void rejoin(Session& session);

  std::size_t size() const { return groups_.size(); }

 private:
  /// False: there is none to take among those looked at.
  bool forgetOld(bool even_in_use);
  static std::uint64_t hashOf(const App& app, std::string_view id);
  static bool mayGo(const Group& group, bool even_in_use);

  Context& context_;
  std::vector<Ref<Group>> groups_;  ///< all
  std::size_t search_at_{0};
  std::uint64_t tick_{0};
};

}  // namespace kith::core
