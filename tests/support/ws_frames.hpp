// SPDX-License-Identifier: Apache-2.0
// Frames that no honest end sends, for the tests of RFC 6455. Any thread; pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kith::testing {

enum class Side { Client, Server };

/// One frame, bit by bit.
struct AnyFrame {
  unsigned first{0x81};  ///< FIN, the three reserved bits, the opcode
  std::string_view payload{};
  int length_bytes{0};           ///< 0 = as short as it goes; 2 or 8
  std::uint64_t length{0};       ///< what the header says when it lies
  bool lies{false};              ///< take `length`
  bool against_the_rule{false};  ///< mask when the side must not, and the other way round
};

inline std::string bytesOf(Side side, const AnyFrame& frame) {
  const bool masked = (side == Side::Client) != frame.against_the_rule;
  const std::uint64_t size = frame.lies ? frame.length : frame.payload.size();
  const int width = frame.length_bytes != 0 ? frame.length_bytes
                    : size < 126            ? 0
                    : size <= 0xFFFF        ? 2
                                            : 8;
  const std::uint64_t small = width == 0 ? size : width == 2 ? 126 : 127;
  std::string bytes(1, static_cast<char>(frame.first));
  bytes.push_back(static_cast<char>((masked ? 0x80u : 0u) | small));
  for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>((size >> shift) & 0xFF));
  }
  const std::string key = masked ? "\x12\x34\x56\x78" : "";
  bytes += key;
  for (std::size_t i = 0; i < frame.payload.size(); ++i) {
    bytes.push_back(static_cast<char>(masked ? frame.payload[i] ^ key[i % 4] : frame.payload[i]));
  }
  return bytes;
}

}  // namespace kith::testing
