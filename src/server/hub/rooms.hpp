// SPDX-License-Identifier: Apache-2.0
// The `room` commands (avos-v1 §4.4, §9). A change shows in memory at once, so that every later
// command of anybody sees it; reply and notices leave when the storage has it. Hub's thread.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "server/hub/auth.hpp"
#include "server/hub/context.hpp"
#include "server/hub/group_cache.hpp"

namespace kith::hub {

class Rooms {
 public:
  Rooms(Context& context, Auth& auth, GroupCache& groups)
      : context_(context), auth_(auth), groups_(groups) {}

  /// Whether the command may go on to apply() or create(); else it has been answered.
  bool allows(Session& session, const wire::Command& command);
  /// `join` without a group.
  void create(Session& session, const wire::Command& command);
  /// Any other command; a null group does not exist.
  void apply(Session& session, const wire::Command& command, Group* group);

  /// The storage has answered a change.
  void onChanged(PendingCommand& change, const Result<storage::Changed>& result);
  /// It is the turn of its reply.
  void sendReply(const PendingCommand& change);
  /// It is its turn in the group.
  void notify(const PendingCommand& change);

 private:
  void join(Session& session, const wire::Command& command, Group& group);
  void leave(Session& session, const wire::Command& command, Group& group);
  void invite(Session& session, const wire::Command& command, Group& group);
  void kick(Session& session, const wire::Command& command, Group& group);
  bool mayManage(Session& session, const wire::Command& command, const Group& group);
  wire::IdList changedBy(const PendingCommand& change);
  ConversationQueue& queueOf(const Group& group);
  void submit(const PendingCommand& change, std::span<const std::string_view> ids);
  void chooseIds(const wire::Command& command, const Group& group, bool members);
  PendingCommand& beginChange(Session& session, const wire::Command& command, Group& group);
  /// Answers a command that has nothing to change.
  void confirm(Session& session, const wire::Command& command, Group& group);
  void reject(Session& session, const wire::Command& command, int code);
  static wire::Command makeReply(const Session& session, wire::Op request, const Group& group,
                                 wire::IdList changed);
  void tellMembers(const PendingCommand& change, wire::Op op, wire::IdList changed);
  void tellTargets(const PendingCommand& change, wire::Op op);

  Context& context_;
  Auth& auth_;
  GroupCache& groups_;
  wire::SharedFrame frame_;
  std::vector<std::string_view> ids_;  ///< those that a command really changes (§17 Q13)
};

}  // namespace kith::hub
