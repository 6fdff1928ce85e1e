// SPDX-License-Identifier: Apache-2.0
// Logins that are signed for users that only the app's own server knows (leancloud-current §6):
// `/1.1/rtm/sign`, and the same of the vendor's REST API 1.2. Owned by RestApi, loop thread only.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "server/rest/rest_host.hpp"
#include "server/rest/route_table.hpp"

namespace kith::rest {

class SignApi {
 public:
  /// Both outlive it.
  SignApi(OutboundHost& host, base::Random& random) : host_(host), random_(random) {}

  /// It outlives them.
  std::vector<Route> routes();

 private:
  using Answer = std::optional<net::HttpReply>;

  Answer sign(const Request& request, std::string_view session_token);

  OutboundHost& host_;
  base::Random& random_;
};

}  // namespace kith::rest
