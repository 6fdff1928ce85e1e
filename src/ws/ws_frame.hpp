// SPDX-License-Identifier: Apache-2.0
// WebSocket frames as bytes (RFC 6455 §5), written by hand so that the frames of a turn leave in
// one write (docs/decisions/007). Both ends use it: a client masks, a server does not. Pure; any
// thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kith::ws {

enum class Opcode : std::uint8_t {
  Continuation = 0,
  Text = 1,
  Binary = 2,
  Close = 8,
  Ping = 9,
  Pong = 10
};

/// What a message is made of. Text is UTF-8 by RFC 6455, which this room does not look at.
enum class FrameKind : std::uint8_t { Text, Binary };

using MaskKey = std::array<unsigned char, 4>;

/// Most bytes a ping, pong or close frame may carry.
inline constexpr std::size_t kMaxControlPayload = 125;

/// Bytes in front of a payload of this size.
std::size_t frameHeaderSize(std::size_t payload, bool masked);
/// Bytes in front of a payload, told by the first kLeastFrameHeader of them.
std::size_t frameHeaderSize(const char* frame);
inline constexpr std::size_t kLeastFrameHeader = 2;

/// What a frame's header says.
struct FrameHead {
  std::uint64_t payload{0};
  std::size_t size{0};  ///< of the header
  Opcode opcode{Opcode::Text};
  bool last{false};
  bool masked{false};
  MaskKey key{};
};
/// Reads a header that is all there.
FrameHead readFrameHead(const char* frame);

/// Appends the header of one whole frame as a server sends it; the payload has to follow.
void appendFrameHead(std::string& out, Opcode opcode, std::size_t payload);

/// Appends one whole frame as a server sends it.
void appendFrame(std::string& out, Opcode opcode, std::string_view payload);
/// Appends one whole frame as a client sends it. `key` comes fresh from a good random source for
/// every frame: proxies must not be able to guess the bytes on the line.
void appendMaskedFrame(std::string& out, Opcode opcode, std::string_view payload, MaskKey key);

/// Masks bytes in place, or takes the mask off again; the payload begins where the key does.
void applyMask(char* bytes, std::size_t size, MaskKey key);

/// What a close frame says; code 0 = the frame was empty.
struct CloseWords {
  std::uint16_t code{0};
  std::string reason;

  friend bool operator==(const CloseWords&, const CloseWords&) = default;
};

/// The payload of a close frame; a long reason is cut between two characters. Code 0 = empty.
///
/// libwebsockets 4.1.6 as a client turns the codes 1012 to 2999 into 1002 before a handler sees
/// them, so these are repeated in front of the reason: `1013 too slow`. parseClosePayload() undoes
/// both.
std::string formatClosePayload(std::uint16_t code, std::string_view reason);
CloseWords parseClosePayload(std::string_view payload);

/// The code to answer a close frame with that RFC 6455 forbids: 1002 for half a code or one that
/// must not be on the wire, 1007 for a reason that is no text; 0 when it is good.
std::uint16_t faultOfClosePayload(std::string_view payload);

}  // namespace kith::ws
