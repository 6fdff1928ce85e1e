// SPDX-License-Identifier: Apache-2.0
// Hash tables with open addressing: linear probing, and no tombstones, because what stood behind a
// removed one moves up. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace kith::base {

/// For numbers that count up. As their own hashes they would stand in one row, and removing one
/// goes through the rest of its row.
inline std::uint64_t hashNumber(std::uint64_t number) {
  const std::uint64_t spread = number * 0x9e3779b97f4a7c15u;
  return spread ^ (spread >> 32);
}

/// The slots of a hash table. `Slot` is plain data; a new one is free, and it has `isFree()` and
/// `hash()`, whose low bits say where it would like to be. How full it gets is its owner's matter:
/// at least one slot stays free.
template <typename Slot>
class ProbeTable {
 public:
  ProbeTable() = default;
  /// `capacity` is a power of two.
  explicit ProbeTable(std::size_t capacity) : slots_(capacity) {}

  std::size_t capacity() const { return slots_.size(); }
  Slot& operator[](std::size_t at) { return slots_[at]; }
  const Slot& operator[](std::size_t at) const { return slots_[at]; }
  std::size_t home(std::uint64_t hash) const {
    return static_cast<std::size_t>(hash) & (slots_.size() - 1);
  }

  /// The place of the slot for which `same` is true, or of the free one where it would be.
  template <typename Same>
  std::size_t find(std::uint64_t hash, Same same) const {
    std::size_t at = home(hash);
    while (!slots_[at].isFree() && !same(slots_[at])) at = after(at);
    return at;
  }
  /// `slot` is not in the table yet.
  void add(const Slot& slot) {
    slots_[find(slot.hash(), [](const Slot&) { return false; })] = slot;
  }
  /// Frees the slot at `gap`: what stands behind it and may not stay there moves up.
  void remove(std::size_t gap) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = after(gap); !slots_[at].isFree(); at = after(at)) {
      if (((at - home(slots_[at].hash())) & mask) >= ((at - gap) & mask)) {
        slots_[gap] = slots_[at];
        gap = at;
      }
    }
    slots_[gap] = Slot();
  }

  auto begin() const { return slots_.begin(); }
  auto end() const { return slots_.end(); }

 private:
  std::size_t after(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }

  std::vector<Slot> slots_;
};

/// Finds things by a hash that their owner computes once. It owns nothing: the hashes stand beside
/// the pointers, so that looking for what is not there touches no thing.
template <typename Thing>
class HashIndex {
 public:
  /// The thing with this hash for which `same` is true, or null.
  template <typename Same>
  Thing* find(std::uint64_t hash, Same same) const {
    if (size_ == 0) return nullptr;
    return table_[table_.find(
                      hash,
                      [&](const Slot& slot) { return slot.value == hash && same(*slot.thing); })]
        .thing;
  }

  /// Brings the place of a hash closer, for a find() that comes soon. A compiler takes a call of
  /// what only prefetches for one without effect, and drops it, unless it is a part of its caller.
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const {
    if (size_ > 0) __builtin_prefetch(&table_[table_.home(hash)]);
  }

  /// `thing` is not in the index yet.
  void add(std::uint64_t hash, Thing* thing) {
    const std::size_t capacity = table_.capacity();
    if ((size_ + 1) * 8 > capacity * 5) resize(capacity == 0 ? kLeast : 2 * capacity);
    table_.add({hash, thing});
    ++size_;
  }

  /// `thing` is in the index under this hash.
  void remove(std::uint64_t hash, const Thing* thing) {
    table_.remove(table_.find(hash, [&](const Slot& slot) { return slot.thing == thing; }));
    --size_;
  }

  /// A burst must not keep its memory for ever: gives back what is far too much.
  void shrink() {
    std::size_t enough = kLeast;
    while (size_ * 4 > enough) enough *= 2;
    if (enough * 4 <= table_.capacity()) resize(enough);
  }

  std::size_t size() const { return size_; }

  /// In any order; `use` must not change the index.
  template <typename Use>
  void each(Use use) const {
    for (const Slot& slot : table_) {
      if (!slot.isFree()) use(*slot.thing);
    }
  }

 private:
  static constexpr std::size_t kLeast = 2;
  struct Slot {
    std::uint64_t value{0};  ///< the whole hash
    Thing* thing{nullptr};

    bool isFree() const { return thing == nullptr; }
    std::uint64_t hash() const { return value; }
  };

  void resize(std::size_t capacity) {
    const ProbeTable<Slot> old = std::exchange(table_, ProbeTable<Slot>(capacity));
    for (const Slot& slot : old) {
      if (!slot.isFree()) table_.add(slot);
    }
  }

  ProbeTable<Slot> table_;
  std::size_t size_{0};
};

}  // namespace kith::base
