// SPDX-License-Identifier: Apache-2.0
#include "server/core/topics.hpp"

#include <concepts>
#include <string_view>

#include "base/text_hash.hpp"

namespace kith::core {
namespace {

/// Empty: it is not about a single one.
template <typename Body>
std::string_view conversationOf(const Body& body) {
  if constexpr (requires { body.conversation; }) {
    return body.conversation;
  } else if constexpr (requires {
                         { body.group } -> std::convertible_to<std::string_view>;
                       }) {
    return body.group;
  } else {
    return {};
  }
}
std::string_view conversationOf(const ConversationStarted& started) { return started.id; }

}  // namespace

Topics topicsOf(const Notice& notice) {
  const std::string_view id =
      std::visit([](const auto& body) { return conversationOf(body); }, notice.body);
  if (id.empty()) return kAllTopics;
  // Without a secret: ids that look like one on purpose only delay the frames about them.
  return Topics{1} << (base::hashText(id, 0) % 64);
}

}  // namespace kith::core
