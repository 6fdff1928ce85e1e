// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/history_pager.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "protocol/avos/rest.hpp"

namespace kith::backends {
namespace {

constexpr std::size_t kMostOfAnswer = 1000;  // avos-v1 §11.2
constexpr std::size_t kStep = 100;           // further messages of one time

}  // namespace

HistoryPager::HistoryPager(HistoryQuery query)
    : limit_(static_cast<std::size_t>(query.limit)),
      exact_(!query.before_id.empty()),
      next_(std::move(query)) {
  next_.limit = static_cast<int>(wanted());
}

// One more than the page has shows whether its last time ends with it.
std::size_t HistoryPager::wanted() const {
  const std::size_t goal = exact_ ? limit_ : limit_ + 1;
  return messages_.size() < goal ? std::min(goal - messages_.size(), kMostOfAnswer) : kStep;
}

bool HistoryPager::hasEnough() const {
  if (ended_ || bytes_ >= kHistoryPageBytes) return true;
  if (exact_) return messages_.size() >= limit_;
  if (messages_.size() <= limit_) return false;
  return messages_.size() >= limit_ + kMostOfOneTime ||
         messages_[limit_ - 1].timestamp != messages_.back().timestamp;
}

bool HistoryPager::take(std::vector<Message> messages, std::size_t bytes) {
  const auto asked = static_cast<std::size_t>(next_.limit);
  if (messages.size() > asked) messages.resize(asked);
  bytes_ += bytes;
  // A short answer is the last one, unless the server ended it for its size.
  ended_ = messages.empty() || (messages.size() < asked && bytes < avos::kHistoryAnswerBytes);
  messages_.insert(messages_.end(), std::make_move_iterator(messages.begin()),
                   std::make_move_iterator(messages.end()));
  // Old services name no ids: there is nothing to ask on from.
  if (!messages_.empty() && messages_.back().id.empty()) ended_ = true;
  if (hasEnough()) return false;
  next_.before = messages_.back().timestamp;
  next_.before_id = messages_.back().id;
  next_.limit = static_cast<int>(wanted());
  return true;
}

std::vector<Message> HistoryPager::finish() {
  std::size_t end = std::min(limit_, messages_.size());
  if (!exact_ && end > 0) {
    const Timestamp oldest = messages_[end - 1].timestamp;
    const auto isOldest = [&](const Message& message) { return message.timestamp == oldest; };
    while (end < messages_.size() && isOldest(messages_[end])) ++end;
    if (end == messages_.size() && !ended_) {
      const auto first = std::find_if(messages_.begin(), messages_.end(), isOldest);
      if (first != messages_.begin()) end = static_cast<std::size_t>(first - messages_.begin());
    }
  }
  messages_.resize(end);
  return std::move(messages_);
}

}  // namespace kith::backends
