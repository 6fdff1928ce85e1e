// SPDX-License-Identifier: Apache-2.0
// What the server answers to what a session asked of conversations, and what it says of them
// unasked (leancloud-current §5).
#pragma once

#include <string_view>

#include "backends/conversation_request.hpp"
#include "backends/kith/engine/events.hpp"
#include "backends/kith/engine/session_context.hpp"
#include "protocol/leancloud/messages.hpp"

namespace kith::engine {

using backends::ConversationRequest;

/// What the answer to `request` of `peer` brings. What is no answer to it is the server's fault.
Outcome outcomeOf(const leancloud::Command& answer, const ConversationRequest& request,
                  std::string_view peer);

/// What the server says of conversations without being asked; nothing for what is no news.
void tellConversationNews(const leancloud::Command& command, SessionContext& context);

}  // namespace kith::engine
