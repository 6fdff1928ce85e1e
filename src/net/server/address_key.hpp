// SPDX-License-Identifier: Apache-2.0
// What stands for a network address where something is counted for each of them: IpAddress::key().
// Pure; any thread.
#pragma once

#include <cstdint>

namespace kith::net {

/// An IPv4 address, or the first half of an IPv6 one: the other half costs its owner nothing.
using AddressKey = std::uint64_t;

/// Stands for all proxies that are trusted, as long as they have not named a client: no limit of a
/// single address is theirs. No host has an address that begins like this.
inline constexpr AddressKey kProxyKey = ~AddressKey{0};

}  // namespace kith::net
