// SPDX-License-Identifier: Apache-2.0
// The `room` commands (avos-v1 §4.4, §9). A change shows when it is committed and has its turn in
// the group: what the storage says of it is what happens to the group in memory, and what its
// members hear. As long as no change is on its way, memory knows what the storage would say. Hub's
// thread.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "server/core/auth.hpp"
#include "server/core/context.hpp"
#include "server/core/group_cache.hpp"

namespace kith::core {

class Rooms {
 public:
  Rooms(Context& context, Auth& auth, GroupCache& groups)
      : context_(context), auth_(auth), groups_(groups) {}

  /// Whether the command may go on to apply() or create(); else it has been answered.
  bool allows(Session& session, const avos::Command& command);
  /// `join` without a group.
  void create(Session& session, const avos::Command& command);
  /// Any other command; a null group does not exist.
  void apply(Session& session, const avos::Command& command, Group* group);

  /// The storage has answered a change.
  void onChanged(PendingCommand& change, const Result<storage::MembersChanged>& result);
  /// It is the turn of its reply.
  void sendReply(const PendingCommand& change);
  /// It is its turn in the group: the change shows, and members hear of it.
  void carryOut(const PendingCommand& change);

 private:
  void join(Session& session, const avos::Command& command, Group& group);
  void leave(Session& session, const avos::Command& command, Group& group);
  void invite(Session& session, const avos::Command& command, Group& group);
  void kick(Session& session, const avos::Command& command, Group& group);
  /// Whether memory allows it; else it has been refused.
  bool mayManage(Session& session, const avos::Command& command, const Group& group);
  bool hasRoom(Session& session, const avos::Command& command, const Group& group,
               std::size_t more);
  void chooseIds(const avos::Command& command, const Group& group, bool members);
  std::span<const storage::PeerRef> refsOf(const App& app);
  PendingCommand& beginChange(Session& session, const avos::Command& command, Group& group);
  /// Asks for the change of `ids_`.
  void ask(Session& session, const avos::Command& command, Group& group);
  /// Answers a command that has nothing to change.
  void confirm(Session& session, const avos::Command& command, const Group& group);
  void reject(Session& session, const avos::Command& command, int code);
  static avos::Command makeReply(const Session& session, avos::Op request, const Group& group,
                                 avos::IdList changed);
  static avos::Command makeReject(const Session& session, const avos::Command& command, int code);
  avos::IdList changedBy(const PendingCommand& change);
  void tell(const PendingCommand& change);
  void tellMembers(const PendingCommand& change, avos::Op op, avos::IdList changed);
  void tellTargets(const PendingCommand& change, avos::Op op);

  Context& context_;
  Auth& auth_;
  GroupCache& groups_;
  avos::SharedFrame frame_;
  std::vector<std::string_view> ids_;  ///< those that a command names, or changed (§17 Q13)
  std::vector<storage::PeerRef> refs_;
};

}  // namespace kith::core
