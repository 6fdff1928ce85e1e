// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/context.hpp"

#include "base/url.hpp"

namespace kith::backends {

net::HttpRequest Context::httpRequest(std::string url) const {
  warnOfAnyCertificate(url);
  net::HttpRequest request;
  request.url = std::move(url);
  request.timeout = options().connect_timeout;
  request.tls = options().tls;
  request.proxy = options().proxy;
  return request;
}

void Context::warnOfAnyCertificate(const std::string& url) const {
  if (!options().tls.dangerously_accept_any_certificate) return;
  if (const auto parsed = base::parseUrl(url, "url"); !parsed || !parsed->tls()) return;
  log().log(LogLevel::Warn, "client",
            "TlsOptions::dangerously_accept_any_certificate is set: whoever sits on the line can "
            "read and change everything");
}

}  // namespace kith::backends
