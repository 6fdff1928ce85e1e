// SPDX-License-Identifier: Apache-2.0
// The three encodings of the vendor's current protocol: protobuf in binary frames, base64 of the
// same bytes in text frames, and flat JSON. Decoder and Encoder keep scratch memory between calls,
// so a warm one allocates nothing per frame. Not shared between threads.
#pragma once

#include <kith/result.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/leancloud/messages.hpp"

namespace kith::leancloud {

enum class Encoding { Protobuf, Base64, Json };

/// What a connection speaks.
struct Subprotocol {
  Encoding encoding{Encoding::Protobuf};
  /// What is told of messages that came while a peer was away: 1 = the messages, 2 and 3 = how many
  /// there are.
  int mode{3};

  /// Whether its frames are binary ones.
  bool isBinary() const { return encoding == Encoding::Protobuf; }
};

/// `lc.protobuf2.3`, `lc.proto2base64.1`, `lc.json.2`: a WebSocket subprotocol, or the query
/// parameter of clients that cannot name one. nullopt for anything else.
std::optional<Subprotocol> parseSubprotocol(std::string_view name);

/// Most elements of all lists of one frame together.
inline constexpr std::size_t kListElements = 16384;

/// Reads frames.
///
/// The result's views point into the frame and into the decoder: they live until the frame is gone
/// or the next decode(). Refused (Errc::ProtocolError; the detail says which field, why, and at
/// which byte): what is broken or has a known field of a wrong type, a text that is not UTF-8, a
/// message without a field that the schema requires, a frame without `cmd`, more than kListElements
/// elements. Unknown fields are skipped. Half of an emoji, which JavaScript makes by cutting a
/// text, becomes U+FFFD where people read it (`msg`, `data` and `pushData` of messages) and is
/// refused elsewhere: two ids must not become one.
///
/// Protobuf: of a field that comes twice the last one counts, also of a message inside another and
/// of bodies (proto2 would merge the former; no client of the protocol writes either twice). A
/// number in 32 bits is cut to them. Groups are refused. Base64: RFC 4648 §4, with or without its
/// padding.
///
/// JSON: one object with the members of the body beside those of the command; the body is that of
/// `cmd`, present even when it has no member. Without `cmd` it is the heartbeat (Cmd::None),
/// whatever else it holds. `null` is absent; a known member that comes twice is refused. Numbers
/// may be texts of digits, flags 0 or 1, enumerations their numbers. Values of Json are views of
/// their text in the frame.
class Decoder {
 public:
  Decoder();
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  Result<Command> decode(Encoding encoding, std::string_view frame);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Writes frames.
///
/// Texts must be UTF-8 and a command must have a `cmd`; neither is checked. In JSON the body's
/// fields are written whether or not it fits `cmd`, and a command without `cmd` is exactly `{}`.
class Encoder {
 public:
  Encoder();
  ~Encoder();
  Encoder(Encoder&&) noexcept;
  Encoder& operator=(Encoder&&) noexcept;

  /// Appends the frame.
  void encode(const Command& command, Encoding encoding, std::string& out);

  /// For a frame that many receivers get: replaces `shared` by all of it but the receiver's
  /// `peerId`.
  void encodeShared(const Command& command, Encoding encoding, std::string& shared);
  /// Appends the frame of one of them.
  void complete(std::string_view shared, Encoding encoding, std::string_view peer_id,
                std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kith::leancloud
