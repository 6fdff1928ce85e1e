// SPDX-License-Identifier: Apache-2.0
// What was delivered on one session and not acknowledged yet: id -> place in the storage. An
// open-addressing table; an empty one is three words and lends its memory to the others. Hub's
// thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/core/message_id.hpp"
#include "server/storage/storage.hpp"

namespace kith::core {

/// The peer that is told of the acknowledgement, and under which id (avos-v1 §5.5).
struct ReceiptRequest {
  std::string sender;
  std::string id;
  std::string conversation;  ///< empty: it was sent to peers
};

/// Where a message is: among all, and in the log of its conversation.
struct StoredPlace {
  storage::Position position{0};
  storage::ConversationKey conversation{0};
  storage::Seq seq{0};
  std::int64_t timestamp{0};  ///< ms
  bool in_channel{false};     ///< see storage::ConversationKind
};

class UnackedTable {
 public:
  struct Entry {
    IdKey key;
    StoredPlace place{kFree, 0, 0, 0, false};
    std::unique_ptr<ReceiptRequest> receipt;

    bool free() const { return place.position == kFree; }
    void clear() { place.position = kFree; }
  };

  /// The memory of emptied tables, for those that need some, up to a bound. A session that idles
  /// holds none, and one that works needs no new one.
  class FreeTables {
   public:
    std::unique_ptr<Entry[]> take(std::size_t capacity);
    /// All of its entries are free.
    void give(std::unique_ptr<Entry[]> slots, std::size_t capacity);

   private:
    std::array<std::vector<std::unique_ptr<Entry[]>>, 12> by_size_;
    std::size_t bytes_{0};
  };

  std::size_t size() const { return size_; }

  /// Keeps the first entry when the id is there already.
  void add(IdKey key, const StoredPlace& place, std::unique_ptr<ReceiptRequest> receipt,
           FreeTables& free_tables);
  /// Takes one out; false when it is not there.
  bool take(IdKey key, Entry& out, FreeTables& free_tables);
  /// Forgets all but the `count` with the highest positions.
  void keepNewest(std::size_t count, FreeTables& free_tables);
  /// Replaces `keys` by those for which `wanted(place)` is true, in any order.
  template <typename Wanted>
  void keysOf(Wanted wanted, std::vector<IdKey>& keys) const {
    keys.clear();
    for (std::size_t i = 0; i < capacity_; ++i) {
      if (!slots_[i].free() && wanted(slots_[i].place)) keys.push_back(slots_[i].key);
    }
  }
  /// Takes all out, in any order.
  template <typename Use>
  void takeAll(Use use) {
    auto slots = std::move(slots_);
    const std::size_t capacity = std::exchange(capacity_, 0);
    size_ = 0;
    for (std::size_t i = 0; i < capacity; ++i) {
      if (!slots[i].free()) use(slots[i]);
    }
  }

 private:
  static constexpr storage::Position kFree = -1;

  std::size_t home(const IdKey& key) const {
    // Keys are texts: their low bits alone are few. The upper half of the product has all of them.
    const std::uint64_t mixed = (key.high ^ (key.low << 32 | key.low >> 32)) * 0x9e3779b97f4a7c15u;
    return static_cast<std::size_t>(mixed >> 32) & (capacity_ - 1);
  }
  std::size_t find(const IdKey& key) const;
  void resize(std::size_t capacity, FreeTables& free_tables);
  void closeGap(std::size_t at);

  std::unique_ptr<Entry[]> slots_;
  std::size_t capacity_{0};
  std::size_t size_{0};
};

}  // namespace kith::core
