// SPDX-License-Identifier: Apache-2.0
#include "net/client/curl_exchange.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <utility>

#include "base/redact.hpp"
#include "net/client/tls_error.hpp"
#include "tls/tls_policy.hpp"

namespace kith::net {
namespace {

// Seconds. Newer versions of curl tell no longer one.
constexpr curl_off_t kLongestPause = 6 * 3600;

/// curl's own sockets would be inherited by every program that the host starts.
curl_socket_t openSocket(void*, curlsocktype, curl_sockaddr* address) {
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

}  // namespace

CurlExchange::CurlExchange(HttpJob job) : job_(std::move(job)), easy_(curl_easy_init()) {
  // The URL was looked at before the job was made.
  if (auto url = base::parseUrl(job_.request.url, "url", {"http", "https"})) url_ = *url;
  certificate_name_ =
      job_.request.tls.server_name.empty() ? url_.host : job_.request.tls.server_name;
  setRequest();
  setTls();
  setProxy();
}

CurlExchange::~CurlExchange() {
  curl_easy_cleanup(easy_);
  curl_slist_free_all(headers_);
  curl_slist_free_all(pins_);
  curl_slist_free_all(detours_);
}

void CurlExchange::setRequest() {
  const HttpRequest& request = job_.request;
  base::Url asked = url_;
  if (url_.tls() && certificate_name_ != url_.host) {
    // curl checks the certificate against the URL's host, so that is where the name must go.
    asked.host = certificate_name_;
    const std::string detour = base::formatHostPort(asked.host, url_.port) + ":" +
                               base::formatHostPort(url_.host, url_.port);
    detours_ = curl_slist_append(detours_, detour.c_str());
    headers_ = curl_slist_append(headers_,
                                 ("Host: " + base::formatHostPort(url_.host, url_.port)).c_str());
    curl_easy_setopt(easy_, CURLOPT_CONNECT_TO, detours_);
  }
  curl_easy_setopt(easy_, CURLOPT_URL, base::formatUrl(asked).c_str());
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETFUNCTION, &openSocket);
  curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  // All that curl can undo: some servers compress whether they were asked or not.
  curl_easy_setopt(easy_, CURLOPT_ACCEPT_ENCODING, "");
  const auto timeout = static_cast<long>(std::max<base::Millis::rep>(request.timeout.count(), 1));
  curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, timeout);
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, timeout);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &CurlExchange::take);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  if (job_.tunnel != nullptr) curl_easy_setopt(easy_, CURLOPT_CONNECT_ONLY, 1L);
  if (request.method == "POST" || !request.body.empty()) {
    curl_easy_setopt(easy_, CURLOPT_POST, 1L);
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, request.body.c_str());
    // curl would wait a second for "100 Continue" before a longer body.
    headers_ = curl_slist_append(headers_, "Expect:");
  }
  if (request.method != "GET" && request.method != "POST") {
    curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  for (const std::string& header : request.headers) {
    headers_ = curl_slist_append(headers_, header.c_str());
  }
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_);
  for (const std::string& pin : job_.pins) pins_ = curl_slist_append(pins_, pin.c_str());
  curl_easy_setopt(easy_, CURLOPT_RESOLVE, pins_);
}

void CurlExchange::setTls() {
  const TlsOptions& tls = job_.request.tls;
  const bool modern = tls.min_version == TlsVersion::Tls13;
  curl_easy_setopt(easy_, CURLOPT_SSLVERSION,
                   static_cast<long>(modern ? CURL_SSLVERSION_TLSv1_3 : CURL_SSLVERSION_TLSv1_2));
  // What curl has no option for; it calls this before each handshake.
  curl_easy_setopt(easy_, CURLOPT_SSL_CTX_DATA, &job_.request.tls);
  curl_easy_setopt(easy_, CURLOPT_SSL_CTX_FUNCTION, &CurlExchange::applyPolicy);
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, words_.data());
  if (!tls.ca_pem.empty()) {
    curl_blob blob{};
    blob.data = const_cast<char*>(tls.ca_pem.data());
    blob.len = tls.ca_pem.size();
    blob.flags = CURL_BLOB_COPY;
    curl_easy_setopt(easy_, CURLOPT_CAINFO_BLOB, &blob);
    curl_easy_setopt(easy_, CURLOPT_CAPATH, nullptr);
  } else if (!tls.ca_file.empty()) {
    curl_easy_setopt(easy_, CURLOPT_CAINFO, tls.ca_file.c_str());
    curl_easy_setopt(easy_, CURLOPT_CAPATH, nullptr);
  }
  if (!tls.client_cert_file.empty()) {
    const std::string& key =
        tls.client_key_file.empty() ? tls.client_cert_file : tls.client_key_file;
    curl_easy_setopt(easy_, CURLOPT_SSLCERT, tls.client_cert_file.c_str());
    curl_easy_setopt(easy_, CURLOPT_SSLKEY, key.c_str());
  }
  const bool check = !tls.dangerously_accept_any_certificate;
  curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYPEER, check ? 1L : 0L);
  curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYHOST, check ? 2L : 0L);
}

