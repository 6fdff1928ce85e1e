// SPDX-License-Identifier: Apache-2.0
// What both stores share.
#include "store/make_store.hpp"

#include <algorithm>
#include <ctime>
#include <fstream>
#include <string>
#include <variant>

#include "base/clock.hpp"

namespace kith {

Store::~Store() = default;

namespace store {

Clock systemClock() {
  return [] { return Timestamp(base::systemNow().wall); };
}

UptimeClock systemUptime() {
  return [] {
    // The same as long as the machine runs, and it cannot be read everywhere.
    static const std::string boot = [] {
      std::string id;
      std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
      return id;
    }();
    timespec time{};
    ::clock_gettime(CLOCK_BOOTTIME, &time);
    return Uptime{boot, std::chrono::seconds(time.tv_sec) +
                            std::chrono::milliseconds(time.tv_nsec / 1'000'000)};
  };
}

Timestamp happened(Timestamp wall, const Uptime& then, Timestamp wall_now, const Uptime& now) {
  const bool same_run = !now.boot.empty() && then.boot == now.boot && then.since <= now.since;
  return same_run ? wall_now - (now.since - then.since) : wall;
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
