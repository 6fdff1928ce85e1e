// SPDX-License-Identifier: Apache-2.0
// Router discovery (avos-v1 §1).
#include <string>
#include <utility>

#include "client/driver.hpp"
#include "client/http_verdict.hpp"
#include "client/manager_impl.hpp"
#include "client/rest_calls.hpp"
#include "wire/route.hpp"

namespace kith::client {
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

}  // namespace

void Driver::fetchRoute() {
  manager_.loop()->http(httpRequest(routeUrl(manager_.options())),
                        [this, weak = manager_.weak_from_this()](Result<net::HttpAnswer> answer) {
                          const auto alive = weak.lock();
                          if (alive == nullptr || finished_) return;
                          answerRoute(std::move(answer));
                          settle();
                        });
}

void Driver::answerRoute(Result<net::HttpAnswer> answer) {
  if (!answer.ok()) return engine_.routeAnswered(routerError(answer.error()), now());
  if (answer->status != 200) {
    Error failed = routerFailed("answered " + statusWords(*answer));
    failed.retry_after = answer->retry_after;
    return engine_.routeAnswered(std::move(failed), now());
  }
  engine_.routeAnswered(wire::parseRoute(answer->body), now());
}

}  // namespace kith::client
