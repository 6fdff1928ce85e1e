// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/router.hpp"

#include <string>
#include <utility>

#include "backends/kith/http_verdict.hpp"
#include "backends/kith/rest_calls.hpp"
#include "protocol/avos/route.hpp"

namespace kith::backends {
namespace {

Error routerFailed(const std::string& why) {
  return {Errc::RouterFailed, 0, "router: " + why + "; check Options::router", false};
}

/// What went wrong on the way keeps its own code where that says more about the cure.
Error routerError(const Error& error) {
  switch (error.code) {
    case Errc::NetworkDown:
    case Errc::ConnectionRefused:
    case Errc::Timeout: return routerFailed(error.detail);
    default: return error;
  }
}

Result<base::Route> readRoute(const Result<net::HttpAnswer>& answer) {
  if (!answer.ok()) return routerError(answer.error());
  if (answer->status == 200) return avos::parseRoute(answer->body);
  Error failed = routerFailed("answered " + statusWords(*answer));
  failed.retry_after = answer->retry_after;
  return failed;
}

}  // namespace

Router::Router(const Context& context, Answered answered)
    : context_(context), answered_(std::move(answered)) {}

void Router::ask() {
  context_.loop().http(context_.httpRequest(routeUrl(context_.options())),
                       [this, life = context_.life()](const Result<net::HttpAnswer>& answer) {
                         if (life.expired()) return;
                         answered_(readRoute(answer));
                         context_.turnEnded();
                       });
}

}  // namespace kith::backends
