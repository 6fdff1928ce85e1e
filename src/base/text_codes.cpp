// SPDX-License-Identifier: Apache-2.0
#include "base/text_codes.hpp"

#include <array>
#include <cstdint>

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

constexpr unsigned kNoDigit = 64;

/// The six bits that each character stands for, or kNoDigit.
constexpr auto kBase64Digits = [] {
  std::array<unsigned char, 256> digits{};
  digits.fill(kNoDigit);
  for (unsigned char i = 0; i < 64; ++i) digits[static_cast<unsigned char>(kBase64[i])] = i;
  return digits;
}();

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
  std::string text;
  appendBase64({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, text);
  return text;
}

void appendBase64(std::string_view bytes, std::string& out) {
  const std::size_t before = out.size();
  out.resize(before + (bytes.size() + 2) / 3 * 4, '=');
  writeBase64({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()}, kBase64,
              out.data() + before);
}

std::optional<std::size_t> readBase64(std::string_view text, char* out) {
  if (text.size() % 4 == 0) {
    for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return std::nullopt;
  const char* const begin = out;
  std::uint32_t bits = 0;
  unsigned count = 0;  // of bits that are read and not written
  for (const char c : text) {
    const unsigned digit = kBase64Digits[static_cast<unsigned char>(c)];
    if (digit == kNoDigit) return std::nullopt;
    bits = bits << 6 | digit;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    *out++ = static_cast<char>(bits >> count & 0xFFu);
  }
  // What is left over of the last character must be nothing: two texts are not one.
  if ((bits & ((1u << count) - 1)) != 0) return std::nullopt;
  return static_cast<std::size_t>(out - begin);
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

std::string hexOf(std::int64_t number) {
  std::string text(16, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, number >>= 4) {
    *digit = kDigits[number & 15];
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

namespace {
constexpr char kBesideService = '\x1f';  // ASCII's unit separator
}

std::string channelName(std::string_view service, std::string_view peer) {
  return std::string(service).append(1, kBesideService).append(peer);
}

std::string channelsEnd(std::string_view service) {
  return std::string(service).append(1, kBesideService + 1);
}

std::string_view serviceOfChannel(std::string_view name) {
  return name.substr(0, name.find(kBesideService));
}

std::string makeNonce(Random& random) { return base64url(draw<12>(random)); }

}  // namespace kith::base
