// SPDX-License-Identifier: Apache-2.0
#include "base/text_codes.hpp"

#include <array>
#include <cstdint>

namespace kith::base {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr char kDigits[] = "0123456789abcdef";

template <std::size_t N>
std::array<unsigned char, N> draw(Random& random) {
  std::array<unsigned char, N> bytes{};
  random.fill(bytes.data(), bytes.size());
  return bytes;
}

}  // namespace

std::string base64url(std::span<const unsigned char> bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  int held = 0;
  for (const unsigned char byte : bytes) {
    bits = (bits << 8) | byte;
    held += 8;
    while (held >= 6) {
      held -= 6;
      text += kAlphabet[(bits >> held) & 63u];
    }
  }
  if (held > 0) text += kAlphabet[(bits << (6 - held)) & 63u];
  return text;
}

std::string hex(std::span<const unsigned char> bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const unsigned char byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15u];
  }
  return text;
}

std::string makeMessageId(Random& random) { return base64url(draw<16>(random)); }
std::string makeGroupId(Random& random) { return hex(draw<12>(random)); }
std::string makeNonce(Random& random) { return base64url(draw<12>(random)); }

}  // namespace kith::base
