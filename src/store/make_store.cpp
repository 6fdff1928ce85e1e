// SPDX-License-Identifier: Apache-2.0
// What both stores share.
#include "store/make_store.hpp"

#include <algorithm>
#include <string>
#include <variant>

#include "base/clock.hpp"

namespace kith {

Store::~Store() = default;

namespace store {

Clock systemClock() {
  return [] { return Timestamp(base::systemNow().wall); };
}

StoreLimits lifted(StoreLimits limits) {
  limits.max_bytes = std::max<std::size_t>(limits.max_bytes, std::size_t{1024} * 1024);
  limits.forget_after = std::max(limits.forget_after, std::chrono::hours(1));
  return limits;
}

std::size_t roomForMessages(std::size_t max_bytes) { return max_bytes - max_bytes / 8; }

bool addsMessage(const std::vector<PeerChange>& changes) {
  return std::any_of(changes.begin(), changes.end(), [](const PeerChange& one) {
    return std::holds_alternative<store_change::AddOutgoing>(one.change) ||
           std::holds_alternative<store_change::AddIncoming>(one.change);
  });
}

Error full(const std::string& where, const StoreLimits& limits) {
  return {Errc::StoreFailed, 0,
          "store: " + where + "is full (max_bytes is " + std::to_string(limits.max_bytes) +
              "): nothing of this was kept; let messages be sent and shown, or raise "
              "StoreLimits::max_bytes",
          false};
}

}  // namespace store
}  // namespace kith
