// SPDX-License-Identifier: Apache-2.0
// What stands for a network address where something is counted for each of them. Pure; any thread.
#pragma once

#include <cstdint>

struct sockaddr_storage;

namespace kith::net {

/// An IPv4 address, or the first half of an IPv6 one: the other half costs its owner nothing.
using AddressKey = std::uint64_t;
AddressKey addressKey(const sockaddr_storage& address);

}  // namespace kith::net
