// SPDX-License-Identifier: Apache-2.0
// What waits to leave on one accepted connection: an answer of HTTP, then frames, one behind the
// other, so that what a turn made leaves in one write. Owned by the listener, loop thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/buffer_pool.hpp"
#include "ws/ws_frame.hpp"

namespace kith::net {

class Stream;

class SendBuffer {
 public:
  explicit SendBuffer(base::BufferPool& pool) : pool_(pool) {}
  ~SendBuffer();
  SendBuffer(const SendBuffer&) = delete;
  SendBuffer& operator=(const SendBuffer&) = delete;

  /// Queues bytes that are no frames. Before the first frame only.
  void addBytes(std::string bytes);
  /// Queues a frame. False: more than `limit` bytes would wait; the frame is dropped.
  bool addFrame(ws::FrameKind kind, std::initializer_list<std::string_view> parts,
                std::size_t limit);
  /// Queues a pong, unless many wait that are not read.
  void addPong(std::string_view payload);
  void addClose(std::string_view payload);
  /// Drops what waits, but for the rest of frames whose beginning has left.
  void drop();

  enum class Flushed { Nothing, Waiting, All, Broken };
  /// Writes what the kernel takes. After Waiting it does nothing until unblock().
  Flushed flush(Stream& stream);
  /// The kernel takes more.
  void unblock() { blocked_ = false; }
  bool blocked() const { return blocked_; }

  std::size_t waiting() const { return bytes_.size() - sent_; }
  /// Bytes of memory that are kept as long as something waits.
  std::size_t kept() const { return waiting() == 0 ? 0 : bytes_.capacity(); }
  /// So many bytes were written so far; begins anew beyond 4 GiB.
  std::uint32_t written() const { return written_; }

 private:
  void open();
  void giveBack();
  std::size_t startOfFrame() const;

  base::BufferPool& pool_;
  std::string bytes_;  // empty = nothing waits; begins where a frame does, but for `plain_`
  std::size_t sent_{0};
  std::size_t plain_{0};     // bytes at the beginning that are no frames
  std::size_t promised_{0};  // bytes behind `sent_` that have to leave
  std::uint32_t written_{0};
  std::uint32_t pongs_{0};  // bytes of pongs since all was sent
  bool undrained_{false};   // a frame was queued since all was sent
  bool blocked_{false};
};

}  // namespace kith::net
