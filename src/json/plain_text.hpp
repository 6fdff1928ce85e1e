// SPDX-License-Identifier: Apache-2.0
// How far a text goes that is the same inside and outside of JSON's quotation marks. Pure; any
// thread. Private to wire.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace kith::json {

/// True for what stands behind a backslash in JSON, and for the closing quotation mark.
constexpr bool mustEscape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

#ifdef __SSE2__
/// A piece of text that is looked at as a whole.
class Block {
 public:
  static constexpr std::ptrdiff_t kBytes = 16;

  explicit Block(const char* at) { std::memcpy(&bytes_, at, sizeof bytes_); }
  /// Bytes before the first that must be escaped, or kBytes.
  int plainBytes() const {
    const auto found = (bytes_ < 0x20) | (bytes_ == '"') | (bytes_ == '\\');
    return std::countr_zero(highestBits(std::bit_cast<Signed>(found)) | 1u << kBytes);
  }
  bool isAscii() const { return highestBits(std::bit_cast<Signed>(bytes_)) == 0; }
  void store(char* to) const { std::memcpy(to, &bytes_, sizeof bytes_); }

 private:
  // Vectors as the compilers know them without a header.
  using Unsigned = unsigned char __attribute__((vector_size(kBytes)));
  using Signed = char __attribute__((vector_size(kBytes)));

  static unsigned highestBits(Signed bytes) {
    return static_cast<unsigned>(__builtin_ia32_pmovmskb128(bytes));
  }

  Unsigned bytes_;
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

}  // namespace kith::json
