// SPDX-License-Identifier: Apache-2.0
#include "ws/ws_frame.hpp"

#include <charconv>
#include <cstring>

#include "base/redact.hpp"
#include "base/utf8.hpp"

namespace kith::ws {
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

unsigned byteAt(const char* bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

/// Bytes of the length behind the first two.
std::size_t lengthBytes(const char* frame) {
  const unsigned length = byteAt(frame, 1) & 0x7F;
  return length < 126 ? 0 : length == 126 ? 2 : 8;
}

void appendHeader(std::string& out, Opcode opcode, std::size_t payload, unsigned mask_bit) {
  std::array<char, 10> header;
  header[0] = static_cast<char>(0x80u | static_cast<unsigned>(opcode));
  const std::size_t wide = payload < 126 ? 0 : payload <= 0xFFFF ? 2 : 8;
  header[1] = static_cast<char>(mask_bit | (wide == 0 ? payload : wide == 2 ? 126u : 127u));
  for (std::size_t i = 0; i < wide; ++i) {
    header[2 + i] = static_cast<char>((payload >> (8 * (wide - 1 - i))) & 0xFF);
  }
  out.append(header.data(), 2 + wide);
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

std::size_t frameHeaderSize(const char* frame) {
  return kLeastFrameHeader + lengthBytes(frame) + ((byteAt(frame, 1) & 0x80) != 0 ? 4u : 0u);
}

FrameHead readFrameHead(const char* frame) {
  FrameHead head;
  head.size = frameHeaderSize(frame);
  head.opcode = static_cast<Opcode>(byteAt(frame, 0) & 0x0F);
  head.last = (byteAt(frame, 0) & 0x80) != 0;
  head.masked = (byteAt(frame, 1) & 0x80) != 0;
  const std::size_t wide = lengthBytes(frame);
  if (wide == 0) head.payload = byteAt(frame, 1) & 0x7F;
  for (std::size_t i = 0; i < wide; ++i) {
    head.payload = head.payload << 8 | byteAt(frame, kLeastFrameHeader + i);
  }
  if (head.masked) std::memcpy(head.key.data(), frame + head.size - head.key.size(), 4);
  return head;
}

void appendFrameHead(std::string& out, Opcode opcode, std::size_t payload) {
  appendHeader(out, opcode, payload, 0);
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
  words.reason = base::cleanWords(reason);
  return words;
}

std::uint16_t faultOfClosePayload(std::string_view payload) {
  if (payload.empty()) return 0;
  if (payload.size() == 1 || !maySend(codeOf(payload))) return kProtocolError;
  return payload.size() > 2 && !base::isUtf8(payload.substr(2)) ? kNoText : 0;
}

}  // namespace kith::ws
