// SPDX-License-Identifier: Apache-2.0
// Says in the log why signatures were refused, so that an operator sees at once whether a signer's
// key, clock or ids are wrong. Strangers decide how often that happens, so lines are few. Loop's
// thread.
#pragma once

#include <cstdint>

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

 private:
  base::LogFront log_;
  hub::Bucket lines_;
  std::uint64_t untold_{0};
};

}  // namespace kith::front
