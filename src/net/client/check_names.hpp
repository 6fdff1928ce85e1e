// SPDX-License-Identifier: Apache-2.0
// Options whose text goes into request heads: nothing in them may begin another line. Pure.
#pragma once

#include <kith/options.hpp>
#include <kith/result.hpp>

#include <string>
#include <vector>

namespace kith::net {

/// InvalidArgument when `tls.server_name` is no host name, or the proxy's credentials have a
/// control character or a colon in the user. The text itself is never shown.
Result<void> checkNames(const TlsOptions& tls, const ProxyOptions& proxy);

/// InvalidArgument when a header line has a control character or no name before its colon.
Result<void> checkHeaders(const std::vector<std::string>& lines);

}  // namespace kith::net
