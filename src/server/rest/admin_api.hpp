// SPDX-License-Identifier: Apache-2.0
// Apps over HTTP: adding one, changing its limits, rotating its keys. Loop thread only; what is
// asked for is carried out elsewhere, as it waits for the disk.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "server/apps/app_registry.hpp"
#include "server/rest/route_table.hpp"

namespace kith::rest {

/// What it does to the world.
class AdminHost {
 public:
  virtual ~AdminHost() = default;
  /// AdminApi::finish() is to follow, later and once the change holds.
  virtual void changeApp(apps::AppChange change) = 0;
};

class AdminApi {
 public:
  /// Both outlive it.
  AdminApi(base::Random& random, AdminHost& host) : random_(random), host_(host) {}

  /// It outlives them.
  std::vector<Route> routes();

  struct Reply {
    net::RequestId request;
    net::HttpReply reply;
  };
  /// What became of the change; there is one at a time.
  Reply finish(const apps::ChangeOutcome& outcome);

 private:
  using Answer = std::optional<net::HttpReply>;

  Answer add(const Request& request);
  Answer change(const Request& request);
  Answer rotate(const Request& request);
  /// Has it carried out; `made` are keys that the answer is to tell.
  Answer begin(const Request& request, int status, apps::AppChange change,
               const std::vector<json::JsonMember>& made);
  json::JsonMember makeKey(const std::string& name);

  struct Pending {
    net::RequestId request;
    int status;
    std::string body;
  };

  base::Random& random_;
  AdminHost& host_;
  std::optional<Pending> pending_;
};

}  // namespace kith::rest
