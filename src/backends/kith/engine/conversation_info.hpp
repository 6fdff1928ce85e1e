// SPDX-License-Identifier: Apache-2.0
// Conversations as the current protocol writes them (leancloud-current §5.2). Pure.
#pragma once

#include <kith/conversation_data.hpp>

#include <string_view>
#include <vector>

#include "protocol/leancloud/messages.hpp"

namespace kith::engine {

/// Appends those of a JSON list, as they were at `server_time`. `peer` is the one that looks.
/// False: it is no such list.
bool readConversations(std::string_view list, std::string_view peer,
                       const leancloud::Long& server_time, std::vector<ConversationInfo>& found);

}  // namespace kith::engine
