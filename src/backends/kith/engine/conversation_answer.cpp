// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/conversation_answer.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "backends/kith/engine/conversation_fields.hpp"
#include "backends/kith/engine/conversation_info.hpp"
#include "base/close_codes.hpp"

namespace kith::engine {
namespace {

using leancloud::Cmd;
using leancloud::Command;
using leancloud::Op;

Message messageOf(const leancloud::LogItem& item, std::string_view conversation_id,
                  std::string_view reader) {
  Message message;
  fillContent(message, item.data.value_or(std::string_view()), item.bin.value_or(false));
  message.group_id = conversation_id;
  message.id = textOf(item.msg_id);
  message.from = textOf(item.from);
  message.timestamp = timestampOf(item.timestamp);
  message.edited_at = timestampOf(item.patch_timestamp);
  fillMentions(message, item.mention_pids, item.mention_all.value_or(false), reader);
  return message;
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
      outcome_.messages.push_back(messageOf(item, page.id, peer_));
    }
    return true;
  }
  bool operator()(const backends::ChangeMessage&) {
    return command_.cmd == Cmd::Patch && command_.op == Op::Modified;
  }
  bool operator()(const backends::MarkRead&) { return command_.cmd == Cmd::Unread; }
  bool operator()(const backends::AskMarks&) {
    const auto* const found = conv(Op::MaxRead);
    if (found == nullptr) return false;
    outcome_.conversations = std::make_shared<backends::ConversationAnswer>();
    auto& marks = outcome_.conversations->marks;
    for (const leancloud::MaxReadTuple& each : found->max_read_tuples) {
      marks.push_back({textOf(each.pid), timestampOf(each.max_ack_timestamp),
                       timestampOf(each.max_read_timestamp)});
    }
    std::sort(marks.begin(), marks.end(),
              [](const MemberMarks& a, const MemberMarks& b) { return a.peer < b.peer; });
    return true;
  }
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
    outcome_.conversations = std::make_shared<backends::ConversationAnswer>();
    outcome_.conversations->ends = endAfter(started->temp_conv_ttl.value_or(0), command_.server_ts);
    return true;
  }
  bool operator()(const backends::FindConversations&) {
    const auto* const found = conv(Op::Results);
    if (found == nullptr || !found->results) return false;
    outcome_.conversations = std::make_shared<backends::ConversationAnswer>();
    return readConversations(found->results->text, peer_, command_.server_ts,
                             outcome_.conversations->found);
  }
  bool operator()(const backends::UpdateAttributes&) { return conv(Op::Updated) != nullptr; }
  bool operator()(const backends::MuteConversation&) { return conv(Op::Updated) != nullptr; }
  bool operator()(const backends::ChangeStanding& change) {
    if (change.standing == PeerStanding::Manager) {
      outcome_.peers = change.peers;
      return conv(Op::MemberInfoUpdated) != nullptr;
    }
    if (change.standing == PeerStanding::Blocked) {
      return changed(blacklist(change.on ? Op::Blocked : Op::Unblocked));
    }
    return changed(conv(change.on ? Op::ShutupAdded : Op::ShutupRemoved));
  }
  bool operator()(const backends::ListStanding& list) {
    if (list.standing == PeerStanding::Blocked) {
      const auto* const found = blacklist(Op::QueryResult);
      return found != nullptr && take(found->blocked_pids);
    }
    const bool managers = list.standing == PeerStanding::Manager;
    const auto* const found = conv(managers ? Op::Result : Op::ShutupResult);
    return found != nullptr && take(found->members);
  }
  /// Wills are acknowledged as messages are.
  bool operator()(const backends::SetWill&) { return false; }
  bool operator()(const backends::ClearWill&) { return false; }

 private:
  const leancloud::ConvCommand* conv(Op op) const {
    return command_.op == op ? command_.as<leancloud::ConvCommand>() : nullptr;
  }
  const leancloud::BlacklistCommand* blacklist(Op op) const {
    return command_.op == op ? command_.as<leancloud::BlacklistCommand>() : nullptr;
  }
  bool take(const leancloud::Texts& peers) {
    outcome_.peers.assign(peers.begin(), peers.end());
    return true;
  }
  /// That it took effect for some is a success, which names them.
  template <typename Body>
  bool changed(const Body* body) {
    if (body == nullptr) return false;
    if (body->allowed_pids.empty() && !body->failed_pids.empty()) {
      const leancloud::ErrorCommand& why = body->failed_pids.front();
      outcome_.result = base::errorFromServer(why.code, why.reason);
    }
    return take(body->allowed_pids);
  }

  const Command& command_;
  const std::string_view peer_;
  Outcome outcome_;
};

}  // namespace

Outcome outcomeOf(const Command& answer, const ConversationRequest& request,
                  std::string_view peer) {
  return Answering(answer, peer).of(request);
}

}  // namespace kith::engine
