// SPDX-License-Identifier: Apache-2.0
// The v1 encoding: one JSON object a text frame (avos-v1 §2). Decoder and Encoder keep scratch
// memory between calls, so a warm one allocates nothing per frame. Not shared between threads.
#pragma once

#include <kith/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "protocol/avos/frame.hpp"

namespace kith::avos {

/// Reads frames, in place.
///
/// Refused (Errc::ProtocolError, detail says what and at which byte): what is not one JSON object,
/// invalid UTF-8, a NUL byte, nesting over limits::kJsonDepth, a known field twice, a known field
/// of a wrong type, a number that does not fit 64 bits, half of an escaped surrogate pair in an id.
/// In `msg` and `reason` such a half becomes U+FFFD. Unknown fields of any shape are skipped;
/// `null` is absent, also inside id lists (§4.3).
class Decoder {
 public:
  Decoder();
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  /// Decodes `size` bytes at `frame`, which must have one writable byte more behind them; the bytes
  /// are overwritten. The result's views live until the buffer or the next decode() changes them.
  Result<Frame> decode(char* frame, std::size_t size);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A frame that many receivers get, encoded once but for the receiver's `peerId`, begins with this.
/// For each one the bytes are kSharedHead + json::quoteJson(peer) + the tail of encodeShared().
inline constexpr std::string_view kSharedHead = R"({"peerId":)";

/// Writes frames.
class Encoder {
 public:
  Encoder();
  ~Encoder();
  Encoder(Encoder&&) noexcept;
  Encoder& operator=(Encoder&&) noexcept;

  /// Appends the JSON of `frame`. A heartbeat is exactly `{}` (avos-v1 §16.14).
  void encode(const Frame& frame, std::string& out);
  /// Replaces `tail` by all of `frame` but its `peerId`: it starts with `,` and ends with `}`.
  void encodeShared(const Frame& frame, std::string& tail);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kith::avos
