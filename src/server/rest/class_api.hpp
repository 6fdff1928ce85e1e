// SPDX-License-Identifier: Apache-2.0
// Classes over HTTP, as the vendor's clients of conversations read them (leancloud-current §6): the
// objects of conversations, and the roles of their members. Owned by RestApi, loop thread only.
#pragma once

#include <optional>
#include <vector>

#include "server/rest/route_table.hpp"
#include "server/rest/storage_calls.hpp"

namespace kith::rest {

class ClassApi {
 public:
  explicit ClassApi(StorageCalls& calls) : calls_(calls) {}

  /// It outlives them.
  std::vector<Route> routes();

 private:
  using Answer = std::optional<net::HttpReply>;

  Answer find(const Request& request);
  Answer get(const Request& request);
  Answer findServiceMessages(const Request& request);
  Answer removeServiceMessage(const Request& request);
  Answer memberInfo(const Request& request);

  StorageCalls& calls_;
};

}  // namespace kith::rest
