// SPDX-License-Identifier: Apache-2.0
// What the loops that serve one port have in common, be there one or several. Any thread.
#pragma once

#include <kith/result.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/sync.hpp"
#include "net/server/ip_address.hpp"
#include "net/server/ip_limiter.hpp"

namespace kith::net {

struct ListenOptions;

struct SharedPort {
  explicit SharedPort(const ConnectionLimits& limits) : addresses(limits) {}

  /// InvalidArgument when the certificate cannot be used.
  static Result<std::shared_ptr<SharedPort>> make(const ListenOptions& options);
  /// Reads the certificate and the key again; connections that are there keep what they have.
  /// InvalidArgument, and nothing is changed, when they cannot be used or the port is plain.
  Result<void> reloadTls(const ListenOptions& options);
  /// An SSL_CTX for the next connection; null = plain.
  std::shared_ptr<void> tls() const;

  IpLimiter addresses;
  std::atomic<std::size_t> connections{0};    ///< WebSockets
  std::atomic<std::uint64_t> dropped{0};      ///< new connections that were closed at once
  std::atomic<std::uint64_t> refused{0};      ///< those that are told 503
  std::atomic<std::uint64_t> turned_away{0};  ///< requests that no handler has heard of

 private:
  mutable base::Mutex tls_mutex_;
  std::shared_ptr<void> tls_ KITH_GUARDED_BY(tls_mutex_);
};

/// Decides which loop serves a accepted. Called on the thread that accepts.
class AcceptPolicy {
 public:
  virtual ~AcceptPolicy() = default;
  /// True: another loop takes the socket. It was let in at the limiter already.
  virtual bool passOn(int fd, const IpAddress& remote, bool refused) = 0;
};

}  // namespace kith::net
