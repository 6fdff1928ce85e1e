// SPDX-License-Identifier: Apache-2.0
// Half emoji in JSON: escapes that JavaScript writes of a text that was cut inside of a surrogate
// pair. Pure; any thread.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/ascii.hpp"

namespace kith::json {

/// Bytes of `\u1234`.
inline constexpr std::size_t kEscapeBytes = 6;

/// The UTF-16 unit that is escaped at `at`, or 0.
inline unsigned escapedUnit(std::string_view json, std::size_t at) {
  if (at >= json.size() || json.size() - at < kEscapeBytes) return 0;
  if (json[at] != '\\' || json[at + 1] != 'u') return 0;
  return base::readNumber<unsigned>(json.substr(at + 2, 4), 16).value_or(0);
}

/// Nearly no text has one, and those with other escapes shall not pay for it.
inline bool mayHaveHalfEscapes(std::string_view json) {
  for (std::size_t at = json.find("\\u"); at != json.npos; at = json.find("\\u", at + 2)) {
    if (at + 2 < json.size() && (json[at + 2] | 0x20) == 'd') return true;
  }
  return false;
}

/// Calls `half(at)` for each escape that is half of a surrogate pair, where its backslash stands.
template <typename Half>
void eachHalfEscape(std::string_view json, Half&& half) {
  const auto is = [](unsigned unit, unsigned first) { return (unit & 0xFC00u) == first; };
  for (std::size_t at = json.find('\\'); at != json.npos; at = json.find('\\', at)) {
    const unsigned unit = escapedUnit(json, at);
    if (is(unit, 0xD800) && is(escapedUnit(json, at + kEscapeBytes), 0xDC00)) {
      at += 2 * kEscapeBytes;
      continue;
    }
    if (is(unit, 0xD800) || is(unit, 0xDC00)) half(at);
    at += 2;  // the digits of an escape are characters like others
  }
}

/// Writes U+FFFD over the escape at `at`.
inline void replaceEscape(char* json, std::size_t at) {
  std::string_view("fffd").copy(json + at + 2, 4);
}

}  // namespace kith::json
