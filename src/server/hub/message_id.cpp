// SPDX-License-Identifier: Apache-2.0
#include "server/hub/message_id.hpp"

#include <algorithm>
#include <cstring>

#include "base/text_hash.hpp"

namespace kith::hub {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

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
  // Two words, the second of which overlaps the third.
  if (id.size() == std::tuple_size_v<MessageIdText>) {
    const auto word = [&](std::size_t at) {
      std::uint64_t value = 0;
      std::memcpy(&value, id.data() + at, sizeof value);
      return value;
    };
    return {word(0), word(8) ^ word(14) * 0x9e3779b97f4a7c15u};
  }
  return {base::hashText(id, 1), base::hashText(id, 2)};
}

}  // namespace kith::hub
