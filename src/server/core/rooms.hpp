// SPDX-License-Identifier: Apache-2.0
// Changes of groups' members (avos-v1 §4.4, §9). A change shows when it is committed and has its
// turn in the group: what the storage says of it is what happens to the group in memory, and what
// its members hear. As long as no change is on its way, memory knows what the storage would say.
// Hub's thread.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "server/core/auth.hpp"
#include "server/core/context.hpp"
#include "server/core/group_cache.hpp"

namespace kith::core {

/// Members of a service conversation. They are in memory while it is in use, some 300 bytes each.
inline constexpr std::size_t kSubscribers = 50'000;

class Rooms {
 public:
  Rooms(Context& context, Auth& auth, GroupCache& groups)
      : context_(context), auth_(auth), groups_(groups) {}

  /// Whether it may go on to apply() or create(); else it has been answered.
  bool allows(Session& session, const Serial& i, const ChangeMembers& wish);
  /// A join without a group.
  void create(Session& session, const Serial& i, const ChangeMembers& wish);
  /// Any other one; a null group does not exist.
  void apply(Session& session, const Serial& i, const ChangeMembers& wish, Group* group);

  /// These peers are kept out from now on: those that are members leave, and nothing is replied.
  void putOut(Session& session, Group& group, IdList peers);
  /// The same of an open group: their sessions are inside no more.
  void clear(Group& room, IdList peers);

  /// The storage has answered a change.
  void onChanged(PendingCommand& change, const Result<storage::MembersChanged>& result);
  /// It is the turn of its reply.
  void sendReply(const PendingCommand& change);
  /// It is its turn in the group: the change shows, and members hear of it.
  void carryOut(const PendingCommand& change);

 private:
  void join(Session& session, const Serial& i, const ChangeMembers& wish, Group& group);
  void leave(Session& session, const Serial& i, const ChangeMembers& wish, Group& group);
  void invite(Session& session, const Serial& i, const ChangeMembers& wish, Group& group);
  void kick(Session& session, const Serial& i, const ChangeMembers& wish, Group& group);
  /// Whether memory allows it; else it has been refused.
  bool mayManage(Session& session, const Serial& i, const ChangeMembers& wish, const Group& group);
  bool hasRoom(Session& session, const Serial& i, const ChangeMembers& wish, const Group& group,
               std::size_t more);
  void chooseIds(const Session& by, const ChangeMembers& wish, const Group& group, bool members);
  std::span<const storage::PeerRef> refsOf(const App& app);
  enum class Answer : bool { None, Reply };
  PendingCommand& beginChange(Session& session, const Serial& i, const ChangeMembers& wish,
                              Group& group, Answer answer = Answer::Reply);
  /// Asks for the change of `ids_`.
  void ask(Session& session, const Serial& i, const ChangeMembers& wish, Group& group);
  /// Those that were to be added and are kept out, into `kept_out_`.
  void chooseKeptOut(const Session& by, const ChangeMembers& wish, const Group& group);
  static bool mayLeave(const Session& session, const Group& group);
  /// Answers a command that has nothing to change.
  void confirm(Session& session, const Serial& i, const ChangeMembers& wish, const Group& group);
  void reject(Session& session, const Serial& i, const ChangeMembers& wish, int code);
  IdList changedBy(const PendingCommand& change);
  void tell(const PendingCommand& change);
  /// Sessions that hear of their own leaving behind this change before they hear of it: `gone_`.
  void chooseGone(const PendingCommand& change);
  bool isGone(const Session& session) const;
  void tellSubscribers(const PendingCommand& change);
  void tellMembers(const PendingCommand& change, bool joined, IdList changed);
  void tellTargets(const PendingCommand& change, bool joined);

  Context& context_;
  Auth& auth_;
  GroupCache& groups_;
  SharedNotice frame_;
  std::vector<std::string_view> ids_;  ///< those that a command names, or changed (§17 Q13)
  std::vector<storage::PeerRef> refs_;
  std::vector<std::string_view> named_;
  std::vector<std::string_view> kept_out_;
  std::vector<const Session*> gone_;
};

}  // namespace kith::core
