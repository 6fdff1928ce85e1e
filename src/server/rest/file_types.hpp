// SPDX-License-Identifier: Apache-2.0
// Types of files by the ends of their names. Pure; any thread.
#pragma once

#include <string_view>

namespace kith::rest {

struct FileType {
  std::string_view mime{"application/octet-stream"};
  /// A browser may show it: nothing in it can run as a page of this server.
  bool shown{false};
};
FileType typeOf(std::string_view name);

}  // namespace kith::rest
