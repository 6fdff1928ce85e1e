// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/conversation_answer.hpp"

#include <memory>
#include <utility>
#include <variant>

#include "backends/kith/engine/conversation_fields.hpp"
#include "backends/kith/engine/conversation_info.hpp"

namespace kith::engine {
namespace {

using leancloud::Cmd;
using leancloud::Command;
using leancloud::Op;

Message messageOf(const leancloud::LogItem& item, std::string_view conversation_id) {
  Message message;
  message.text = textOf(item.data);
  message.group_id = conversation_id;
  message.id = textOf(item.msg_id);
  message.from = textOf(item.from);
  message.timestamp = timestampOf(item.timestamp);
  message.edited_at = timestampOf(item.patch_timestamp);
  return message;
}

UnreadCount countOf(const leancloud::UnreadTuple& tuple) {
  UnreadCount count;
  count.conversation_id = tuple.cid;
  count.count = tuple.unread;
  count.mentioned = tuple.mentioned.value_or(false);
  if (!tuple.mid) return count;
  count.last.text = textOf(tuple.data, tuple.binary_msg);
  count.last.group_id = tuple.cid;
  count.last.id = textOf(tuple.mid);
  count.last.from = textOf(tuple.from);
  count.last.timestamp = timestampOf(tuple.timestamp);
  count.last.edited_at = timestampOf(tuple.patch_timestamp);
  return count;
}

/// What an answer brings; each kind of request has one kind of answer.
class Answering {
 public:
  Answering(const Command& command, std::string_view peer) : command_(command), peer_(peer) {}

  Outcome of(const ConversationRequest& request) {
    if (!std::visit(*this, request)) {
      outcome_.result = Error{Errc::ProtocolError, 0,
                              "the server answered with what is no answer to the command", false};
    }
    return std::move(outcome_);
  }

  bool operator()(const backends::ReadPage& page) {
    const auto* const logs = command_.as<leancloud::LogsCommand>();
    if (logs == nullptr) return false;
    outcome_.messages.reserve(logs->logs.size());
    for (const leancloud::LogItem& item : logs->logs) {
      outcome_.messages.push_back(messageOf(item, page.id));
    }
    return true;
  }
  bool operator()(const backends::ChangeMessage&) {
    return command_.cmd == Cmd::Patch && command_.op == Op::Modified;
  }
  bool operator()(const backends::MarkRead&) { return command_.cmd == Cmd::Unread; }
  bool operator()(const backends::CountUnread&) {
    const auto* const unread = command_.as<leancloud::UnreadCommand>();
    if (unread == nullptr) return false;
    outcome_.conversations = std::make_shared<backends::ConversationAnswer>();
    for (const leancloud::UnreadTuple& tuple : unread->convs) {
      outcome_.conversations->unread.push_back(countOf(tuple));
    }
    return true;
  }
  bool operator()(const backends::StartConversation&) {
    const auto* const started = conv(Op::Started);
    if (started == nullptr || !started->cid) return false;
    outcome_.group_id = *started->cid;
    return true;
  }
  bool operator()(const backends::FindConversations&) {
    const auto* const found = conv(Op::Results);
    if (found == nullptr || !found->results) return false;
    outcome_.conversations = std::make_shared<backends::ConversationAnswer>();
    return readConversations(found->results->text, peer_, outcome_.conversations->found);
  }
  bool operator()(const backends::UpdateAttributes&) { return conv(Op::Updated) != nullptr; }
  bool operator()(const backends::MuteConversation&) { return conv(Op::Updated) != nullptr; }

 private:
  const leancloud::ConvCommand* conv(Op op) const {
    return command_.op == op ? command_.as<leancloud::ConvCommand>() : nullptr;
  }

  const Command& command_;
  const std::string_view peer_;
  Outcome outcome_;
};

void tellPatch(const leancloud::PatchItem& item, SessionContext& context) {
  if (item.recall.value_or(false)) {
    return context.notify(MessageRecalled{textOf(item.cid), textOf(item.mid), textOf(item.from),
                                          timestampOf(item.timestamp),
                                          timestampOf(item.patch_timestamp)});
  }
  MessageEdited edited;
  edited.conversation_id = textOf(item.cid);
  edited.message.text = textOf(item.data, item.binary_msg);
  edited.message.group_id = edited.conversation_id;
  edited.message.id = textOf(item.mid);
  edited.message.from = textOf(item.from);
  edited.message.timestamp = timestampOf(item.timestamp);
  edited.message.edited_at = timestampOf(item.patch_timestamp);
  context.notify(std::move(edited));
}

}  // namespace

Outcome outcomeOf(const Command& answer, const ConversationRequest& request,
                  std::string_view peer) {
  return Answering(answer, peer).of(request);
}

void tellConversationNews(const Command& command, SessionContext& context) {
  if (const auto* patch = command.as<leancloud::PatchCommand>()) {
    if (command.op != Op::Modify) return;
    for (const leancloud::PatchItem& item : patch->patches) tellPatch(item, context);
  } else if (const auto* unread = command.as<leancloud::UnreadCommand>()) {
    for (const leancloud::UnreadTuple& tuple : unread->convs) {
      context.notify(UnreadChanged{countOf(tuple)});
    }
  } else if (const auto* conv = command.as<leancloud::ConvCommand>()) {
    if (command.op != Op::Updated) return;
    ConversationUpdated updated;
    updated.conversation_id = textOf(conv->cid);
    updated.by = textOf(conv->init_by);
    if (conv->attr) updated.attributes = conv->attr->text;
    context.notify(std::move(updated));
  }
}

}  // namespace kith::engine
