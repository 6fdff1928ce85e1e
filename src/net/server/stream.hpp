// SPDX-License-Identifier: Apache-2.0
// An accepted socket, plain or with TLS, that never blocks. One thread.
#pragma once

#include <cstddef>
#include <memory>

#include "net/server/server_tls.hpp"

namespace kith::net {

class Stream {
 public:
  /// Takes `fd`, which does not block. `tls_context` null = plain.
  Stream(int fd, void* tls_context);
  ~Stream() { close(); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  int fd() const { return fd_; }
  bool isTls() const { return tls_ != nullptr; }
  bool ok() const { return !tls_ || tls_->ok(); }
  IoResult read(char* bytes, std::size_t size);
  /// What the next bytes of the socket are, below TLS; they stay there.
  IoResult peek(char* bytes, std::size_t size);
  /// Drops so many of them, which peek() has shown.
  void skip(std::size_t size);
  /// Done when all was taken, Again when a part of it was.
  IoResult write(const char* bytes, std::size_t size);
  /// Bytes that the kernel has taken and the other side has not.
  std::size_t unacknowledged() const;
  /// Sends the end; the other side may still send.
  void endSending();
  void close();
  /// So many bytes that were not taken may have to be the first ones of the next write.
  std::size_t recordBytes() const { return tls_ ? 16384 : 0; }
  /// To be looked at for writing, although nothing waits to be written.
  bool wantsWrite() const { return tls_ && tls_->wantsWrite(); }
  /// To be read on, although the socket may be quiet.
  bool hasMore() const { return tls_ && tls_->hasMore(); }

 private:
  int fd_;
  std::unique_ptr<TlsSession> tls_;
};

}  // namespace kith::net
