// SPDX-License-Identifier: Apache-2.0
// Signatures seen inside the validity window (avos-v1 §10 "Replay"), at most a fixed number. The
// signature itself is the key: it covers app, peer, ids, time and nonce, and two honest requests
// may share a short nonce (the vendor's sample has five digits). Hub's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <unordered_set>

#include "base/clock.hpp"
#include "base/seeded_hash.hpp"

namespace kith::core {

class NonceCache {
 public:
  /// Remembers at most `capacity`; 0 = everything passes.
  explicit NonceCache(std::size_t capacity) : capacity_(capacity) {}

  /// From now on; of more the oldest are forgotten.
  void setCapacity(std::size_t capacity);

  /// False when this signature came before and has not expired: it is good up to `expires` itself.
  /// `expires` and `now` are wall times.
  bool accept(std::string_view signature_hex, base::Millis expires, base::Millis now);

  std::size_t size() const { return order_.size(); }

 private:
  void forgetOldest();

  struct Seen {
    std::uint64_t key;
    base::Millis expires;
  };

  std::size_t capacity_;
  std::unordered_set<std::uint64_t, base::NumberHash> keys_;
  std::deque<Seen> order_;  ///< as they came; expiry times need not be sorted
};

}  // namespace kith::core
