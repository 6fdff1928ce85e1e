// SPDX-License-Identifier: Apache-2.0
// A client of bytes, that does what the SDK never would: takes a connection and says nothing, opens
// a session and never reads. Main thread, blocking, with the process's deadline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kith::stress {

class RawPeer {
 public:
  /// Connects to `1.2.3.4:port`; `receive_buffer` in bytes, 0 = the kernel's default.
  explicit RawPeer(const std::string& address, int receive_buffer = 0);
  ~RawPeer();
  RawPeer(RawPeer&& other) noexcept;
  RawPeer& operator=(RawPeer&&) = delete;

  bool connected() const { return fd_ >= 0; }
  /// The WebSocket handshake. False when the server did not want us.
  bool shakeHands();
  /// Opens a session of this peer, and reads until the server has answered.
  void openSession(const std::string& app, const std::string& peer);
  void sendText(std::string_view text);
  /// True: the server has closed the connection, whether or not all was read.
  bool refused();
  /// Reads up to `bytes` of what is there; waits for nothing. False when nothing was there.
  bool readALittle(std::size_t bytes);
  std::uint64_t bytesRead() const { return bytes_read_; }
  /// Reads to the end of the connection. The close code, 0 = none came.
  int readToEnd();

 private:
  bool receive();
  void noteFrames();

  int fd_{-1};
  std::string bytes_;
  std::uint64_t bytes_read_{0};
  int code_{0};  // of the close frame, when one has come
};

}  // namespace kith::stress
