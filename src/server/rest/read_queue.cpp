// SPDX-License-Identifier: Apache-2.0
#include "server/rest/read_queue.hpp"

#include <algorithm>
#include <utility>

#include "net/server/fair_share.hpp"

namespace kith::rest {
namespace {

// Answers that are being read together have so many bytes at most, or are one.
constexpr std::size_t kBytesBeingRead = 6u << 20;

}  // namespace

bool ReadQueue::add(Read read) {
  const std::size_t free = limits_.http_requests - std::min(places_, limits_.http_requests);
  if (free == 0) return false;
  Address& address = addresses_[read.from];
  const std::size_t share = net::fairShare(limits_.http_requests_per_address, free);
  if (limits_.http_requests_per_address != 0 && address.places >= std::max<std::size_t>(share, 1)) {
    return false;
  }
  ++places_;
  ++address.places;
  if (address.waiting.empty()) turns_.push_back(read.from);
  address.waiting.push_back(std::move(read));
  begin();
  return true;
}

std::optional<ReadQueue::Finished> ReadQueue::finish(storage::Token token) {
  const auto found = begun_.find(token);
  if (found == begun_.end()) return std::nullopt;
  Begun begun = std::move(found->second);
  begun_.erase(found);
  bytes_ -= begun.bytes;
  --places_;
  const auto address = addresses_.find(begun.from);
  if (--address->second.places == 0) addresses_.erase(address);
  return Finished{begun.request, std::move(begun.finish)};
}

bool ReadQueue::mayBegin() const {
  if (turns_.empty()) return false;
  const std::size_t next = addresses_.at(turns_.front()).waiting.front().bytes;
  return bytes_ == 0 || bytes_ + next <= kBytesBeingRead;
}

// One of each address in turn, whichever has how many.
void ReadQueue::begin() {
  while (mayBegin()) {
    const net::AddressKey from = turns_.front();
    std::deque<Read>& waiting = addresses_[from].waiting;
    Read read = std::move(waiting.front());
    waiting.pop_front();
    turns_.pop_front();
    if (!waiting.empty()) turns_.push_back(from);
    bytes_ += read.bytes;
    begun_.emplace(++last_token_, Begun{read.request, from, read.bytes, std::move(read.finish)});
    read.begin(last_token_);
  }
}

}  // namespace kith::rest
