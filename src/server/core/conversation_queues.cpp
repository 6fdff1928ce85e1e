// SPDX-License-Identifier: Apache-2.0
#include "server/core/conversation_queues.hpp"

namespace kith::core {
namespace {

/// More than these are given back when nothing waits anywhere: a burst must not hold its memory.
constexpr std::size_t kKept = 4096;

}  // namespace

ConversationQueue* ConversationQueues::find(const App& app, std::string_view id,
                                            std::uint64_t hash) const {
  return index_.find(
      hash, [&](const ConversationQueue& each) { return each.app == &app && each.id == id; });
}

ConversationQueue& ConversationQueues::at(const App& app, std::string_view id, std::uint64_t hash) {
  if (ConversationQueue* present = find(app, id, hash)) return *present;
  if (free_.empty()) {
    all_.push_back(std::make_unique<ConversationQueue>());
    free_.push_back(all_.back().get());
  }
  ConversationQueue& conversation = *free_.back();
  free_.pop_back();
  conversation.app = &app;
  conversation.hash = hash;
  conversation.id.assign(id);
  index_.add(hash, &conversation);
  return conversation;
}

void ConversationQueues::end(ConversationQueue& conversation) {
  index_.remove(conversation.hash, &conversation);
  free_.push_back(&conversation);
  if (index_.size() > 0 || all_.size() <= kKept) return;
  all_.clear();
  free_.clear();
  index_.shrink();
}

}  // namespace kith::core
