// SPDX-License-Identifier: Apache-2.0
#include <kith/signature.hpp>

#include <algorithm>
#include <memory>
#include <utility>

#include "backends/kith/http_verdict.hpp"
#include "base/redact.hpp"
#include "base/url.hpp"
#include "net/client/check_names.hpp"
#include "net/client/loop.hpp"
#include "protocol/avos/sign_contract.hpp"

namespace kith {
namespace backends {
namespace {

constexpr int kMostRedirects = 3;

/// A 4xx of the signer is its decision; anything else may be better next time.
Result<Signature> readAnswer(const Result<net::HttpAnswer>& answer,
                             const SignatureRequest& request) {
  if (!answer.ok()) {
    Error error = answer.error();
    // A page that is too long, or a thread that did not start: no refusal either.
    if (error.code == Errc::ProtocolError || error.code == Errc::Internal) {
      error.code = Errc::ServerBusy;
    }
    return error;
  }
  if (answer->status >= 200 && answer->status < 300) {
    return avos::parseSignAnswer(answer->body, request);
  }
  if (!answer->location.empty()) {
    return Error{Errc::ServerBusy, 0,
                 "sign: " + statusWords(*answer) + " points to " +
                     base::redactUrl(answer->location) +
                     ", which is not followed; check HttpSignatureOptions::url",
                 false};
  }
  if (passes(*answer)) return busyError("sign: the application's server", *answer);
  return Error{Errc::SignatureRefused, 0,
               "sign: the application's server answered " + statusWords(*answer), false};
}

/// One question, until its answer: `done` is called in any case, at the latest when it goes.
class Question : public std::enable_shared_from_this<Question> {
 public:
  Question(std::shared_ptr<net::Loop> loop, net::HttpRequest http, SignatureRequest request,
           SignatureCallback done)
      : loop_(std::move(loop)),
        http_(std::move(http)),
        request_(std::move(request)),
        done_(std::move(done)) {}
  ~Question() {
    if (done_) done_(Error{Errc::NetworkDown, 0, "sign: the process ends", false});
  }
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  /// Thread: any.
  void begin() {
    loop_->post([self = shared_from_this()] {
      self->deadline_ = self->loop_->now().mono + self->http_.timeout;
      self->ask();
    });
  }

 private:
  void ask() {
    net::HttpRequest http = http_;
    http.timeout = std::max(deadline_ - loop_->now().mono, base::Millis{1});
    loop_->http(std::move(http), [self = shared_from_this()](Result<net::HttpAnswer> answer) {
      if (answer.ok() && self->follow(*answer)) return self->ask();
      std::exchange(self->done_, nullptr)(readAnswer(answer, self->request_));
    });
  }

  /// Another path of the same server is asked with the same body; another server never, because
  /// the headers may hold a secret.
  bool follow(const net::HttpAnswer& answer) {
    const bool redirects = answer.status == 301 || answer.status == 302 || answer.status == 307 ||
                           answer.status == 308;
    if (!redirects || redirects_ == kMostRedirects) return false;
    const auto from = base::parseUrl(http_.url, "url", {"http", "https"});
    const auto to = base::parseUrl(answer.location, "location", {"http", "https"});
    if (!from || !to || from->scheme != to->scheme || from->host != to->host ||
        from->port != to->port) {
      return false;
    }
    ++redirects_;
    http_.url = answer.location;
    return true;
  }

  const std::shared_ptr<net::Loop> loop_;  // lives until the answer, though the factory may go
  net::HttpRequest http_;
  const SignatureRequest request_;
  SignatureCallback done_;
  base::Millis deadline_{0};
  int redirects_{0};
};

class HttpFactory final : public HttpSignatureFactory {
 public:
  HttpFactory(HttpSignatureOptions options, base::Url url)
      : options_(std::move(options)), url_(std::move(url)), loop_(net::Loop::make({})) {}

  void createSignature(const SignatureRequest& request, SignatureCallback done) override {
    net::HttpRequest http;
    http.method = "POST";
    http.url = base::urlBelow(url_, avos::signPath(request.action));
    http.headers = options_.headers;
    http.headers.emplace_back("Content-Type: application/json");
    http.body = avos::formatSignRequest(request);
    http.timeout = options_.timeout;
    http.tls = options_.tls;
    http.proxy = options_.proxy;
    std::make_shared<Question>(loop_, std::move(http), request, std::move(done))->begin();
  }

 private:
  const HttpSignatureOptions options_;
  const base::Url url_;
  const std::shared_ptr<net::Loop> loop_;
};

}  // namespace
}  // namespace backends

Result<std::shared_ptr<HttpSignatureFactory>> HttpSignatureFactory::make(
    HttpSignatureOptions options) {
  auto url = base::parseUrl(options.url, "url", {"http", "https"});
  if (!url) return url.error();
  if (options.timeout.count() < 1) {
    return Error{Errc::InvalidArgument, 0, "timeout: give at least 1 ms", false};
  }
  if (auto names = net::checkNames(options.tls, options.proxy); !names) return names.error();
  if (auto headers = net::checkHeaders(options.headers); !headers) return headers.error();
  return std::shared_ptr<HttpSignatureFactory>(
      std::make_shared<backends::HttpFactory>(std::move(options), *std::move(url)));
}

}  // namespace kith
