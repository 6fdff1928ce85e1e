// SPDX-License-Identifier: Apache-2.0
// TLS on the listening side. OpenSSL does its handshake inside of the first reads. One context is
// for all connections; each session belongs to one thread.
#pragma once

#include <kith/result.hpp>

#include <cstddef>
#include <memory>

struct ssl_st;

namespace kith::net {

struct ListenOptions;

/// What came of reading or writing.
enum class Io {
  Done,    ///< at least one byte
  Again,   ///< nothing for now
  End,     ///< the other side sends nothing more
  Broken,  ///< the connection is gone
};
struct IoResult {
  Io how{Io::Again};
  std::size_t bytes{0};
};

/// An SSL_CTX by the policy of tls_policy.hpp. The files were looked at by checkTlsFiles().
Result<std::shared_ptr<void>> makeServerTls(const ListenOptions& options);

/// One TLS connection over a socket that does not block and that it does not own.
class TlsSession {
 public:
  TlsSession(void* context, int fd);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  bool ok() const { return ssl_ != nullptr; }
  /// Fills `bytes` as far as it can.
  IoResult read(char* bytes, std::size_t size);
  IoResult write(const char* bytes, std::size_t size);
  /// Says that nothing more comes from here.
  void endSending();

  /// It has to write before it can read on.
  bool wantsWrite() const { return wants_write_; }
  /// read() has more to tell although the socket may be quiet.
  bool hasMore() const;

 private:
  Io outcome(int returned);

  ssl_st* ssl_;
  bool wants_write_{false};
  bool ended_{false};
  bool broken_{false};
};

}  // namespace kith::net
