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

/// A frame that many receivers get, encoded once but for the receiver's `peerId`: for each one the
/// bytes are `{"peerId":` + json::quoteJson(peer) + tail.
struct SharedFrame {
  std::string tail;  ///< starts with `,` and ends with `}`
};
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
  /// Encodes all of `frame` but `peerId` into `out.tail` (replacing it).
  void encodeShared(const Frame& frame, SharedFrame& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kith::avos
