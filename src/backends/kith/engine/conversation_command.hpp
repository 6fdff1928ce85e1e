// SPDX-License-Identifier: Apache-2.0
// What a session asks of conversations, in the words of the current protocol (leancloud-current
// §5). Pure.
#pragma once

#include <kith/signature.hpp>

#include <string_view>
#include <vector>

#include "backends/conversation_request.hpp"
#include "protocol/leancloud/messages.hpp"

namespace kith::engine {

using backends::ConversationRequest;

/// The command of a request. It points into the request, the signature and this object.
class ConversationCommand {
 public:
  /// Without a signature: null.
  ConversationCommand(const ConversationRequest& request, const Signature* signature);
  ConversationCommand(const ConversationCommand&) = delete;
  ConversationCommand& operator=(const ConversationCommand&) = delete;

  leancloud::Command& command() { return command_; }

  // For std::visit.
  void operator()(const backends::ReadPage& page);
  void operator()(const backends::ChangeMessage& change);
  void operator()(const backends::MarkRead& mark);
  void operator()(const backends::AskMarks& ask);
  void operator()(const backends::CountUnread& count);
  void operator()(const backends::StartConversation& start);
  void operator()(const backends::FindConversations& find);
  void operator()(const backends::UpdateAttributes& update);
  void operator()(const backends::MuteConversation& mute);
  void operator()(const backends::ChangeStanding& change);
  void operator()(const backends::ListStanding& list);
  /// A will is a message, which v1 has words for.
  void operator()(const backends::SetWill&) {}
  void operator()(const backends::ClearWill&) {}

 private:
  template <typename Body>
  void say(leancloud::Cmd cmd, const Body& body);
  void conv(leancloud::Op op, const leancloud::ConvCommand& body);
  void blacklist(leancloud::Op op, const leancloud::BlacklistCommand& body);
  template <typename Body>
  void sign(Body& body) const;

  const Signature* const signature_;
  leancloud::Command command_;
  std::vector<std::string_view> peers_;
  leancloud::PatchItem patch_;
  leancloud::ReadTuple mark_;
};

}  // namespace kith::engine
