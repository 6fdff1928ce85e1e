// SPDX-License-Identifier: Apache-2.0
// What a proxy in front of us says of the client behind it: the header of the PROXY protocol,
// version 1 and 2, in front of all other bytes of a connection, and X-Forwarded-For of a request.
// Whether it is to be believed is decided elsewhere. Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/server/ip_address.hpp"
#include "ws/http_head.hpp"

namespace kith::net {

class ProxyHeader {
 public:
  enum class State : std::uint8_t {
    More,  ///< it is not whole
    Whole,
    Bad,  ///< this is no header: close the connection
  };
  /// Takes the next bytes; `used` of them were of the header, and no byte behind it ever is.
  State take(std::string_view bytes, std::size_t& used);

  /// Of a whole header: where the client is; nullopt when the proxy speaks for itself (a health
  /// check), or does not know.
  std::optional<IpAddress> client() const { return client_; }

 private:
  std::size_t wanted() const;
  State readV1();
  State readV2();

  std::string bytes_;
  std::optional<IpAddress> client_;
};

/// The last address in X-Forwarded-For that is none of `trusted`: each proxy adds the address
/// that asked it at the end, and what is further left was written by that one, which may lie. When
/// all of them are trusted, the first. nullopt when there is no such header, or its end is no
/// address.
std::optional<IpAddress> forwardedFor(const ws::HttpHead& head,
                                      const std::vector<IpRange>& trusted);

}  // namespace kith::net
