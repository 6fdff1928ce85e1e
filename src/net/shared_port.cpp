// SPDX-License-Identifier: Apache-2.0
#include "net/shared_port.hpp"

#include <utility>

#include "net/listener.hpp"
#include "net/server_tls.hpp"
#include "net/tls_error.hpp"

namespace kith::net {

// A handshake needs OpenSSL: it has to be there before whoever owns a server as a global.
Result<std::shared_ptr<SharedPort>> SharedPort::make(const ListenOptions& options) {
  initTls();
  auto shared = std::make_shared<SharedPort>(options.connections);
  if (options.tls_cert.empty()) return shared;
  auto tls = makeServerTls(options);
  if (!tls) return tls.error();
  shared->tls = std::move(tls).value();
  return shared;
}

}  // namespace kith::net
