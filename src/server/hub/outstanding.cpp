// SPDX-License-Identifier: Apache-2.0
#include "server/hub/outstanding.hpp"

#include <algorithm>
#include <vector>

namespace kith::hub {
namespace {

constexpr std::size_t kFirstCapacity = 8;
// An emptied table of more slots than this is given back: a session that once had a storm of
// messages must not hold their memory while it idles.
constexpr std::size_t kKeptCapacity = 32;

}  // namespace

std::size_t Outstanding::find(const IdKey& key) const {
  std::size_t at = home(key);
  while (slots_[at].sequence != kFree && !(slots_[at].key == key)) at = (at + 1) & (capacity_ - 1);
  return at;
}

void Outstanding::add(IdKey key, storage::Sequence sequence, std::unique_ptr<ReceiptWish> receipt) {
  if ((size_ + 1) * 4 > capacity_ * 3) resize(capacity_ == 0 ? kFirstCapacity : capacity_ * 2);
  Entry& slot = slots_[find(key)];
  if (slot.sequence != kFree) return;
  slot.key = key;
  slot.sequence = sequence;
  slot.receipt = std::move(receipt);
  ++size_;
}

bool Outstanding::take(IdKey key, Entry& out) {
  if (size_ == 0) return false;
  const std::size_t at = find(key);
  if (slots_[at].sequence == kFree) return false;
  out = std::move(slots_[at]);
  slots_[at].sequence = kFree;
  --size_;
  if (size_ == 0 && capacity_ > kKeptCapacity) {
    slots_.reset();
    capacity_ = 0;
  } else {
    closeGap(at);
  }
  return true;
}

void Outstanding::keepNewest(std::size_t count) {
  if (size_ <= count) return;
  std::vector<Entry> entries;
  entries.reserve(size_);
  takeAll([&](Entry& entry) { entries.push_back(std::move(entry)); });
  std::nth_element(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(count),
                   entries.end(),
                   [](const Entry& a, const Entry& b) { return a.sequence > b.sequence; });
  for (std::size_t i = 0; i < count; ++i) {
    add(entries[i].key, entries[i].sequence, std::move(entries[i].receipt));
  }
}

void Outstanding::resize(std::size_t capacity) {
  auto old = std::move(slots_);
  const std::size_t old_capacity = capacity_;
  slots_ = std::make_unique<Entry[]>(capacity);
  capacity_ = capacity;
  for (std::size_t i = 0; i < old_capacity; ++i) {
    if (old[i].sequence != kFree) slots_[find(old[i].key)] = std::move(old[i]);
  }
}

void Outstanding::closeGap(std::size_t at) {
  // Linear probing without tombstones: what stood behind the gap and may not stay there moves up.
  const std::size_t mask = capacity_ - 1;
  for (std::size_t next = (at + 1) & mask; slots_[next].sequence != kFree;
       next = (next + 1) & mask) {
    const std::size_t want = home(slots_[next].key);
    if (((next - want) & mask) >= ((next - at) & mask)) {
      slots_[at] = std::move(slots_[next]);
      slots_[next].sequence = kFree;
      at = next;
    }
  }
}

}  // namespace kith::hub
