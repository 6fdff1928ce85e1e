// SPDX-License-Identifier: Apache-2.0
// Says in the log why signatures were refused, so that an operator sees at once whether a signer's
// key, clock or ids are wrong. Strangers decide how often that happens, so lines are few. Loop's
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/token_bucket.hpp"
#include "net/server/listener.hpp"
#include "server/core/hub.hpp"

namespace kith::front {

class RefusalLog {
 public:
  explicit RefusalLog(base::LogFront log) : log_(std::move(log)) {}

  /// Writes a line, or counts it for the next one.
  void add(const core::RefusedSignature& refused, base::Millis now);
  /// The same for a read over HTTP; `why` is what its answer says.
  void addRead(const net::HttpCall& call, std::string_view app_id, std::string_view why,
               base::Millis now);
  /// How many new connections were refused so far; tells every ten seconds that there were more.
  void observeConnections(std::uint64_t dropped, std::uint64_t refused, base::Millis now);

 private:
  /// Whether there may be a line now; counts it otherwise.
  bool mayTell(base::Millis now);
  void tell(std::string text);

  base::LogFront log_;
  base::TokenBucket lines_;
  std::uint64_t untold_{0};
  std::uint64_t told_dropped_{0};
  std::uint64_t told_refused_{0};
  base::Millis tell_connections_at_{base::Millis::min()};
};

}  // namespace kith::front
