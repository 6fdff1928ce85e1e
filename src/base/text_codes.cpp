// SPDX-License-Identifier: Apache-2.0
#include "base/text_codes.hpp"

#include <array>
#include <cstdint>
#include <optional>

#include "base/ascii.hpp"

namespace kith::base {
namespace {

constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr char kBase64Url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr char kDigits[] = "0123456789abcdef";

template <std::size_t N>
std::array<unsigned char, N> draw(Random& random) {
  std::array<unsigned char, N> bytes{};
  random.fill(bytes.data(), bytes.size());
  return bytes;
}

/// Writes base64Size(bytes.size()) characters.
void writeBase64(std::span<const unsigned char> bytes, const char* alphabet, char* out) {
  for (; bytes.size() >= 3; bytes = bytes.subspan(3)) {
    const auto group = static_cast<std::uint32_t>(bytes[0] << 16 | bytes[1] << 8 | bytes[2]);
    for (int shift = 18; shift >= 0; shift -= 6) *out++ = alphabet[(group >> shift) & 63u];
  }
  if (bytes.empty()) return;
  const auto group =
      static_cast<std::uint32_t>(bytes[0] << 16 | (bytes.size() > 1 ? bytes[1] << 8 : 0));
  *out++ = alphabet[group >> 18];
  *out++ = alphabet[(group >> 12) & 63u];
  if (bytes.size() > 1) *out++ = alphabet[(group >> 6) & 63u];
}

bool isUnreserved(char c) {
  const char lower = lowerCase(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

void writeBase64url(std::span<const unsigned char> bytes, char* out) {
  writeBase64(bytes, kBase64Url, out);
}

std::string base64url(std::span<const unsigned char> bytes) {
  std::string text(base64Size(bytes.size()), '\0');
  writeBase64url(bytes, text.data());
  return text;
}

std::string base64(std::span<const unsigned char> bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  writeBase64(bytes, kBase64, text.data());
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

std::string encodePercent(std::string_view text) {
  constexpr char kUpperDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (isUnreserved(c)) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kUpperDigits[byte >> 4];
    encoded += kUpperDigits[byte & 15u];
  }
  return encoded;
}

bool decodePercent(std::string_view text, bool plus, std::string& decoded) {
  decoded.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus) c = ' ';
    if (c == '%') {
      if (text.size() - i < 3) return false;
      const auto byte = readNumber<unsigned char>(text.substr(i + 1, 2), 16);
      if (!byte || *byte == 0) return false;
      c = static_cast<char>(*byte);
      i += 2;
    }
    decoded.push_back(c);
  }
  return true;
}

std::string makeGroupId(Random& random) { return hex(draw<12>(random)); }
std::string makeNonce(Random& random) { return base64url(draw<12>(random)); }

}  // namespace kith::base
