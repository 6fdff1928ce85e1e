// SPDX-License-Identifier: Apache-2.0
// Conversations that an app's server takes away. Their members are told nothing: what they ask for
// later finds none. Hub's thread.
#pragma once

#include "server/core/context.hpp"
#include "server/core/group_cache.hpp"

namespace kith::core {

class Removals {
 public:
  Removals(Context& context, GroupCache& groups) : context_(context), groups_(groups) {}

  static bool isOne(const PendingCommand& write) {
    return std::holds_alternative<RemoveConversation>(write.intent.get());
  }

  /// A null group does not exist.
  void begin(Session& session, const Serial& i, const RemoveConversation& wish, Group* group);
  /// The storage has answered.
  void onRemoved(PendingCommand& write, const Result<storage::Changed>& result);
  /// It is the turn of its reply.
  void sendReply(const PendingCommand& write);
  /// It is its turn in the conversation: all before it was carried out in it.
  void carryOut(const PendingCommand& write);

 private:
  Context& context_;
  GroupCache& groups_;
};

}  // namespace kith::core
