// SPDX-License-Identifier: Apache-2.0
// How the client and a backend name sessions and operations, and how an operation ends. What
// happens to a session is a kith::Event. Plain data.
#pragma once

#include <kith/message.hpp>
#include <kith/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace kith::backends {

struct ConversationAnswer;

/// Names a session; chosen by the client, never reused while the session exists.
using SessionRef = std::uint32_t;
/// Names an operation that has a completion; 0 = it has none.
using OpId = std::uint64_t;

/// How an operation ended. Which of the values is filled in depends on the operation.
struct Outcome {
  Result<void> result;
  /// watch, query: those online; unwatch, invite, kick, ChangeStanding: those it took effect for;
  /// members, ListStanding: all
  std::vector<std::string> peers;
  std::string group_id;                                 ///< join, StartConversation
  Receipt receipt;                                      ///< send
  std::vector<Message> messages;                        ///< history, pages
  std::shared_ptr<ConversationAnswer> conversations{};  ///< other ConversationRequests; may be null
};

/// What a message counts against OutboxOptions::max_bytes.
std::size_t bytesOf(const Message& message);

}  // namespace kith::backends
