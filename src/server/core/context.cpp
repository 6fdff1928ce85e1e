// SPDX-License-Identifier: Apache-2.0
#include "server/core/context.hpp"

#include "base/close_codes.hpp"

namespace kith::core {

void Context::close(Connection& connection, int code) {
  if (connection.closing) return;
  if (connection.service) {
    writer.replyNow(connection, {{}, {}, {}, RequestRefused{code}});
    connection.closing = true;
    return;
  }
  writer.releaseAll(connection);
  connection.closing = true;
  output.close(connection.id, static_cast<std::uint16_t>(code), base::closeReason(code));
  just_closed.emplace_back(&connection);
}

void Context::refuse(Session& session, const Serial& i, int code, std::string_view detail) {
  writer.reply(*session.connection, notice(session, RequestRefused{code, detail}, i));
}

PendingCommand& Context::beginAsk(Session& session, const Serial& i) {
  PendingCommand& asked =
      pending.begin(PendingCommand::Kind::Ask, Ref<Connection>(session.connection));
  PendingCommands::queueReply(asked);
  asked.session = Ref<Session>(&session);
  ++session.queued;
  asked.reply = true;
  asked.i.assign(i);
  asked_storage = true;
  return asked;
}

PendingCommand& Context::beginWrite(Session& session, const Serial& i, Group& group) {
  PendingCommand& write =
      pending.begin(PendingCommand::Kind::Write, Ref<Connection>(session.connection));
  PendingCommands::queueReply(write);
  PendingCommands::queueIn(conversations.at(group.app, group.queueName(), group.hash()), write);
  write.session = Ref<Session>(&session);
  write.group = Ref<Group>(&group);
  write.i.assign(i);
  write.timestamp = now.wall.count();
  asked_storage = true;
  return write;
}

}  // namespace kith::core
