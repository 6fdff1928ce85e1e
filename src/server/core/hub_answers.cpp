// SPDX-License-Identifier: Apache-2.0
// What the storage has answered, and what has its turn then: replies in the order of a connection,
// deliveries in the order of a conversation.
#include "server/core/hub_state.hpp"

namespace kith::core {
namespace {

/// The turn of a change may come before that of its reply, which waits for earlier ones. What the
/// session gets meanwhile is news of later, and waits for the reply.
bool holdsNews(const PendingCommand& command) {
  using Kind = PendingCommand::Kind;
  return command.kind == Kind::Change || command.kind == Kind::Write;
}

}  // namespace

void Hub::State::answered(PendingCommand& command) {
  command.unanswered = false;
  // The command may end in the first of these.
  const Ref<Connection> connection = command.connection;
  ConversationQueue* const conversation = command.conversation;
  sendReplies(*connection);
  if (conversation) advance(*conversation);
  endClosed();
}

void Hub::State::sendReplies(Connection& connection) {
  while (!connection.replies.empty() && !connection.replies.first->unanswered) {
    PendingCommand& command = PendingCommands::takeReply(connection);
    if (holdsNews(command) && !command.conversation) --command.session->queued;
    switch (command.kind) {
      case PendingCommand::Kind::Append: delivery.sendAck(command); break;
      case PendingCommand::Kind::Change: rooms.sendReply(command); break;
      case PendingCommand::Kind::Start: conversations.sendReply(command); break;
      case PendingCommand::Kind::Write: replyToWrite(command); break;
      default: context.writer.onFrame(command); break;
    }
    endIfDone(command);
  }
}

void Hub::State::advance(ConversationQueue& conversation) {
  while (!conversation.waiting.empty() && !conversation.waiting.first->unanswered) {
    PendingCommand& command = PendingCommands::takeFrom(conversation);
    const Ref<Connection> connection = command.connection;
    // Its connection must not hear of the command before the reply, which may wait for others.
    connection->holding = command.unreplied;
    takeTurn(command);
    connection->holding = false;
    if (holdsNews(command) && command.unreplied) ++command.session->queued;
    endIfDone(command);
  }
  if (conversation.waiting.empty()) context.conversations.end(conversation);
}

void Hub::State::takeTurn(PendingCommand& command) {
  switch (command.kind) {
    case PendingCommand::Kind::Append: return delivery.deliver(command);
    case PendingCommand::Kind::Change: return rooms.carryOut(command);
    case PendingCommand::Kind::Write: return tellOfWrite(command);
    default: return delivery.onTransient(command);
  }
}

namespace {

bool changesStanding(const PendingCommand& write) {
  return std::holds_alternative<ChangeStanding>(write.intent.get());
}

}  // namespace

void Hub::State::replyToWrite(const PendingCommand& write) {
  if (changesStanding(write)) return standings.sendReply(write);
  if (Removals::isOne(write)) return removals.sendReply(write);
  conversations.sendWriteReply(write);
}

void Hub::State::tellOfWrite(const PendingCommand& write) {
  if (changesStanding(write)) return standings.tell(write);
  if (Removals::isOne(write)) return removals.carryOut(write);
  conversations.tell(write);
}

void Hub::State::endIfDone(PendingCommand& command) {
  if (!command.unreplied && !command.conversation) context.pending.end(command);
}

void Hub::State::onAnswer(storage::Token token, Result<storage::Appended>& result) {
  PendingCommand* message = context.pending.find(token, PendingCommand::Kind::Append);
  if (!message) return;
  delivery.onAppended(*message, result);
  answered(*message);
}

void Hub::State::onAnswer(storage::Token token, const Result<storage::PendingPage>& page) {
  PendingCommand* asked = context.pending.find(token, PendingCommand::Kind::Page);
  if (!asked) return;
  replay.onPage(*asked, page);
  context.pending.end(*asked);
  endClosed();
}

void Hub::State::onAnswer(storage::Token token, const Result<storage::FoundGroup>& group) {
  PendingCommand* load = context.pending.find(token, PendingCommand::Kind::Load);
  if (!load) return;
  resumeParked(*load, group);
  context.pending.end(*load);
  endClosed();
}

void Hub::State::onAnswer(storage::Token token, const Result<storage::GroupIds>& groups) {
  PendingCommand* asked = context.pending.find(token, PendingCommand::Kind::Ask);
  if (!asked) return;
  standings.onDeclined(*asked, groups);
  answered(*asked);
}

void Hub::State::onAnswer(storage::Token token, const Result<storage::MembersChanged>& result) {
  if (PendingCommand* start = context.pending.find(token, PendingCommand::Kind::Start)) {
    conversations.onStarted(*start, result);
    return answered(*start);
  }
  if (PendingCommand* write = context.pending.find(token, PendingCommand::Kind::Write)) {
    standings.onChanged(*write, result);
    return answered(*write);
  }
  PendingCommand* change = context.pending.find(token, PendingCommand::Kind::Change);
  if (!change) return;
  rooms.onChanged(*change, result);
  answered(*change);
}

void Hub::State::onAnswer(storage::Token token, const Result<objects::FoundObjects>& found) {
  PendingCommand* asked = context.pending.find(token, PendingCommand::Kind::Ask);
  if (!asked) return;
  conversations.onFound(*asked, found);
  answered(*asked);
}

void Hub::State::onAnswer(storage::Token token, const Result<storage::ReadMarked>& marked) {
  if (PendingCommand* asked = context.pending.find(token, PendingCommand::Kind::Ask)) {
    marks.onRead(*asked, marked);
    return answered(*asked);
  }
  PendingCommand* read = context.pending.find(token, PendingCommand::Kind::Read);
  if (!read) return;
  marks.onRead(*read, marked);
  context.pending.end(*read);
}

void Hub::State::onAnswer(storage::Token token, const Result<storage::MemberMarks>& found) {
  PendingCommand* asked = context.pending.find(token, PendingCommand::Kind::Ask);
  if (!asked) return;
  marks.onMarks(*asked, found);
  answered(*asked);
}

void Hub::State::onAnswer(storage::Token token, Result<storage::HistoryPage>& page) {
  if (PendingCommand* edits = context.pending.find(token, PendingCommand::Kind::Edits)) {
    marks.onEdits(*edits, page);
    context.pending.end(*edits);
    return endClosed();
  }
  PendingCommand* asked = context.pending.find(token, PendingCommand::Kind::Ask);
  if (!asked) return;
  if (std::holds_alternative<AskEdits>(asked->intent.get())) {
    missed.onEdits(*asked, page);
  } else {
    conversations.onRead(*asked, page);
  }
  answered(*asked);
}

void Hub::State::onAnswer(storage::Token token, Result<storage::ChangesPage>& page) {
  PendingCommand* asked = context.pending.find(token, PendingCommand::Kind::Ask);
  if (!asked) return;
  missed.onChanges(*asked, page);
  answered(*asked);
}

void Hub::State::onAnswer(storage::Token token, const Result<storage::UnreadList>& list) {
  if (PendingCommand* asked = context.pending.find(token, PendingCommand::Kind::Ask)) {
    conversations.onCounted(*asked, list);
    return answered(*asked);
  }
  PendingCommand* asked = context.pending.find(token, PendingCommand::Kind::Unread);
  if (!asked) return;
  replay.onCounted(*asked, list);
  context.pending.end(*asked);
  endClosed();
}

void Hub::State::onAnswer(storage::Token token, const Result<storage::Changed>& result) {
  PendingCommand* write = context.pending.find(token, PendingCommand::Kind::Write);
  if (!write) return;
  if (Removals::isOne(*write)) {
    removals.onRemoved(*write, result);
  } else {
    conversations.onEdited(*write, result);
  }
  answered(*write);
}

void Hub::State::onAnswer(storage::Token token, const Result<storage::ObjectRecord>& object) {
  PendingCommand* write = context.pending.find(token, PendingCommand::Kind::Write);
  if (!write) return;
  conversations.onUpdated(*write, object);
  answered(*write);
}

void Hub::onAnswer(storage::Answer& answer) {
  std::visit([&](auto& result) { state_->onAnswer(answer.token, result); }, answer.value);
}

}  // namespace kith::core
