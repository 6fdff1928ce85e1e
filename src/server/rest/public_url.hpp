// SPDX-License-Identifier: Apache-2.0
// Where clients reach this server, as it says so in its answers. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "net/server/listener.hpp"

namespace kith::rest {

/// Nothing but what a host and port are made of: it goes into answers.
bool isHost(std::string_view host);

/// `https://host` or `http://host`, with the path of `public_url` (a wss:// or ws:// one), or of
/// the Host header where there is none. Empty: the header is missing or malformed.
std::string httpBase(const net::HttpCall& call, std::string_view public_url, bool tls);

}  // namespace kith::rest
