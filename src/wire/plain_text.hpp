// SPDX-License-Identifier: Apache-2.0
// How far a text goes that is the same inside and outside of JSON's quotation marks. Pure; any
// thread. Private to wire.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace kith::wire {

/// True for what stands behind a backslash in JSON, and for the closing quotation mark.
constexpr bool mustEscape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

constexpr std::uint64_t inEachByte(unsigned char byte) { return 0x0101010101010101u * byte; }

/// The highest bit of each of the eight bytes that must be escaped. Those behind the first one may
/// be wrong; bytes above 127 never count.
constexpr std::uint64_t mustEscapeBits(std::uint64_t word) {
  const auto isZero = [](std::uint64_t w) { return (w - inEachByte(1)) & ~w; };
  const std::uint64_t control = (word - inEachByte(0x20)) & ~word;
  return (control | isZero(word ^ inEachByte('"')) | isZero(word ^ inEachByte('\\'))) &
         inEachByte(0x80);
}

/// The first character from `at` on that must be escaped, or `end`. `seen` gathers the bits of all
/// bytes before it, and some behind: while its highest bits are 0, they are ASCII.
inline const char* endOfPlain(const char* at, const char* end, std::uint64_t& seen) {
  while (end - at >= static_cast<std::ptrdiff_t>(sizeof(std::uint64_t))) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    seen |= word;
    const std::uint64_t found = mustEscapeBits(word);
    if (found != 0) {
      if constexpr (std::endian::native != std::endian::little) break;
      return at + std::countr_zero(found) / 8;
    }
    at += sizeof word;
  }
  for (; at != end && !mustEscape(*at); ++at) seen |= static_cast<unsigned char>(*at);
  return at;
}

}  // namespace kith::wire
