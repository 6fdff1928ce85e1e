// SPDX-License-Identifier: Apache-2.0
// A quick hash of a text for tables in memory. With a secret seed strangers cannot choose
// texts that meet; it is no signature all the same. Pure; any thread.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace kith::base {

/// Both halves of the product, folded: each bit of the result depends on all bits of both.
inline std::uint64_t foldProduct(std::uint64_t a, std::uint64_t b) {
#ifdef __SIZEOF_INT128__
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
#else
  const std::uint64_t product = a * (b | 1);
  return product ^ (product >> 32);
#endif
}

inline std::uint64_t hashText(std::string_view text, std::uint64_t seed) {
  constexpr std::uint64_t kFirst = 0x9e3779b97f4a7c15u;
  constexpr std::uint64_t kLast = 0xd6e8feb86659fd93u;
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  const auto word = [](const char* at, std::size_t size) {
    std::uint64_t value = 0;
    std::memcpy(&value, at, size);
    return value;
  };
  std::uint64_t hash = seed ^ kFirst;
  const std::uint64_t secret = seed + kLast;
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left > kWord; left -= kWord, at += kWord) {
    hash = foldProduct(hash ^ word(at, kWord), secret);
  }
  // The last word may overlap the one before it; only a short text is taken in smaller pieces.
  if (text.size() >= kWord) {
    hash = foldProduct(hash ^ word(at + left - kWord, kWord), secret);
  } else if (left >= 4) {
    hash ^= word(at, 4) | word(at + left - 4, 4) << 32;
  } else if (left > 0) {
    hash ^= word(at, 1) | word(at + left / 2, 1) << 8 | word(at + left - 1, 1) << 16;
  }
  return foldProduct(hash ^ kLast, secret ^ (text.size() << 32));
}

}  // namespace kith::base
