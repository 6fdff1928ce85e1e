// SPDX-License-Identifier: Apache-2.0
// Names become addresses here, on threads of their own, because getaddrinfo() blocks (R16). A slow
// name holds up one of a few threads; a caller has a deadline of its own and drops the answer.
#pragma once

#include <kith/result.hpp>

#include <functional>
#include <string>
#include <vector>

namespace kith::net {

/// At least one numeric address, or NameNotResolved.
using Addresses = Result<std::vector<std::string>>;

bool isNumericAddress(const std::string& host);

/// `done` is called once, on a resolver thread.
/// Thread: any. Blocks: never.
void lookUp(std::string host, std::function<void(Addresses)> done);

}  // namespace kith::net
