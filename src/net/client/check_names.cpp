// SPDX-License-Identifier: Apache-2.0
#include "net/client/check_names.hpp"

#include <algorithm>
#include <string_view>

namespace kith::net {
namespace {

Error bad(const std::string& what) { return {Errc::InvalidArgument, 0, what, false}; }

bool hasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

// Of an address, too.
bool isHostName(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == ':';
  });
}

}  // namespace

Result<void> checkNames(const TlsOptions& tls, const ProxyOptions& proxy) {
  if (!isHostName(tls.server_name)) {
    return bad("tls.server_name: has characters that no host name has");
  }
  if (hasControl(proxy.user) || hasControl(proxy.password)) {
    return bad("proxy: user or password has a control character; Basic authentication has none");
  }
  if (proxy.user.find(':') != std::string::npos) {
    return bad("proxy: user has a colon; Basic authentication ends the name there");
  }
  return {};
}

Result<void> checkHeaders(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    if (hasControl(line)) return bad("headers: a header line must not contain a line end");
    const std::size_t colon = line.find(':');
    if (colon == 0 || colon == std::string::npos) {
      return bad("headers: a header line is `Name: value`");
    }
  }
  return {};
}

}  // namespace kith::net
