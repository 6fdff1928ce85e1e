// SPDX-License-Identifier: Apache-2.0
// All that kithd speaks on WebSockets, and which connection speaks what. Hub's thread.
#pragma once

#include "net/server/accepted.hpp"
#include "server/dialects/avos/avos_dialect.hpp"

namespace kith::dialects {

class Dialects {
 public:
  /// What a connection speaks, by its handshake. Clients of v1 name no subprotocol, and any path.
  core::Dialect& of(const net::Accepted& how);

 private:
  AvosDialect avos_{0};
};

}  // namespace kith::dialects
