// SPDX-License-Identifier: Apache-2.0
// Copies of this peer's own messages that may be echoes of what waits in the outbox. Part of
// Session; one thread.
#pragma once

#include <kith/message.hpp>

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/kith/engine/outbox.hpp"

namespace kith::engine {

/// A server that still has the connection before takes this one for another device, and sends it a
/// copy of what it accepts. While a message like it is unanswered the copy waits here: the answer
/// names its id, and then it is dropped. Empty as a rule, and then without memory.
class Echoes {
 public:
  /// True: it waits for the answer to a message of ours. The server does not store it for us and
  /// waits for no acknowledgement, and there are never more than messages they could be.
  bool hold(Message&& copy, const Outbox& outbox) {
    if (!outbox.mayBeOurs(copy) || count() >= outbox.count()) return false;
    keep(std::move(copy));
    return true;
  }
  /// A message of ours has left the outbox, accepted under this id or given up (empty). Calls
  /// `show(message)` for what is no echo.
  template <typename Show>
  void settle(std::string_view accepted_id, const Outbox& outbox, Show show) {
    if (held_ == nullptr) return;
    const auto waiting = std::exchange(held_, nullptr);
    for (Message& message : *waiting) {
      if (message.id == accepted_id) continue;
      if (outbox.mayBeOurs(message)) {
        keep(std::move(message));
      } else {
        show(std::move(message));
      }
    }
  }
  void clear() { held_.reset(); }

 private:
  std::size_t count() const { return held_ == nullptr ? 0 : held_->size(); }
  void keep(Message&& copy) {
    if (held_ == nullptr) held_ = std::make_unique<std::vector<Message>>();
    held_->push_back(std::move(copy));
  }

  std::unique_ptr<std::vector<Message>> held_;
};

}  // namespace kith::engine
