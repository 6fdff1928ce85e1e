// SPDX-License-Identifier: Apache-2.0
#include "net/client/http_fetch.hpp"

#include <algorithm>
#include <utility>

#include "base/redact.hpp"
#include "net/client/check_names.hpp"

namespace kith::net {
namespace {

std::string bracketed(const std::string& address) {
  return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

}  // namespace

HttpFetch::HttpFetch(LoopCore& core, HttpRequest request, HttpCompletion done)
    : core_(core), request_(std::move(request)), done_(std::move(done)), alarm_([this] {
        complete(Error{Errc::Timeout, 0,
                       "dns: " + target_.host + " was not resolved within " +
                           std::to_string(request_.timeout.count()) + " ms",
                       false});
      }) {}

HttpFetch::~HttpFetch() { core_.cancel(alarm_); }

void HttpFetch::begin() {
  core_.hold(shared_from_this());
  auto url = base::parseUrl(request_.url, "url", {"http", "https"});
  if (url && !request_.proxy.url.empty()) {
    url = base::parseUrl(request_.proxy.url, "proxy.url", {"http"});
  }
  Result<void> fits = checkNames(request_.tls, request_.proxy);
  if (fits) fits = checkHeaders(request_.headers);
  if (!url || !fits) {
    // Never from inside http(): the caller may not be ready for its own completion.
    core_.soon([self = shared_from_this(), error = url ? fits.error() : url.error()] {
      self->complete(error);
    });
    return;
  }
  target_ = *url;
  deadline_ = base::systemNow().mono + request_.timeout;
  if (isNumericAddress(target_.host)) return exchange({});
  core_.arm(alarm_, deadline_);
  lookUp(target_.host, [core = core_.weak_from_this(), call = weak_from_this()](Addresses answer) {
    const auto alive = core.lock();
    if (!alive) return;
    alive->post([call, answer = std::move(answer)] {
      if (const auto self = call.lock()) self->resolved(answer);
    });
  });
}

void HttpFetch::resolved(const Addresses& answer) {
  if (!done_) return;
  core_.cancel(alarm_);
  if (!answer) {
    Error error = answer.error();
    if (!request_.proxy.url.empty()) error.code = Errc::ProxyRefused;
    return complete(std::move(error));
  }
  std::string pin = target_.host + ":" + std::to_string(target_.port) + ":";
  for (const std::string& address : *answer) {
    if (pin.back() != ':') pin += ',';
    pin += bracketed(address);
  }
  exchange({std::move(pin)});
}

void HttpFetch::exchange(std::vector<std::string> pins) {
  HttpJob job;
  job.request = request_;
  job.request.timeout = std::max(deadline_ - base::systemNow().mono, base::Millis{1});
  job.pins = std::move(pins);
  job.done = [core = core_.weak_from_this(), call = weak_from_this()](Result<HttpAnswer> answer) {
    const auto alive = core.lock();
    if (!alive) return;
    alive->post([call, answer = std::move(answer)] {
      if (const auto self = call.lock()) self->complete(answer);
    });
  };
  core_.httpWorker().add(std::move(job));
}

void HttpFetch::complete(Result<HttpAnswer> answer) {
  const auto keep = shared_from_this();
  core_.cancel(alarm_);
  core_.release(keep);
  if (const HttpCompletion done = std::exchange(done_, nullptr)) done(std::move(answer));
}

}  // namespace kith::net
