// SPDX-License-Identifier: Apache-2.0
#include "base/peer_id.hpp"

#include <kith/limits.hpp>

#include "base/utf8.hpp"

namespace kith::base {
namespace {

unsigned byteAt(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

/// C0, DEL and C1: they have no place in a name and can forge log lines.
bool hasControl(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned byte = byteAt(text, i);
    if (byte < 0x20 || byte == 0x7F) return true;
    if (byte == 0xC2 && i + 1 < text.size() && byteAt(text, i + 1) < 0xA0) return true;
  }
  return false;
}

}  // namespace

std::size_t countCodePoints(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) count += (byteAt(text, i) & 0xC0u) != 0x80u;
  return count;
}

std::string_view whyBadPeerId(std::string_view id) {
  if (id.empty()) return "is empty";
  // Four bytes a code point at most: keeps a huge text from being scanned.
  if (id.size() > 4 * limits::kPeerIdChars) return "is longer than 64 characters";
  if (!isUtf8(id)) return "is not UTF-8";
  if (countCodePoints(id) > limits::kPeerIdChars) return "is longer than 64 characters";
  if (hasControl(id)) return "has a control character in it";
  return {};
}

}  // namespace kith::base
