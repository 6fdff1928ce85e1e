// SPDX-License-Identifier: Apache-2.0
#include <kith/signature.hpp>

#include <memory>
#include <utility>

#include "base/url.hpp"
#include "client/check.hpp"
#include "net/check_names.hpp"
#include "net/loop.hpp"
#include "wire/sign_contract.hpp"

namespace kith {
namespace client {
namespace {

/// A 4xx is the signer's decision; anything else may be better next time.
Result<Signature> readAnswer(const Result<net::HttpAnswer>& answer,
                             const SignatureRequest& request) {
  if (!answer.ok()) return answer.error();
  if (answer->status == 200) return wire::parseSignAnswer(answer->body, request);
  const std::string status =
      "sign: the application's server answered HTTP " + std::to_string(answer->status);
  if (answer->status >= 400 && answer->status < 500) {
    return Error{Errc::SignatureRefused, 0, status, false};
  }
  return Error{Errc::ServerBusy, 0, status, false};
}

class HttpFactory final : public HttpSignatureFactory {
 public:
  HttpFactory(HttpSignatureOptions options, base::Url url)
      : options_(std::move(options)), url_(std::move(url)), loop_(net::Loop::make({})) {}

  void createSignature(const SignatureRequest& request, SignatureCallback done) override {
    net::HttpRequest http;
    http.method = "POST";
    http.url = base::urlBelow(url_, wire::signPath(request.action));
    http.headers = options_.headers;
    http.headers.emplace_back("Content-Type: application/json");
    http.body = wire::formatSignRequest(request);
    http.timeout = options_.timeout;
    http.tls = options_.tls;
    http.proxy = options_.proxy;
    // The loop lives until the answer, though the factory may go: `done` is called in any case.
    loop_->post([loop = loop_, http = std::move(http), request, done = std::move(done)]() mutable {
      loop->http(std::move(http),
                 [loop, request, done = std::move(done)](Result<net::HttpAnswer> answer) {
                   done(readAnswer(answer, request));
                 });
    });
  }

 private:
  const HttpSignatureOptions options_;
  const base::Url url_;
  const std::shared_ptr<net::Loop> loop_;
};

}  // namespace
}  // namespace client

Result<std::shared_ptr<HttpSignatureFactory>> HttpSignatureFactory::make(
    HttpSignatureOptions options) {
  auto url = base::parseUrl(options.url, "url", {"http", "https"});
  if (!url) return url.error();
  if (options.timeout.count() < 1) return client::badArgument("timeout: give at least 1 ms");
  if (auto names = net::checkNames(options.tls, options.proxy); !names) return names.error();
  if (auto headers = net::checkHeaders(options.headers); !headers) return headers.error();
  return std::shared_ptr<HttpSignatureFactory>(
      std::make_shared<client::HttpFactory>(std::move(options), *std::move(url)));
}

}  // namespace kith
