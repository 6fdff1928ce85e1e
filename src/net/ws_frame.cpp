// SPDX-License-Identifier: Apache-2.0
#include "net/ws_frame.hpp"

#include <charconv>
#include <cstring>

#include "base/utf8.hpp"

namespace kith::net {
namespace {

constexpr std::uint16_t kProtocolError = 1002;
constexpr std::uint16_t kNoText = 1007;
constexpr std::uint16_t kFirstRewritten = 1012;
constexpr std::uint16_t kLastRewritten = 2999;

bool isRewritten(std::uint16_t code) { return code >= kFirstRewritten && code <= kLastRewritten; }

std::uint16_t codeOf(std::string_view payload) {
  return static_cast<std::uint16_t>((static_cast<unsigned char>(payload[0]) << 8) |
                                    static_cast<unsigned char>(payload[1]));
}

/// RFC 6455 §7.4 and what has been registered since.
bool maySend(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || code >= 3000;
}

void appendHeader(std::string& out, Opcode opcode, std::size_t payload, unsigned mask_bit) {
  const auto byte = [&out](std::size_t value) { out.push_back(static_cast<char>(value & 0xFF)); };
  byte(0x80u | static_cast<unsigned>(opcode));
  if (payload < 126) {
    byte(mask_bit | payload);
    return;
  }
  const int width = payload <= 0xFFFF ? 2 : 8;
  byte(mask_bit | (width == 2 ? 126u : 127u));
  for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) byte(payload >> shift);
}

/// The longest beginning of at most `limit` bytes that does not end inside a UTF-8 character.
std::string_view cutText(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  return text.substr(0, limit);
}

}  // namespace

std::size_t frameHeaderSize(std::size_t payload, bool masked) {
  return (payload < 126 ? 2u : payload <= 0xFFFF ? 4u : 10u) + (masked ? 4u : 0u);
}

void appendFrame(std::string& out, Opcode opcode, std::string_view payload) {
  appendHeader(out, opcode, payload.size(), 0);
  out.append(payload);
}

void appendMaskedFrame(std::string& out, Opcode opcode, std::string_view payload, MaskKey key) {
  appendHeader(out, opcode, payload.size(), 0x80);
  for (const unsigned char byte : key) out.push_back(static_cast<char>(byte));
  const std::size_t start = out.size();
  out.append(payload);
  applyMask(out.data() + start, payload.size(), key);
}

// Eight bytes at a time.
void applyMask(char* bytes, std::size_t size, MaskKey key) {
  std::uint64_t wide = 0;
  std::memcpy(&wide, key.data(), 4);
  std::memcpy(reinterpret_cast<char*>(&wide) + 4, key.data(), 4);
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + i, 8);
    word ^= wide;
    std::memcpy(bytes + i, &word, 8);
  }
  for (; i < size; ++i) {
    bytes[i] = static_cast<char>(static_cast<unsigned char>(bytes[i]) ^ key[i & 3]);
  }
}

std::string formatClosePayload(std::uint16_t code, std::string_view reason) {
  if (code == 0) return {};
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  if (isRewritten(code)) payload.append(std::to_string(code)).push_back(' ');
  payload.append(cutText(reason, kMaxControlPayload - payload.size()));
  return payload;
}

CloseWords parseClosePayload(std::string_view payload) {
  CloseWords words;
  if (payload.size() < 2) return words;
  words.code = codeOf(payload);
  std::string_view reason = payload.substr(2);
  std::uint16_t spelled = 0;
  if (reason.size() >= 5 && reason[4] == ' ' &&
      std::from_chars(reason.data(), reason.data() + 4, spelled).ptr == reason.data() + 4 &&
      isRewritten(spelled) && (words.code == kProtocolError || words.code == spelled)) {
    words.code = spelled;
    reason.remove_prefix(5);
  }
  words.reason = base::oneLine(reason);
  return words;
}

std::uint16_t faultOfClosePayload(std::string_view payload) {
  if (payload.empty()) return 0;
  if (payload.size() == 1 || !maySend(codeOf(payload))) return kProtocolError;
  return payload.size() > 2 && !base::isUtf8(payload.substr(2)) ? kNoText : 0;
}

}  // namespace kith::net
