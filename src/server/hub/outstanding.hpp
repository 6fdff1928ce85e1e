// SPDX-License-Identifier: Apache-2.0
// What was delivered on one session and not acknowledged yet: id -> place in the peer's queue. An
// open-addressing table, so that a warm one allocates nothing and an idle one is three words. Hub's
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "server/hub/message_id.hpp"
#include "server/storage/storage.hpp"

namespace kith::hub {

/// Who wants to hear of the acknowledgement, and under which id (avos-v1 §5.5).
struct ReceiptWish {
  std::string sender;
  std::string id;
};

class Outstanding {
 public:
  struct Entry {
    IdKey key;
    storage::Sequence sequence{kFree};
    std::unique_ptr<ReceiptWish> receipt;
  };

  std::size_t size() const { return size_; }

  /// Keeps the first entry when the id is there already.
  void add(IdKey key, storage::Sequence sequence, std::unique_ptr<ReceiptWish> receipt);
  /// Takes one out; false when it is not there.
  bool take(IdKey key, Entry& out);
  /// Forgets all but the `count` with the highest sequences.
  void keepNewest(std::size_t count);
  /// Takes all out, in any order.
  template <typename Use>
  void takeAll(Use use) {
    auto slots = std::move(slots_);
    const std::size_t capacity = std::exchange(capacity_, 0);
    size_ = 0;
    for (std::size_t i = 0; i < capacity; ++i) {
      if (slots[i].sequence != kFree) use(slots[i]);
    }
  }

 private:
  static constexpr storage::Sequence kFree = -1;

  std::size_t home(const IdKey& key) const {
    return static_cast<std::size_t>(key.high ^ (key.low * 0x9e3779b97f4a7c15u)) & (capacity_ - 1);
  }
  std::size_t find(const IdKey& key) const;
  void resize(std::size_t capacity);
  void closeGap(std::size_t at);

  std::unique_ptr<Entry[]> slots_;
  std::size_t capacity_{0};
  std::size_t size_{0};
};

}  // namespace kith::hub
