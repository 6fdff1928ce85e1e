// SPDX-License-Identifier: Apache-2.0
// Whether to try again, and how long to wait before (R6). Pure functions.
#pragma once

#include <kith/error.hpp>
#include <kith/options.hpp>

#include <algorithm>
#include <cstdint>

#include "base/clock.hpp"
#include "base/random.hpp"

namespace kith::engine {

/// Full jitter: evenly from zero to `first_delay * 2^(failures-1)`, at most `max_delay`, so that
/// the clients of a restarted server do not come back in step.
inline base::Millis fullJitter(const ReconnectOptions& options, int failures,
                               base::Random& random) {
  const int doublings = std::clamp(failures - 1, 0, 30);
  const auto first = std::max<std::int64_t>(options.first_delay.count(), 1);
  const auto most = std::max<std::int64_t>(options.max_delay.count(), 1);
  const std::int64_t bound = first > (most >> doublings) ? most : first << doublings;
  return base::Millis{
      static_cast<std::int64_t>(random.upTo(static_cast<std::uint64_t>(std::min(bound, most))))};
}

/// The same after `reason`, and not before the time that it names.
inline base::Millis delayAfter(const Error& reason, const ReconnectOptions& options, int failures,
                               base::Random& random) {
  const base::Millis drawn = fullJitter(options, failures, random);
  if (reason.retry_after.count() <= 0) return drawn;
  // The draw comes on top, so that clients with the same delay do not come back in step.
  const base::Millis most = std::max(options.max_delay, base::Millis{1});
  return std::min(most, std::min(most, base::Millis{reason.retry_after}) + drawn);
}

/// Whether what came instead of a signature may pass: a refusal does not, a fault on the way does,
/// as on the way to the server, which is tried again after any.
inline bool mayPass(const Error& error) {
  switch (error.code) {
    case Errc::ProxyAuth:
    case Errc::TlsUntrusted:
    case Errc::TlsHostname:
    case Errc::TlsExpired:
    case Errc::TlsProtocol: return true;
    default: return error.retryable();
  }
}

}  // namespace kith::engine
