// SPDX-License-Identifier: Apache-2.0
// Finds things by a hash that whoever has them computes once. It owns nothing: open addressing
// over pointers, with the hashes beside them, so that looking for what is not there touches no
// thing. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace kith::base {

/// For numbers that count up. As their own hashes they would stand in one row, and who removes one
/// goes through the rest of its row.
inline std::uint64_t hashNumber(std::uint64_t number) {
  const std::uint64_t spread = number * 0x9e3779b97f4a7c15u;
  return spread ^ (spread >> 32);
}

template <typename Thing>
class HashIndex {
 public:
  /// The thing with this hash for which `same` is true, or null.
  template <typename Same>
  Thing* find(std::uint64_t hash, Same same) const {
    if (slots_.empty()) return nullptr;
    for (std::size_t at = home(hash); slots_[at].thing != nullptr; at = after(at)) {
      if (slots_[at].hash == hash && same(*slots_[at].thing)) return slots_[at].thing;
    }
    return nullptr;
  }

  /// Brings the place of a hash closer, for a find() that comes soon.
  void prefetch(std::uint64_t hash) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[home(hash)]);
  }

  /// `thing` is not in the index yet.
  void add(std::uint64_t hash, Thing* thing) {
    if ((size_ + 1) * 8 > slots_.size() * 5) resize(slots_.empty() ? kLeast : 2 * slots_.size());
    place({hash, thing});
    ++size_;
  }

  /// `thing` is in the index under this hash.
  void remove(std::uint64_t hash, const Thing* thing) {
    std::size_t at = home(hash);
    while (slots_[at].thing != thing) at = after(at);
    closeGap(at);
    --size_;
  }

  /// A burst must not keep its memory for ever: gives back what is far too much.
  void shrink() {
    std::size_t enough = kLeast;
    while (size_ * 4 > enough) enough *= 2;
    if (enough * 4 <= slots_.size()) resize(enough);
  }

  std::size_t size() const { return size_; }

  /// In any order; `use` must not change the index.
  template <typename Use>
  void each(Use use) const {
    for (const Slot& slot : slots_) {
      if (slot.thing != nullptr) use(*slot.thing);
    }
  }

 private:
  static constexpr std::size_t kLeast = 2;
  struct Slot {
    std::uint64_t hash{0};
    Thing* thing{nullptr};
  };

  std::size_t home(std::uint64_t hash) const {
    return static_cast<std::size_t>(hash) & (slots_.size() - 1);
  }
  std::size_t after(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }

  void place(Slot slot) {
    std::size_t at = home(slot.hash);
    while (slots_[at].thing != nullptr) at = after(at);
    slots_[at] = slot;
  }

  /// Linear probing without tombstones: what stood behind the gap and may not stay there moves up.
  void closeGap(std::size_t gap) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = after(gap); slots_[at].thing != nullptr; at = after(at)) {
      if (((at - home(slots_[at].hash)) & mask) >= ((at - gap) & mask)) {
        slots_[gap] = slots_[at];
        gap = at;
      }
    }
    slots_[gap].thing = nullptr;
  }

  void resize(std::size_t capacity) {
    const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(capacity));
    for (const Slot& slot : old) {
      if (slot.thing != nullptr) place(slot);
    }
  }

  std::vector<Slot> slots_;  ///< a power of two of them
  std::size_t size_{0};
};

}  // namespace kith::base
