// SPDX-License-Identifier: Apache-2.0
// What an HTTP answer that is no success means, the same for the router, the signer and REST: a
// decision of the server that was asked, or a fault that passes. Pure; any thread.
#pragma once

#include <kith/error.hpp>

#include <string>
#include <string_view>

#include "net/client/loop.hpp"

namespace kith::backends {

/// A web page, which none of ours sends: a firewall, a captive portal or a gateway answered.
bool isWebPage(const net::HttpAnswer& answer);

/// True when the same request may be answered later: 5xx, 408, 421, 425 and 429, whatever is no
/// answer at all (1xx, 3xx), and a web page of any status.
bool passes(const net::HttpAnswer& answer);

/// `status 429`, or `status 403 and a web page`, for an error's text.
std::string statusWords(const net::HttpAnswer& answer);

/// ServerBusy, with the time that the server named. `asked` begins its text: `router`, for example.
Error busyError(std::string_view asked, const net::HttpAnswer& answer);

}  // namespace kith::backends
