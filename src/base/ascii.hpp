// SPDX-License-Identifier: Apache-2.0
// ASCII text: its cases, and the numbers that are written in it. Pure; any thread.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace kith::base {

/// ASCII only, whatever the locale.
inline char lowerCase(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// The number that `text` is from its first character to its last. nullopt when it is no number, or
/// one that does not fit.
template <typename Number>
std::optional<Number> readNumber(std::string_view text, int base = 10) {
  Number number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, number, base);
  if (problem != std::errc{} || stop != end) return std::nullopt;
  return number;
}

}  // namespace kith::base
