// SPDX-License-Identifier: Apache-2.0
#include "server/hub/message_id.hpp"

#include <algorithm>

namespace kith::hub {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::uint8_t, 256> kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(0xff);
  for (std::size_t i = 0; i < kDigits.size(); ++i) {
    values[static_cast<unsigned char>(kDigits[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}();

std::uint64_t hashed(std::string_view text, std::uint64_t seed) {
  for (const char c : text) {
    seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  }
  return seed ^ (seed >> 29);
}

}  // namespace

MessageIdText makeMessageIdText(base::Random& random) {
  // Two bytes more than an id has, so that the last group is a whole one.
  std::array<unsigned char, 18> bytes{};
  random.fill(bytes.data(), 16);
  std::array<char, 24> text{};
  for (std::size_t in = 0, out = 0; in < bytes.size(); in += 3) {
    const std::uint32_t group =
        static_cast<std::uint32_t>(bytes[in] << 16 | bytes[in + 1] << 8 | bytes[in + 2]);
    for (int shift = 18; shift >= 0; shift -= 6) text[out++] = kDigits[(group >> shift) & 63];
  }
  MessageIdText id{};
  std::copy_n(text.begin(), id.size(), id.begin());
  return id;
}

IdKey idKey(std::string_view id) {
  if (id.size() == 22) {
    IdKey key;
    unsigned wrong = 0;
    for (std::size_t i = 0; i < 22; ++i) {
      const std::uint8_t value = kValues[static_cast<unsigned char>(id[i])];
      wrong |= value & 0xc0u;
      auto& half = i < 11 ? key.high : key.low;
      // 66 bits for 64: the top two of the first digit fold into the low end.
      half = (half << 6 | half >> 58) ^ value;
    }
    if (wrong == 0) return key;
  }
  return {hashed(id, 0xcbf29ce484222325u), hashed(id, 0x9e3779b97f4a7c15u)};
}

}  // namespace kith::hub
