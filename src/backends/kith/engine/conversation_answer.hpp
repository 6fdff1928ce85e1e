// SPDX-License-Identifier: Apache-2.0
// What the server answers to what a session asked of conversations (leancloud-current §5). Pure.
#pragma once

#include <string_view>

#include "backends/conversation_request.hpp"
#include "backends/kith/engine/events.hpp"
#include "protocol/leancloud/messages.hpp"

namespace kith::engine {

using backends::ConversationRequest;

/// What the answer to `request` of `peer` brings. What is no answer to it is the server's fault.
Outcome outcomeOf(const leancloud::Command& answer, const ConversationRequest& request,
                  std::string_view peer);

}  // namespace kith::engine
