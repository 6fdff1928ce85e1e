// SPDX-License-Identifier: Apache-2.0
// A stream of bytes taken apart into WebSocket messages (RFC 6455 §5), in place: what is whole in
// the bytes of one read is handed over where it lies. Both ends use it. Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ws/ws_frame.hpp"

namespace kith::ws {

/// Hears what a WsReader finds, from inside of read().
class WsSink {
 public:
  virtual ~WsSink() = default;
  /// One whole message, text or binary, pieces joined, unmasked; the bytes and one more behind them
  /// may be changed. False: read no further; the reader may be gone by then.
  virtual bool onMessage(char* bytes, std::size_t size, FrameKind kind) = 0;
  /// A message would be longer than the limit. It is skipped, and this said once, as soon as its
  /// header tells. False: as above.
  virtual bool onTooLong(FrameKind kind) = 0;
  /// A ping, pong or close frame. False: as above.
  virtual bool onControl(Opcode opcode, std::string_view payload) = 0;
};

class WsReader {
 public:
  enum class Peer { Client, Server };

  /// `peer` is the sender: a client masks each frame, a server none. Messages may have `limit`
  /// bytes.
  WsReader(Peer peer, std::size_t limit) : limit_(limit), masked_(peer == Peer::Client) {}

  /// Takes `size` bytes, which are changed, as the one behind them may be. Returns 0, or the close
  /// code for the rule that they break; from then on nothing is read any more.
  std::uint16_t read(char* bytes, std::size_t size, WsSink& sink);

 private:
  enum class Step { Next, More, Whole, Skipped, Stop, Fault };

  bool allowed(const char* bytes) const;
  Step fail();
  Step inspect(const char* bytes, std::size_t there, FrameHead& head, WsSink& sink);
  Step skip(const FrameHead& head, WsSink& sink);
  Step readInPlace(char*& at, const char* end, WsSink& sink);
  Step readOn(char*& at, const char* end, WsSink& sink);
  Step take(const FrameHead& head, char* payload, WsSink& sink);
  Step takePiece(const FrameHead& head, const char* payload, WsSink& sink);

  std::string rest_;       // the beginning of a frame, as it came
  std::uint64_t need_{0};  // so many bytes of it tell more
  std::string joined_;     // the pieces of a message so far
  std::uint64_t skip_{0};  // bytes of a message that is not wanted
  std::size_t limit_;
  std::uint16_t fault_{0};  // nothing is read after it
  bool masked_;
  bool in_message_{false};           // between the pieces of one
  bool too_long_{false};             // and they are skipped
  FrameKind kind_{FrameKind::Text};  // what its first piece said
};

}  // namespace kith::ws
