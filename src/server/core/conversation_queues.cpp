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
  const std::uint32_t place = all_.take();
  ConversationQueue& conversation = all_[place];
  conversation.place = place;
  conversation.app = &app;
  conversation.hash = hash;
  conversation.id.assign(id);
  index_.add(hash, &conversation);
  return conversation;
}

void ConversationQueues::end(ConversationQueue& conversation) {
  index_.remove(conversation.hash, &conversation);
  all_.give(conversation.place);
  if (index_.size() > 0 || all_.size() <= kKept) return;
  all_.clear();
  index_.shrink();
}

}  // namespace kith::core
