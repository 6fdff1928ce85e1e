// SPDX-License-Identifier: Apache-2.0
// One accepted WebSocket connection: its unfinished message on the way in, its queued frames on the
// way out. Owned by the listener, loop thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

struct lws;

namespace kith::net {

/// Buffers that idle connections do not need and busy ones take in turn, so that ten thousand
/// connections hold no memory for output and a busy one does not allocate.
class SparePool {
 public:
  std::string take();
  void give(std::string buffer);

 private:
  std::vector<std::string> spare_;
};

class ListenerSocket {
 public:
  ListenerSocket(lws* wsi, SparePool& pool) : wsi_(wsi), pool_(pool) {}
  ~ListenerSocket();
  ListenerSocket(const ListenerSocket&) = delete;
  ListenerSocket& operator=(const ListenerSocket&) = delete;

  /// Takes a piece of a message. True: it is whole, or longer than `limit` and cut to one byte
  /// more; then take it with message() and call nextMessage().
  bool receive(std::string_view piece, bool first, bool last, std::size_t limit);
  std::string& message() { return in_; }
  void nextMessage();
  lws* wsi() const { return wsi_; }

  /// Queues a frame. False: more than `limit` bytes wait; the frame is dropped.
  bool send(std::initializer_list<std::string_view> parts, std::size_t limit);
  /// Queues a close frame as the last one; drops what waits before it if `drop`.
  void close(std::uint16_t code, std::string_view reason, bool drop);
  enum class Flushed { Nothing, Waiting, All, Broken };
  /// Hands whole frames to libwebsockets until it is full.
  Flushed flush();

  /// The other side sent a close frame: nothing goes out any more.
  void peerClosed();
  bool closing() const { return closing_; }
  void limitTime(int seconds);
  /// Drops the connection in the next turn.
  void drop();
  void pauseReading(bool paused);

  bool queued{false};  ///< the listener flushes it at the end of the turn

 private:
  std::size_t waiting() const { return out_.empty() ? 0 : out_.size() - sent_; }
  void open();
  std::size_t wholeFrames(std::size_t limit) const;

  lws* wsi_;
  SparePool& pool_;
  std::string in_;
  bool cut_{false};  ///< the rest of the message is dropped
  std::string out_;  ///< LWS_PRE bytes, then frames; empty = nothing waits
  std::size_t sent_{0};
  bool undrained_{false};
  bool closing_{false};
};

}  // namespace kith::net
