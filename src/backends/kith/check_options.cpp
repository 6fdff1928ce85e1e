// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/check_options.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "base/url.hpp"
#include "base/utf8.hpp"
#include "net/client/check_names.hpp"
#include "net/client/loop.hpp"

namespace kith::backends {
namespace {

Error badArgument(std::string detail) {
  return {Errc::InvalidArgument, 0, std::move(detail), false};
}

bool hasControls(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

Result<void> checkAddresses(const Options& options) {
  if (options.app_id.empty()) return badArgument("app_id: is empty; give the application's id");
  if (!base::isUtf8(options.app_id)) return badArgument("app_id: is not UTF-8");
  // Both go into HTTP headers, where a line end would start another header.
  if (hasControls(options.app_id)) return badArgument("app_id: has control characters");
  if (hasControls(options.app_key)) return badArgument("app_key: has control characters");
  if (options.server.empty() && options.router.empty()) {
    return badArgument("server: is empty, and so is router; give one of them");
  }
  if (!options.server.empty()) {
    if (auto url = base::parseUrl(options.server, "server", {"ws", "wss"}); !url) {
      return url.error();
    }
  }
  if (!options.router.empty()) {
    if (auto url = base::parseUrl(options.router, "router", {"http", "https"}); !url) {
      return url.error();
    }
  }
  if (!options.proxy.url.empty()) {
    if (auto url = base::parseUrl(options.proxy.url, "proxy.url", {"http"}); !url) {
      return url.error();
    }
  }
  return net::checkNames(options.tls, options.proxy);
}

}  // namespace

Result<void> checkServiceOptions(const Options& options) {
  if (auto ok = checkAddresses(options); !ok) return ok;
  if (options.reactor != nullptr &&
      dynamic_cast<const net::Loop*>(options.reactor.get()) == nullptr) {
    return badArgument("reactor: was not made by kith::Reactor::make()");
  }
  return {};
}

}  // namespace kith::backends
