// SPDX-License-Identifier: Apache-2.0
// One exchange as curl sees it: options in, Result out. HTTP thread only.
#pragma once

#include <curl/curl.h>

#include <array>
#include <string>

#include "base/url.hpp"
#include "net/client/http_worker.hpp"

namespace kith::net {

class CurlExchange {
 public:
  explicit CurlExchange(HttpJob job);
  ~CurlExchange();
  CurlExchange(const CurlExchange&) = delete;
  CurlExchange& operator=(const CurlExchange&) = delete;

  CURL* easy() const { return easy_; }
  /// Of a job that wants no more than that. curl closes the connection as the handle leaves it.
  void keepTunnel(CURLcode code);
  /// Hands the answer, or what went wrong, to the job.
  void finish(CURLcode code);

 private:
  void setRequest();
  void setTls();
  void setProxy();
  Result<HttpAnswer> answerFor(CURLcode code) const;
  Error errorFor(CURLcode code) const;
  Error tlsErrorFor(CURLcode code) const;
  std::string reasonOf(CURLcode code) const;
  static CURLcode applyPolicy(CURL* easy, void* context, void* options);
  static std::size_t take(char* data, std::size_t one, std::size_t count, void* self);

  HttpJob job_;
  base::Url url_;
  std::string certificate_name_;
  CURL* easy_;
  curl_slist* headers_{nullptr};
  curl_slist* pins_{nullptr};
  curl_slist* detours_{nullptr};
  HttpAnswer answer_;
  std::array<char, CURL_ERROR_SIZE> words_{};
  bool too_long_{false};
};

}  // namespace kith::net
