// SPDX-License-Identifier: Apache-2.0
// Applications as kithd is told of them: on the command line, in the environment, in a file.
#pragma once

#include <kith/result.hpp>
#include <kith/server.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace kith::tools {

/// `ID[:APPKEY[:MASTERKEY]]`; a master key may contain colons.
AppOptions parseApp(std::string_view text);

/// One application a line; empty lines and those that begin with `#` are nothing. A byte order mark
/// at the beginning and spaces around a line are ignored. InvalidArgument names `where` and the
/// line that has no id.
Result<std::vector<AppOptions>> parseAppLines(std::string_view text, const std::string& where);

/// Those of a file. InvalidArgument with a line that names it when it cannot be read.
Result<std::vector<AppOptions>> readAppFile(const std::string& file);

/// Adds them to `options`; of one that is there already, only the keys that are given change.
void addApps(ServerOptions& options, const std::vector<AppOptions>& apps);

}  // namespace kith::tools
