// SPDX-License-Identifier: Apache-2.0
// What an answer of the vendor means for the request. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kith::rescue {

enum class Verdict : std::uint8_t {
  Good,        ///< what was asked for
  TryAgain,    ///< too many requests, or a fault of the other side that passes
  Refused,     ///< this request will be answered like this again
  Absent,      ///< there is no such class or object
  KeyRefused,  ///< no request with this key will be answered
};

struct Answer {
  Verdict verdict{Verdict::Good};
  int status{0};
  int code{0};         ///< the vendor's number in the body; 0 = none
  std::string reason;  ///< its words, as one line; empty when it is Good
};

/// Judges by the status and, where the body is `{"code":..,"error":".."}`, by its number: the
/// vendor answers 429 in either place.
Answer judge(int status, std::string_view body);

}  // namespace kith::rescue
