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
#include "server/hub/bucket.hpp"
#include "server/hub/hub.hpp"

namespace kith::front {

class RefusalLog {
 public:
  explicit RefusalLog(base::LogFront log) : log_(std::move(log)) {}

  /// Writes a line, or counts it for the next one.
  void add(const hub::RefusedSignature& refused, base::Millis now);
  /// The same for a read over HTTP; `why` is what its answer says.
  void addRead(std::string_view app_id, std::string_view peer_id, std::string_view why,
               base::Millis now);

 private:
  /// Whether there may be a line now; counts it otherwise.
  bool mayTell(base::Millis now);
  void tell(std::string text);

  base::LogFront log_;
  hub::Bucket lines_;
  std::uint64_t untold_{0};
};

}  // namespace kith::front
