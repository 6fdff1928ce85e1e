// SPDX-License-Identifier: Apache-2.0
// The few kinds of address Kith takes: ws, wss, http and https URLs, and `host:port`. Pure; any
// thread. Errors never quote user info or a query (R25).
#pragma once

#include <kith/result.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace kith::base {

struct HostPort {
  std::string host;  ///< an IPv6 address comes without its brackets
  std::uint16_t port{0};

  friend bool operator==(const HostPort&, const HostPort&) = default;
};

struct Url {
  std::string scheme;  ///< lower case
  std::string host;    ///< lower case; an IPv6 address comes without its brackets
  std::uint16_t port{0};
  std::string path;  ///< with the query; begins with `/`

  bool tls() const { return scheme == "wss" || scheme == "https"; }
  friend bool operator==(const Url&, const Url&) = default;
};

/// Takes a URL with one of `schemes`. Refuses user info, fragments, port 0, spaces and anything
/// that is not ASCII. `what` names the option in the error.
Result<Url> parseUrl(std::string_view text, std::string_view what,
                     std::initializer_list<std::string_view> schemes = {"ws", "wss", "http",
                                                                        "https"});
/// Takes `host:port` or `[v6]:port`; port 0 is allowed, both parts are required.
Result<HostPort> parseHostPort(std::string_view text, std::string_view what);

/// `host:port`, with brackets where the host needs them.
std::string formatHostPort(std::string_view host, std::uint16_t port);
/// The whole URL; the port is left out when it is the scheme's own.
std::string formatUrl(const Url& url);

/// The path alone, without the slashes at its end: empty for the root.
std::string_view pathOf(const Url& url);
/// The address of something below `url`: `path`, which begins with `/`, comes behind the path that
/// `url` has, so that a service behind a prefix is found, and `query` (`a=b&c=d`) behind its query.
std::string urlBelow(const Url& url, std::string_view path, std::string_view query = {});

}  // namespace kith::base
