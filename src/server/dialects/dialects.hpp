// SPDX-License-Identifier: Apache-2.0
// All that kithd speaks on WebSockets, and which connection speaks what. Hub's thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/server/accepted.hpp"
#include "server/dialects/avos/avos_dialect.hpp"
#include "server/dialects/kith/kith_dialect.hpp"
#include "server/dialects/leancloud/leancloud_dialect.hpp"

namespace kith::dialects {

class Dialects {
 public:
  Dialects();
  /// What a connection speaks, by its handshake. Clients of v1 name no subprotocol, and any path;
  /// the current ones name theirs, in the query where they cannot name it otherwise
  /// (leancloud-current §2), and Kith's own client names its own.
  core::Dialect& of(const net::Accepted& how);

  /// The subprotocols that a handshake may choose from.
  static std::vector<std::string> subprotocols();

 private:
  AvosDialect avos_;
  KithDialect kith_;
  std::vector<std::unique_ptr<LeancloudDialect>> current_;  ///< by encoding and mode
};

}  // namespace kith::dialects
