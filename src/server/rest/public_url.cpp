// SPDX-License-Identifier: Apache-2.0
#include "server/rest/public_url.hpp"

#include <algorithm>

namespace kith::rest {

bool isHost(std::string_view host) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == ':' || c == '[' || c == ']';
  };
  return !host.empty() && host.size() <= 255 && std::all_of(host.begin(), host.end(), fits);
}

std::string httpBase(const net::HttpCall& call, std::string_view public_url, bool tls) {
  constexpr std::string_view kWs = "ws";
  std::string base;
  if (public_url.starts_with(kWs)) {
    base.append("http").append(public_url.substr(kWs.size()));
  } else if (isHost(call.host)) {
    base.append(tls ? "https://" : "http://").append(call.host);
  }
  while (base.ends_with('/')) base.pop_back();
  return base;
}

}  // namespace kith::rest
