// SPDX-License-Identifier: Apache-2.0
// The server's options, checked and sorted by the part that needs them. Plain data.
#pragma once

#include <kith/result.hpp>
#include <kith/server.hpp>

#include <optional>
#include <string>
#include <vector>

#include "net/server/listener.hpp"
#include "server/core/hub.hpp"

namespace kith::front {

struct Settings {
  net::ListenOptions listen;
  core::HubOptions hub;  ///< without the apps
  std::vector<AppOptions> apps;
  Switches switches;
  std::string admin_key;
  bool admin_remote{false};
  std::optional<net::ListenAddress> metrics;
  std::string data;
  std::string public_url;
  std::chrono::seconds route_ttl{0};
  Outbound outbound;
  base::LogFront log;
};

/// How many ServerOptions::io_threads there are when it is unset.
std::size_t ioThreadsFor(std::size_t cores);

/// InvalidArgument with one line that names the option. Looks at the TLS files, too.
Result<Settings> checkOptions(const ServerOptions& options);

}  // namespace kith::front
