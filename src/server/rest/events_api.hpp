// SPDX-License-Identifier: Apache-2.0
// What happened to a peer's conversations while its client was away (leancloud-current §5.4), as
// JavaScript's and Swift's clients ask for it after a pause. Owned by RestApi, loop thread only.
#pragma once

#include <optional>
#include <vector>

#include "server/rest/route_table.hpp"
#include "server/rest/storage_calls.hpp"

namespace kith::rest {

class EventsApi {
 public:
  explicit EventsApi(StorageCalls& calls) : calls_(calls) {}

  /// It outlives them.
  std::vector<Route> routes();

 private:
  std::optional<net::HttpReply> notifications(const Request& request);

  StorageCalls& calls_;
};

}  // namespace kith::rest
