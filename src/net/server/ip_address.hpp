// SPDX-License-Identifier: Apache-2.0
// A network address as a value, and ranges of them. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/server/address_key.hpp"

struct sockaddr_storage;

namespace kith::net {

/// An IPv4 or IPv6 address without port and zone; IPv4 is kept as IPv6 writes it, ::ffff:a.b.c.d,
/// so that one address has one form, however it came.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  static IpAddress of(const sockaddr_storage& address);
  /// From the 4 or 16 bytes of the network.
  static IpAddress ofV4(const std::uint8_t* bytes);
  static IpAddress ofV6(const std::uint8_t* bytes);
  /// Numeric text, IPv6 also in brackets; nullopt for anything else, a port or a zone too.
  static std::optional<IpAddress> parse(std::string_view text);

  bool isV4() const;
  AddressKey key() const;
  /// As people write it: `10.0.0.1`, `2001:db8::1`.
  std::string text() const;

  bool operator==(const IpAddress&) const = default;
};

/// All addresses that begin with the same bits.
class IpRange {
 public:
  /// `10.0.0.0/8`, `2001:db8::/32`, or one address. nullopt for anything else, also when bits
  /// behind the length are set: it would be unclear what is meant.
  static std::optional<IpRange> parse(std::string_view text);

  bool contains(const IpAddress& address) const;

 private:
  IpAddress first_;
  unsigned bits_{128};
};

}  // namespace kith::net
