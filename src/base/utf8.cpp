// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace kith::base {
namespace {

constexpr unsigned kSurrogatesBegin = 0xD800;
constexpr unsigned kSurrogatesEnd = 0xE000;
constexpr unsigned kLastCodePoint = 0x10FFFF;

unsigned byteAt(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

/// Whether the eight bytes at `i` are all ASCII.
bool eightAscii(std::string_view text, std::size_t i) {
  std::uint64_t word = 0;
  std::memcpy(&word, text.data() + i, sizeof word);
  return (word & 0x8080808080808080u) == 0;
}

}  // namespace

std::size_t utf8SizeAt(std::string_view text, std::size_t i) {
  const unsigned lead = byteAt(text, i);
  if (lead < 0x80) return 1;
  std::size_t size = 0;
  unsigned point = 0;
  unsigned smallest = 0;  // below it the sequence would be overlong
  if ((lead & 0xE0u) == 0xC0u) {
    size = 2, point = lead & 0x1Fu, smallest = 0x80;
  } else if ((lead & 0xF0u) == 0xE0u) {
    size = 3, point = lead & 0x0Fu, smallest = 0x800;
  } else if ((lead & 0xF8u) == 0xF0u) {
    size = 4, point = lead & 0x07u, smallest = 0x10000;
  } else {
    return 0;
  }
  if (text.size() - i < size) return 0;
  for (std::size_t k = 1; k < size; ++k) {
    const unsigned next = byteAt(text, i + k);
    if ((next & 0xC0u) != 0x80u) return 0;
    point = (point << 6) | (next & 0x3Fu);
  }
  const bool surrogate = point >= kSurrogatesBegin && point < kSurrogatesEnd;
  return point < smallest || point > kLastCodePoint || surrogate ? 0 : size;
}

std::size_t goodUtf8Bytes(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    if (text.size() - i >= sizeof(std::uint64_t) && eightAscii(text, i)) {
      i += sizeof(std::uint64_t);
      continue;
    }
    const std::size_t size = utf8SizeAt(text, i);
    if (size == 0) break;
    i += size;
  }
  return i;
}

bool replaceSurrogates(char* text, std::size_t size) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  const std::string_view all(text, size);
  for (std::size_t i = goodUtf8Bytes(all); i < size; i += goodUtf8Bytes(all.substr(i))) {
    const bool surrogate = size - i >= kReplacement.size() && byteAt(all, i) == 0xED &&
                           (byteAt(all, i + 1) & 0xE0u) == 0xA0u &&
                           (byteAt(all, i + 2) & 0xC0u) == 0x80u;
    if (!surrogate) return false;
    kReplacement.copy(text + i, kReplacement.size());
  }
  return true;
}

bool isUtf8(std::string_view text) { return goodUtf8Bytes(text) == text.size(); }

}  // namespace kith::base
