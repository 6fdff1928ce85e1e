// SPDX-License-Identifier: Apache-2.0
// Conversations in which something is on its way to the storage, each with what waits for its turn
// there. One exists only as long as something waits in it. Hub's thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/hash_index.hpp"
#include "base/slab.hpp"
#include "server/core/pending_queue.hpp"

namespace kith::core {

struct App;

struct ConversationQueue {
  const App* app{nullptr};
  std::uint64_t hash{0};
  std::string id;
  PendingQueue waiting;
  std::uint32_t place{0};  ///< its own
};

class ConversationQueues {
 public:
  /// `hash` is the seeded hash of the id, or of what stands for it: the same for the same id.
  ConversationQueue& at(const App& app, std::string_view id, std::uint64_t hash);
  /// Null when nothing waits in it.
  ConversationQueue* find(const App& app, std::string_view id, std::uint64_t hash) const;
  /// Nothing waits in it any more.
  void end(ConversationQueue& conversation);

 private:
  base::HashIndex<ConversationQueue> index_;
  base::Slab<ConversationQueue> all_;
};

}  // namespace kith::core
