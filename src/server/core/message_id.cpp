// SPDX-License-Identifier: Apache-2.0
#include "server/core/message_id.hpp"

#include <cstring>

#include "base/text_codes.hpp"
#include "base/text_hash.hpp"

namespace kith::core {

MessageIdText makeMessageIdText(base::Random& random) {
  std::array<unsigned char, 16> bytes{};
  random.fill(bytes.data(), bytes.size());
  MessageIdText id{};
  static_assert(base::base64Size(bytes.size()) == id.size());
  base::writeBase64url(bytes, id.data());
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

}  // namespace kith::core
