// SPDX-License-Identifier: Apache-2.0
// A query of a class, that of conversations as a rule, as a request has it: where, order, limit,
// skip, keys, count. Loop thread only.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "server/objects/selection.hpp"
#include "server/rest/route_table.hpp"
#include "server/rest/storage_calls.hpp"

namespace kith::rest {

struct ObjectQuery {
  std::string_view class_name{storage::kConversationsClass};  ///< it stays good
  std::string where;
  std::string order;
  std::string user;  ///< in whose name it is asked; empty = no peer is known
  std::size_t limit{0};
  std::size_t skip{0};
  bool count{false};
  objects::Selection keys;
};

/// The arguments of a request; or what it is refused with.
std::optional<net::HttpReply> readQuery(const Request& request, ObjectQuery& query);
/// The answer has the list as `results`.
std::optional<net::HttpReply> askObjects(StorageCalls& calls, const Request& request,
                                         ObjectQuery query);

}  // namespace kith::rest
