// SPDX-License-Identifier: Apache-2.0
// The router's answer (avos-v1 §1.2). Plain data.
#pragma once

#include <string>

#include "base/clock.hpp"

namespace kith::base {

struct Route {
  std::string server;     ///< WebSocket URL, never empty in a good answer
  std::string secondary;  ///< tried after a failed connect to `server`; may be empty
  std::string group_id;   ///< may be empty
  Millis ttl{0};          ///< how long `server` may be reused

  friend bool operator==(const Route&, const Route&) = default;
};

}  // namespace kith::base
