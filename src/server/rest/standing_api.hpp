// SPDX-License-Identifier: Apache-2.0
// What peers are in conversations and chat rooms, as an app's own server reads and changes it by
// the vendor's REST API 1.2: managers, silenced peers, blacklists, also those that are peers' own
// (leancloud-current §6). Changes go to the hub as commands, lists are asked of the storage. Owned
// by RestApi, loop thread only.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "server/rest/rest_host.hpp"
#include "server/rest/route_table.hpp"
#include "server/rest/storage_calls.hpp"

namespace kith::rest {

class StandingApi {
 public:
  /// Both outlive it.
  StandingApi(StorageCalls& calls, CommandHost& host) : calls_(calls), host_(host) {}

  /// It outlives them.
  std::vector<Route> routes();

 private:
  using Answer = std::optional<net::HttpReply>;

  void addRoles(std::vector<Route>& routes);
  void addLists(std::vector<Route>& routes);
  Answer roles(const Request& request);
  Answer addRole(const Request& request);
  Answer changeRole(const Request& request);
  Answer removeRole(const Request& request);
  Answer list(const Request& request, StandingKind kind);
  Answer change(const Request& request, StandingKind kind, bool on);
  Answer pause(const Request& request);
  Answer endPause(const Request& request);
  Answer declined(const Request& request);
  Answer decline(const Request& request, bool on);
  Answer command(const Request& request, const core::ChangeStanding& wish);

  StorageCalls& calls_;
  CommandHost& host_;
};

}  // namespace kith::rest
