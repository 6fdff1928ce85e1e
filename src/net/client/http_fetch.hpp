// SPDX-License-Identifier: Apache-2.0
// An exchange as the loop sees it: look the name up, let the HTTP thread work, complete on the
// loop's thread once. The core keeps it alive meanwhile. Loop thread only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/url.hpp"
#include "net/client/loop.hpp"
#include "net/client/loop_core.hpp"
#include "net/client/resolver.hpp"

namespace kith::net {

class HttpFetch : public std::enable_shared_from_this<HttpFetch> {
 public:
  HttpFetch(LoopCore& core, HttpRequest request, HttpCompletion done);
  ~HttpFetch();
  HttpFetch(const HttpFetch&) = delete;
  HttpFetch& operator=(const HttpFetch&) = delete;

  void begin();

 private:
  void resolved(const Addresses& answer);
  void exchange(std::vector<std::string> pins);
  void complete(Result<HttpAnswer> answer);

  LoopCore& core_;  // holds us
  HttpRequest request_;
  HttpCompletion done_;
  base::Url target_;  // what is connected to: the proxy, or the server
  base::Millis deadline_{0};
  Alarm alarm_;
};

}  // namespace kith::net
