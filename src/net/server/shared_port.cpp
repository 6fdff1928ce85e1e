// SPDX-License-Identifier: Apache-2.0
#include "net/server/shared_port.hpp"

#include <utility>

#include "net/server/listener.hpp"
#include "net/server/server_tls.hpp"
#include "net/server/tls_files.hpp"
#include "tls/tls_policy.hpp"

namespace kith::net {

// A handshake needs OpenSSL: it has to be set up before a global that owns a server.
Result<std::shared_ptr<SharedPort>> SharedPort::make(const ListenOptions& options) {
  tls::initTls();
  auto shared = std::make_shared<SharedPort>(options.connections);
  if (options.tls_cert.empty()) return shared;
  auto tls = makeServerTls(options);
  if (!tls) return tls.error();
  const base::Lock lock(shared->tls_mutex_);
  shared->tls_ = std::move(tls).value();
  return shared;
}

Result<void> SharedPort::reloadTls(const ListenOptions& options) {
  if (options.tls_cert.empty()) {
    return Error{Errc::InvalidArgument, 0, "tls: the server was started without a tls_cert", false};
  }
  if (Result<void> good = checkTlsFiles(options.tls_cert, options.tls_key); !good) return good;
  auto made = makeServerTls(options);
  if (!made) return made.error();
  const base::Lock lock(tls_mutex_);
  tls_ = std::move(made).value();
  return {};
}

std::shared_ptr<void> SharedPort::tls() const {
  const base::Lock lock(tls_mutex_);
  return tls_;
}

}  // namespace kith::net
