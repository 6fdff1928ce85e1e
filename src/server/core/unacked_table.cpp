// SPDX-License-Identifier: Apache-2.0
#include "server/core/unacked_table.hpp"

#include <algorithm>
#include <bit>
#include <vector>

namespace kith::core {
namespace {

constexpr std::size_t kFirstCapacity = 8;
constexpr std::size_t kSpareBytes = 4u * 1024 * 1024;

/// 0 for the first capacity, 1 for twice as much, and so on.
std::size_t sizeClass(std::size_t capacity) {
  return static_cast<std::size_t>(std::countr_zero(capacity / kFirstCapacity));
}

}  // namespace

std::unique_ptr<UnackedTable::Entry[]> UnackedTable::FreeTables::take(std::size_t capacity) {
  const std::size_t size = sizeClass(capacity);
  if (size >= by_size_.size() || by_size_[size].empty()) return std::make_unique<Entry[]>(capacity);
  auto slots = std::move(by_size_[size].back());
  by_size_[size].pop_back();
  bytes_ -= capacity * sizeof(Entry);
  return slots;
}

void UnackedTable::FreeTables::give(std::unique_ptr<Entry[]> slots, std::size_t capacity) {
  const std::size_t size = sizeClass(capacity);
  const std::size_t bytes = capacity * sizeof(Entry);
  if (size >= by_size_.size() || bytes_ + bytes > kSpareBytes) return;
  bytes_ += bytes;
  by_size_[size].push_back(std::move(slots));
}

std::size_t UnackedTable::find(const IdKey& key) const {
  std::size_t at = home(key);
  while (!slots_[at].free() && !(slots_[at].key == key)) at = (at + 1) & (capacity_ - 1);
  return at;
}

void UnackedTable::add(IdKey key, const StoredPlace& place, std::unique_ptr<ReceiptRequest> receipt,
                       FreeTables& free_tables) {
  if ((size_ + 1) * 4 > capacity_ * 3)
    resize(capacity_ == 0 ? kFirstCapacity : capacity_ * 2, free_tables);
  Entry& slot = slots_[find(key)];
  if (!slot.free()) return;
  slot.key = key;
  slot.place = place;
  slot.receipt = std::move(receipt);
  ++size_;
}

bool UnackedTable::take(IdKey key, Entry& out, FreeTables& free_tables) {
  if (size_ == 0) return false;
  const std::size_t at = find(key);
  if (slots_[at].free()) return false;
  out = std::move(slots_[at]);
  slots_[at].clear();
  --size_;
  if (size_ == 0) {
    free_tables.give(std::move(slots_), std::exchange(capacity_, 0));
  } else {
    closeGap(at);
  }
  return true;
}

void UnackedTable::keepNewest(std::size_t count, FreeTables& free_tables) {
  if (size_ <= count) return;
  std::vector<Entry> entries;
  entries.reserve(size_);
  takeAll([&](Entry& entry) { entries.push_back(std::move(entry)); });
  std::nth_element(
      entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(count), entries.end(),
      [](const Entry& a, const Entry& b) { return a.place.position > b.place.position; });
  for (std::size_t i = 0; i < count; ++i) {
    add(entries[i].key, entries[i].place, std::move(entries[i].receipt), free_tables);
  }
}

void UnackedTable::resize(std::size_t capacity, FreeTables& free_tables) {
  auto old = std::exchange(slots_, free_tables.take(capacity));
  const std::size_t old_capacity = std::exchange(capacity_, capacity);
  for (std::size_t i = 0; i < old_capacity; ++i) {
    if (old[i].free()) continue;
    slots_[find(old[i].key)] = std::move(old[i]);
    old[i].clear();
  }
  if (old_capacity > 0) free_tables.give(std::move(old), old_capacity);
}

void UnackedTable::closeGap(std::size_t at) {
  // Linear probing without tombstones: what stood behind the gap and may not stay there moves up.
  const std::size_t mask = capacity_ - 1;
  for (std::size_t next = (at + 1) & mask; !slots_[next].free(); next = (next + 1) & mask) {
    const std::size_t want = home(slots_[next].key);
    if (((next - want) & mask) >= ((next - at) & mask)) {
      slots_[at] = std::move(slots_[next]);
      slots_[next].clear();
      at = next;
    }
  }
}

}  // namespace kith::core
