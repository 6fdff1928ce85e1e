// SPDX-License-Identifier: Apache-2.0
#include "server/core/removals.hpp"

#include "base/close_codes.hpp"

namespace kith::core {

void Removals::begin(Session& session, const Serial& i, const RemoveConversation& wish,
                     Group* group) {
  if (!group) return context_.refuse(session, i, base::kConversationNotFound);
  PendingCommand& write = context_.beginWrite(session, i, *group);
  write.intent.assign(wish);
  context_.storage.submit(write.token,
                          storage::RemoveConversation{group->app.options.id, group->id});
}

void Removals::onRemoved(PendingCommand& write, const Result<storage::Changed>& result) {
  if (result) return;
  const Error& error = result.error();
  write.failed = true;
  write.refused_code = base::kConversationNotFound;
  if (error.code != Errc::Rejected) context_.close(*write.connection, base::kInternalError);
}

void Removals::sendReply(const PendingCommand& write) {
  const auto send = [&](const auto& reply) {
    context_.writer.replyNow(*write.connection,
                             Context::notice(*write.session, reply, write.i.get()));
  };
  if (write.failed) return send(RequestRefused{write.refused_code});
  send(ConversationRemoved{});
}

// The write refers to the group until it ends.
void Removals::carryOut(const PendingCommand& write) {
  if (write.failed) return;
  Group& group = *write.group;
  while (!group.live.empty()) groups_.exit(*group.live.back(), false);
  groups_.forget(group);
}

}  // namespace kith::core