void CurlExchange::setProxy() {
  const ProxyOptions& proxy = job_.request.proxy;
  // Empty, not unset: curl would ask the environment.
  curl_easy_setopt(easy_, CURLOPT_PROXY, proxy.url.c_str());
  curl_easy_setopt(easy_, CURLOPT_NOPROXY, "");
  if (proxy.url.empty()) return;
  curl_easy_setopt(easy_, CURLOPT_HTTPPROXYTUNNEL, 1L);
  curl_easy_setopt(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (proxy.user.empty()) return;
  curl_easy_setopt(easy_, CURLOPT_PROXYAUTH, static_cast<long>(CURLAUTH_BASIC));
  curl_easy_setopt(easy_, CURLOPT_PROXYUSERNAME, proxy.user.c_str());
  curl_easy_setopt(easy_, CURLOPT_PROXYPASSWORD, proxy.password.c_str());
}

std::size_t CurlExchange::take(char* data, std::size_t one, std::size_t count, void* self) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  const std::size_t size = one * count;
  if (exchange.answer_.body.size() + size > exchange.job_.request.max_answer_bytes) {
    exchange.too_long_ = true;
    return 0;
  }
  exchange.answer_.body.append(data, size);
  return size;
}

void CurlExchange::keepTunnel(CURLcode code) {
  curl_socket_t socket = CURL_SOCKET_BAD;
  if (code != CURLE_OK || job_.tunnel == nullptr) return;
  curl_easy_getinfo(easy_, CURLINFO_ACTIVESOCKET, &socket);
  if (socket != CURL_SOCKET_BAD) job_.tunnel->keep(socket);
}

void CurlExchange::finish(CURLcode code) {
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  answer_.status = static_cast<int>(status);
  curl_off_t seconds = 0;
  curl_easy_getinfo(easy_, CURLINFO_RETRY_AFTER, &seconds);
  answer_.retry_after = std::chrono::seconds(std::clamp<curl_off_t>(seconds, 0, kLongestPause));
  const char* text = nullptr;
  if (curl_easy_getinfo(easy_, CURLINFO_CONTENT_TYPE, &text) == CURLE_OK && text != nullptr) {
    answer_.content_type = text;
  }
  if (curl_easy_getinfo(easy_, CURLINFO_REDIRECT_URL, &text) == CURLE_OK && text != nullptr) {
    answer_.location = text;
  }
  job_.done(answerFor(code));
}

Result<HttpAnswer> CurlExchange::answerFor(CURLcode code) const {
  if (code != CURLE_OK) return errorFor(code);
  if (job_.tunnel == nullptr || job_.tunnel->ok()) return answer_;
  return Error{Errc::NetworkDown, 0,
               "proxy: no file is free for its connection; raise RLIMIT_NOFILE", false};
}

/// curl's own text may quote the URL; only its fixed words are used (R25).
Error CurlExchange::errorFor(CURLcode code) const {
  const std::string what =
      job_.tunnel != nullptr
          ? "proxy: CONNECT " + base::formatHostPort(url_.host, url_.port) + ": "
          : "http: " + job_.request.method + " " + base::redactUrl(job_.request.url) + ": ";
  const auto error = [&what](Errc errc, const std::string& why) {
    return Error{errc, 0, what + why, false};
  };
  if (too_long_) {
    return error(Errc::ProtocolError, "the answer is longer than " +
                                          std::to_string(job_.request.max_answer_bytes) + " bytes");
  }
  const bool proxied = !job_.request.proxy.url.empty();
  long proxy_status = 0;
  curl_easy_getinfo(easy_, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
  if (proxy_status == 407) {
    return error(Errc::ProxyAuth,
                 "the proxy wants other credentials (407); set ProxyOptions::user and password");
  }
  if (proxied && proxy_status != 0 && proxy_status / 100 != 2) {
    return error(Errc::ProxyRefused, "the proxy answered " + std::to_string(proxy_status));
  }
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return error(Errc::Timeout,
                   "no answer within " + std::to_string(job_.request.timeout.count()) + " ms");
    case CURLE_COULDNT_RESOLVE_HOST:
      return error(Errc::NameNotResolved, "the name could not be resolved");
    case CURLE_COULDNT_RESOLVE_PROXY:
      return error(Errc::ProxyRefused, "the proxy's name could not be resolved");
    case CURLE_COULDNT_CONNECT:
      return proxied && proxy_status == 0
                 ? error(Errc::ProxyRefused, "the proxy refused the connection")
                 : error(Errc::ConnectionRefused, "the connection was refused");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: return tlsErrorFor(code);
    default:
      if (proxied && proxy_status == 0) {
        return error(Errc::ProxyRefused, curl_easy_strerror(code));
      }
      return error(Errc::NetworkDown, curl_easy_strerror(code));
  }
}

CURLcode CurlExchange::applyPolicy(CURL*, void* context, void* options) {
  tls::applyTlsPolicy(context, static_cast<const TlsOptions*>(options)->min_version);
  return CURLE_OK;
}

/// Of curl's text only OpenSSL's fixed words behind the number are used: the rest may quote the
/// URL.
std::string CurlExchange::reasonOf(CURLcode code) const {
  const std::string_view words(words_.data());
  const std::size_t at = words.rfind("::");
  return at == words.npos ? curl_easy_strerror(code) : std::string(words.substr(at + 2));
}

Error CurlExchange::tlsErrorFor(CURLcode code) const {
  if (code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_CERTPROBLEM) {
    const std::string option =
        code == CURLE_SSL_CERTPROBLEM ? "client_cert_file or client_key_file" : "ca_file or ca_pem";
    return {Errc::InvalidArgument, 0,
            "tls: TlsOptions::" + option + " is not usable: " + curl_easy_strerror(code), false};
  }
  if (code != CURLE_PEER_FAILED_VERIFICATION) {
    return tlsError(certificate_name_, reasonOf(code), job_.request.tls.min_version);
  }
  CertificateFault fault;
  curl_easy_getinfo(easy_, CURLINFO_SSL_VERIFYRESULT, &fault.number);
  // curl compares the names itself, before it asks OpenSSL for a number; 1 is where it starts.
  if (fault.number <= 1) fault.number = kHostnameMismatch;
  return certificateError(certificate_name_, fault);
}

}  // namespace kith::net
