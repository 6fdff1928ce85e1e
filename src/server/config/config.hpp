// SPDX-License-Identifier: Apache-2.0
// kithd's settings as a JSON file: the members of ServerOptions and AppOptions under their own
// names, durations with their unit behind (`login_timeout_ms`, `route_ttl_s`). Pure; any thread.
#pragma once

#include <kith/result.hpp>
#include <kith/server.hpp>

#include <string_view>

namespace kith::config {

/// What `json` leaves out keeps its default. InvalidArgument names the path of what is wrong, for
/// example `config: apps[0].offline_messages must be ...`. Rules between settings (at least one
/// app, a key for each certificate) are Server::start()'s.
Result<ServerOptions> parseServerOptions(std::string_view json);

/// `trace`, `debug`, `info`, `warn`, `error`, `off`; false when `name` is none of them.
bool readLogLevel(std::string_view name, LogLevel& level);
/// `always`, `with-signature`, `never`; false when `name` is none of them.
bool readRequireWatch(std::string_view name, RequireWatch& rule);

}  // namespace kith::config
