// SPDX-License-Identifier: Apache-2.0
// HTTP exchanges, on a thread of their own that starts with the first one and sleeps in curl's
// poll. Owned by the core. Names are resolved before: curl gets addresses.
#pragma once

#include <kith/result.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/client/loop.hpp"
#include "net/client/tunnel.hpp"

namespace kith::net {

struct HttpJob {
  HttpRequest request;
  std::vector<std::string> pins;   ///< `host:port:address,...`: what curl need not look up
  std::shared_ptr<Tunnel> tunnel;  ///< set: only a connection through the proxy, which goes there
  std::function<void(Result<HttpAnswer>)> done;  ///< on the worker's thread, at most once
};

class HttpWorker {
 public:
  /// Requests under way or waiting; one more fails with QueueFull.
  static constexpr std::size_t kMaxRequests = 4096;
  explicit HttpWorker(std::size_t max_requests = kMaxRequests);
  ~HttpWorker();
  HttpWorker(const HttpWorker&) = delete;
  HttpWorker& operator=(const HttpWorker&) = delete;

  /// Thread: the loop's. Blocks: never. May call `done` with an error at once.
  void add(HttpJob job);
  /// Drops what is under way; completions no longer come. Does not wait.
  void end();

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace kith::net
