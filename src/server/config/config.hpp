// SPDX-License-Identifier: Apache-2.0
// kithd's settings as a JSON file: the members of ServerOptions and AppOptions under their own
// names, durations with their unit behind (`login_timeout_ms`, `route_ttl_s`). Pure; any thread.
#pragma once

#include <kith/result.hpp>
#include <kith/server.hpp>

#include <string>
#include <string_view>

#include "json/json_value.hpp"

namespace kith::config {

/// What `json` leaves out keeps its default. InvalidArgument names the path of what is wrong, for
/// example `config: apps[0].offline_messages must be ...`. Rules between settings (at least one
/// app, a key for each certificate) are Server::start()'s.
Result<ServerOptions> parseServerOptions(std::string_view json);

/// Puts what `object` says of an app, under the names that the file has, over `app`; the members
/// that it leaves out or that are null stay. Returns what is wrong, with `path` before the member's
/// name; empty = nothing.
std::string readApp(const json::JsonValue& object, std::string path, AppOptions& app);

/// `trace`, `debug`, `info`, `warn`, `error`, `off`; false when `name` is none of them.
bool readLogLevel(std::string_view name, LogLevel& level);
/// `always`, `with-signature`, `never`; false when `name` is none of them.
bool readRequireWatch(std::string_view name, RequireWatch& rule);

}  // namespace kith::config
