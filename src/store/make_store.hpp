// SPDX-License-Identifier: Apache-2.0
// The two stores with a clock that is handed in, and the bounds that they share. Any thread.
#pragma once

#include <kith/store.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace kith::store {

/// The wall clock, for `StoreLimits::forget_after`. Called under the store's lock.
using Clock = std::function<Timestamp()>;

/// This machine's.
Clock systemClock();

/// How long the machine has been running, sleep included, and which start of it that was: a clock
/// that is never set.
struct Uptime {
  std::string boot;  ///< empty when it is not known
  std::chrono::milliseconds since{0};
};
using UptimeClock = std::function<Uptime()>;

/// This machine's.
UptimeClock systemUptime();

/// When something happened that was written down as `wall` at `then`, by the wall clock of now. The
/// wall clock may have been wrong: a board without one starts in the past, until it hears the time.
Timestamp happened(Timestamp wall, const Uptime& then, Timestamp wall_now, const Uptime& now);

std::shared_ptr<Store> makeMemoryStore(StoreLimits limits, Clock clock,
                                       UptimeClock uptime = systemUptime());
Result<std::shared_ptr<Store>> openSqliteStore(const std::string& file, StoreLimits limits,
                                               Clock clock, UptimeClock uptime = systemUptime());

/// `limits` with what is below the least that makes sense lifted to it.
StoreLimits lifted(StoreLimits limits);

/// Bytes in use above which nothing may be added; the rest is for removals, ids that were shown and
/// watch lists, so that a full store can always be emptied.
std::size_t roomForMessages(std::size_t max_bytes);

/// The answer to what does not fit; `where` is empty or names the file with a blank behind it.
Error full(const std::string& where, const StoreLimits& limits);

/// How often a store looks for peers that were away too long.
inline constexpr std::chrono::hours kSweepInterval{1};

/// Whether a change adds a message.
bool addsMessage(const std::vector<PeerChange>& changes);

}  // namespace kith::store
