// SPDX-License-Identifier: Apache-2.0
// The bytes of one connection, plain or through TLS. The certificate is not checked: servers make
// theirs on the spot, and the handshake costs the same.
#pragma once

#include <memory>
#include <string_view>
#include <sys/types.h>

struct ssl_st;

namespace kith::bench {

class Stream {
 public:
  /// Before connections are made; all of the process use TLS from then on.
  static void useTls();

  /// Begins with a connected socket, which stays the caller's.
  void begin(int fd);
  /// 1 when bytes can be exchanged, 0 when the handshake waits for the other side, -1 when it
  /// failed.
  int shakeHands();
  bool isTls() const { return tls_ != nullptr; }
  /// As recv() and send(): -1 with EAGAIN in errno where nothing goes now.
  ssize_t receive(char* to, std::size_t size);
  ssize_t send(std::string_view bytes);

 private:
  struct Free {
    void operator()(ssl_st* tls) const;
  };
  ssize_t result(int count);

  int fd_{-1};
  std::unique_ptr<ssl_st, Free> tls_;
};

}  // namespace kith::bench
