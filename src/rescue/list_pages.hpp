// SPDX-License-Identifier: Apache-2.0
// What the vendor keeps of a conversation outside of its object, and tells one conversation at a
// time: clients that are silenced for good or barred, and a service's subscribers. Pure; any
// thread.
#pragma once

#include <kith/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kith::rescue {

/// A line of `_Conversation`, as far as it says where to ask.
struct ConversationRow {
  enum class Kind : std::uint8_t { Plain, ChatRoom, Service };

  std::string id;  ///< empty: the line is no conversation
  Kind kind{Kind::Plain};
};

ConversationRow conversationIn(std::string_view line);
/// `/1.2/rtm/conversations/<id>`, or of its kind.
std::string conversationTarget(const ConversationRow& conversation);

/// Names of lists as the vendor's addresses have them.
inline constexpr std::string_view kSubscribers = "subscribers";
/// Those that a conversation of this kind has.
std::vector<std::string> listsOf(ConversationRow::Kind kind);

/// The next page of a list, from `next` on, which is empty for the first.
std::string listTarget(const ConversationRow& conversation, std::string_view list,
                       std::string_view next);

struct ListPage {
  std::string line;  ///< of `lists.jsonl`, with its end; empty = there is nothing
  std::string next;  ///< empty = it was the last
};

/// Takes an answer to listTarget(). ProtocolError when it is none.
Result<ListPage> takeList(std::string_view body, const ConversationRow& conversation,
                          std::string_view list, std::string_view next);

}  // namespace kith::rescue
