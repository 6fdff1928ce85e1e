// SPDX-License-Identifier: Apache-2.0
#include "server/core/pending_command.hpp"

#include <utility>

namespace kith::core {
namespace {

/// The low bits of a token are the command's place, the others count: an answer that comes twice,
/// or after its command has gone, finds nothing.
constexpr unsigned kPlaceBits = 24;
constexpr std::uint64_t kPlaceMask = (1u << kPlaceBits) - 1;
/// The front's own tokens have the highest bit.
constexpr std::uint64_t kCountMask = (1ull << (63 - kPlaceBits)) - 1;
/// More reusable commands than this are given back when none is pending: a burst must not hold its
/// memory for ever.
constexpr std::size_t kKept = 4096;

template <PendingCommand* PendingCommand::*Next>
void pushBack(PendingQueue& queue, PendingCommand& command) {
  command.*Next = nullptr;
  if (queue.last) {
    queue.last->*Next = &command;
  } else {
    queue.first = &command;
  }
  queue.last = &command;
}

template <PendingCommand* PendingCommand::*Next>
PendingCommand& popFront(PendingQueue& queue) {
  PendingCommand& command = *queue.first;
  queue.first = command.*Next;
  if (!queue.first) queue.last = nullptr;
  return command;
}

}  // namespace

void clear(PendingCommand& command) {
  command.connection.reset();
  command.session.reset();
  command.group.reset();
  command.peers.clear();
  command.text.clear();
  command.first_id.clear();
  command.conversation_id.clear();
  command.extra.clear();
  command.refusal = storage::Refusal::None;
  command.ends = 0;
  command.topics = kAllTopics;
  command.unanswered = command.failed = command.reply = command.alone = command.quiet =
      command.for_some = command.members_only = command.receipt_wanted = command.self_addressed =
          command.has_copy = command.in_channel = false;
}

PendingCommand& PendingCommands::begin(Kind kind, Ref<Connection> connection) {
  const std::uint32_t place = all_.take();
  PendingCommand& command = all_[place];
  command.kind = kind;
  command.unanswered = kind <= Kind::Load;
  command.number = ++begun_;
  command.token = (begun_ & kCountMask) << kPlaceBits | place;
  command.connection = std::move(connection);
  return command;
}

PendingCommand* PendingCommands::find(storage::Token token, Kind kind) {
  const auto place = static_cast<std::uint32_t>(token & kPlaceMask);
  if (place >= all_.size()) return nullptr;
  PendingCommand& command = all_[place];
  const bool its = command.unanswered && command.token == token && command.kind == kind;
  return its ? &command : nullptr;
}

void PendingCommands::end(PendingCommand& command) {
  clear(command);
  all_.give(static_cast<std::uint32_t>(command.token & kPlaceMask));
  if (all_.taken() == 0 && all_.size() > kKept) all_.clear();
}

void PendingCommands::queueReply(PendingCommand& command) {
  command.unreplied = true;
  pushBack<&PendingCommand::next_reply>(command.connection->replies, command);
}

PendingCommand& PendingCommands::takeReply(Connection& connection) {
  PendingCommand& command = popFront<&PendingCommand::next_reply>(connection.replies);
  command.unreplied = false;
  return command;
}

void PendingCommands::queueIn(ConversationQueue& conversation, PendingCommand& command) {
  command.conversation = &conversation;
  ++command.connection->undelivered;
  pushBack<&PendingCommand::next_in_conversation>(conversation.waiting, command);
}

PendingCommand& PendingCommands::takeFrom(ConversationQueue& conversation) {
  PendingCommand& command = popFront<&PendingCommand::next_in_conversation>(conversation.waiting);
  command.conversation = nullptr;
  --command.connection->undelivered;
  return command;
}

}  // namespace kith::core
