// SPDX-License-Identifier: Apache-2.0
// The two stores with a clock that is handed in, and the bounds that they share. Any thread.
#pragma once

#include <kith/store.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace kith::store {

/// The wall clock, for `StoreLimits::forget_after`. Called under the store's lock.
using Clock = std::function<Timestamp()>;

/// This machine's.
Clock systemClock();

std::shared_ptr<Store> makeMemoryStore(StoreLimits limits, Clock clock);
Result<std::shared_ptr<Store>> openSqliteStore(const std::string& file, StoreLimits limits,
                                               Clock clock);

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
