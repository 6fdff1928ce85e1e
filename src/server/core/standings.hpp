// SPDX-License-Identifier: Apache-2.0
// What peers may do in a conversation: managers, those that may not speak, and those that may not
// come in (leancloud-current §5.2), or will not be added by others. Hub's thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/core/auth.hpp"
#include "server/core/context.hpp"
#include "server/core/rooms.hpp"

namespace kith::core {

/// Peers of a conversation that may be silenced, blocked or be managers, or decline it, of each
/// kind.
inline constexpr std::size_t kStandings = 500;

class Standings {
 public:
  Standings(Context& context, Auth& auth, Rooms& rooms)
      : context_(context), auth_(auth), rooms_(rooms) {}

  // A null group does not exist.
  void change(Session& session, const Serial& i, const ChangeStanding& wish, Group* group);
  void list(Session& session, const Serial& i, const ListStandings& wish, const Group* group);

  void listDeclined(Session& session, const Serial& i, const ListDeclined& wish);

  // The storage has answered.
  void onChanged(PendingCommand& write, const Result<storage::MembersChanged>& result);
  void onDeclined(PendingCommand& asked, const Result<storage::GroupIds>& found) const;
  /// It is the turn of its reply.
  void sendReply(const PendingCommand& write);
  /// It is its turn in the conversation: the change shows, and members hear of it.
  void tell(const PendingCommand& write);

 private:
  /// Why the wish cannot be carried out at all; 0 = it can.
  int codeFor(const Session& session, const ChangeStanding& wish, const Group* group);
  /// Peers to which the other one may do it go into `allowed_`, the others into `failed_`.
  void choose(const Session& by, const ChangeStanding& wish, const Group& group);
  /// Some of the peers are in `failed_`, and the command is an app's server's.
  bool refusesService(Session& session, const Serial& i);
  static void show(const PendingCommand& write, Group& group);
  static void set(const PendingCommand& write, const ChangeStanding& wish, Group& group);

  Context& context_;
  Auth& auth_;
  Rooms& rooms_;
  SharedNotice frame_;
  std::vector<std::string_view> allowed_;
  std::vector<std::string_view> failed_;
};

}  // namespace kith::core
