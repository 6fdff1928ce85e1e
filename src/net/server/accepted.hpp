// SPDX-License-Identifier: Apache-2.0
// What the handshake of a WebSocket said. Any thread; plain data.
#pragma once

#include <cstddef>
#include <string>

#include "net/server/ip_address.hpp"

namespace kith::net {

/// How a WebSocket came: what its handshake said, as far as a handler makes a difference of it.
struct Accepted {
  std::string path;         ///< as it came, without the query
  std::string query;        ///< as it came, without the question mark
  std::string subprotocol;  ///< of ListenOptions::subprotocols; empty = none was agreed on
  std::string origin;       ///< the page it comes from; empty = it comes from no page
  IpAddress remote;

  /// Bytes of all texts.
  std::size_t weight() const {
    return path.size() + query.size() + subprotocol.size() + origin.size();
  }
};

}  // namespace kith::net
