// SPDX-License-Identifier: Apache-2.0
// Is what the application handed over any good? Each error names the field. Pure; any thread.
#pragma once

#include <kith/conversation_data.hpp>
#include <kith/message.hpp>
#include <kith/options.hpp>
#include <kith/result.hpp>
#include <kith/session_manager.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace kith::client {

/// What holds for every backend; for the rest see BackendKind::checkOptions().
Result<void> checkOptions(const Options& options);
/// `field` names the argument in the error.
Result<void> checkPeerId(std::string_view id, std::string_view field);
/// Each id, and how many there are; `may_be_empty` says whether there may be none.
Result<void> checkPeers(const std::vector<std::string>& peers, std::string_view field,
                        bool may_be_empty);
Result<void> checkGroupId(std::string_view id);
Result<void> checkMessage(const Message& message);
Result<void> checkHistory(const HistoryQuery& query);
Result<void> checkPage(const PageQuery& query);
Result<void> checkQuery(const ConversationQuery& query);
/// How long it lasts.
Result<void> checkLifetime(const NewConversation& what);
/// `text` is a JSON object, and fits into a command.
Result<void> checkObject(std::string_view text, std::string_view field);
/// A message that is to be changed.
Result<void> checkKept(const Message& message);

/// Shorthand for a refused argument.
Error badArgument(std::string detail);

}  // namespace kith::client
