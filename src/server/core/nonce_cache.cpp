// SPDX-License-Identifier: Apache-2.0
#include "server/core/nonce_cache.hpp"

namespace kith::core {
namespace {

/// The last 64 bits of a verified HMAC: without the key no two of them can be made to meet.
std::uint64_t keyOf(std::string_view hex) {
  std::uint64_t key = 0;
  for (const char c : hex.substr(hex.size() < 16 ? 0 : hex.size() - 16)) {
    const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    key = key << 4 | static_cast<std::uint64_t>(digit & 15);
  }
  return key;
}

}  // namespace

void NonceCache::setCapacity(std::size_t capacity) {
  capacity_ = capacity;
  while (order_.size() > capacity_) forgetOldest();
}

void NonceCache::forgetOldest() {
  keys_.erase(order_.front().key);
  order_.pop_front();
}

bool NonceCache::accept(std::string_view signature_hex, base::Millis expires, base::Millis now) {
  if (capacity_ == 0) return true;
  while (!order_.empty() && order_.front().expires < now) forgetOldest();
  const std::uint64_t key = keyOf(signature_hex);
  if (keys_.contains(key)) return false;
  if (order_.size() >= capacity_) forgetOldest();
  keys_.insert(key);
  order_.push_back({key, expires});
  return true;
}

}  // namespace kith::core
