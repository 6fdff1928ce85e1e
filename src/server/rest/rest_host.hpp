// SPDX-License-Identifier: Apache-2.0
// What REST does to the world: the driver behind it. Loop thread only.
#pragma once

#include <cstdint>
#include <string_view>

#include "net/server/listener.hpp"

namespace kith::rest {

class RestHost {
 public:
  virtual ~RestHost() = default;
  /// Once for each request.
  virtual void reply(net::RequestId request, net::HttpReply reply) = 0;
  /// RestApi::body() or gone() is to follow.
  virtual void takeBody(net::RequestId request, std::uint64_t limit) = 0;
  /// A request without a good key or signature, and what its answer says; `forged`: no key of ours
  /// made what it showed.
  virtual void refused(const net::HttpCall& call, std::string_view app_id, std::string_view why,
                       bool forged) = 0;
};

}  // namespace kith::rest
