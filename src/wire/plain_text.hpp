// SPDX-License-Identifier: Apache-2.0
// How far a text goes that is the same inside and outside of JSON's quotation marks. Pure; any
// thread. Private to wire.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace kith::wire {

/// True for what stands behind a backslash in JSON, and for the closing quotation mark.
constexpr bool mustEscape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

#ifdef __SSE2__
/// A piece of text that is looked at as a whole.
class Block {
 public:
  static constexpr std::ptrdiff_t kBytes = 16;

  explicit Block(const char* at) : bytes_(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at))) {}
  /// Bytes before the first that must be escaped, or kBytes.
  int plainBytes() const {
    const __m128i controls = _mm_cmpeq_epi8(_mm_min_epu8(bytes_, _mm_set1_epi8(0x1F)), bytes_);
    const __m128i quotes = _mm_cmpeq_epi8(bytes_, _mm_set1_epi8('"'));
    const __m128i slashes = _mm_cmpeq_epi8(bytes_, _mm_set1_epi8('\\'));
    const int found = _mm_movemask_epi8(_mm_or_si128(controls, _mm_or_si128(quotes, slashes)));
    return std::countr_zero(static_cast<unsigned>(found) | 1u << kBytes);
  }
  bool isAscii() const { return _mm_movemask_epi8(bytes_) == 0; }
  void store(char* to) const { _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes_); }

 private:
  __m128i bytes_;
};
#else
class Block {
 public:
  static constexpr std::ptrdiff_t kBytes = 8;

  explicit Block(const char* at) { std::memcpy(bytes_, at, sizeof bytes_); }
  int plainBytes() const {
    int count = 0;
    while (count < kBytes && !mustEscape(bytes_[count])) ++count;
    return count;
  }
  bool isAscii() const {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes_, sizeof word);
    return (word & 0x8080808080808080u) == 0;
  }
  void store(char* to) const { std::memcpy(to, bytes_, sizeof bytes_); }

 private:
  char bytes_[kBytes];
};
#endif

/// The first character from `at` on that must be escaped, or `end`. `ascii` becomes false when a
/// byte before it, or soon behind it, is none of ASCII.
inline const char* endOfPlain(const char* at, const char* end, bool& ascii) {
  while (end - at >= Block::kBytes) {
    const Block block(at);
    ascii &= block.isAscii();
    const int plain = block.plainBytes();
    at += plain;
    if (plain != Block::kBytes) return at;
  }
  for (; at != end && !mustEscape(*at); ++at) ascii &= static_cast<unsigned char>(*at) < 0x80;
  return at;
}

}  // namespace kith::wire
