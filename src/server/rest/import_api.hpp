// SPDX-License-Identifier: Apache-2.0
// Another service's data over HTTP, with the master key: lines of an export come in, and what
// became of them goes back (docs/rescue.md). Owned by RestApi, loop thread only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/rest/import_rows.hpp"
#include "server/rest/route_table.hpp"
#include "server/rest/storage_calls.hpp"

namespace kith::rest {

class ImportApi {
 public:
  /// Both outlive it.
  ImportApi(StorageCalls& calls, ImportHost& host) : calls_(calls), host_(host) {}

  /// It outlives them.
  std::vector<Route> routes();

 private:
  using Answer = std::optional<net::HttpReply>;

  Answer messages(const Request& request);
  Answer standings(const Request& request);
  Answer objects(const Request& request);
  /// Of the peers of the request's app.
  IsOnline presenceIn(const Request& request);
  /// `make` makes the request to the storage, of rows that live as long as it does.
  template <typename Make>
  Answer begin(const Request& request, ImportedRows rows, Make make);

  net::HttpReply finish(std::string_view app_id, std::vector<storage::ImportFault> faults,
                        storage::Imported& result);

  StorageCalls& calls_;
  ImportHost& host_;
};

}  // namespace kith::rest
