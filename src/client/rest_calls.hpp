// SPDX-License-Identifier: Apache-2.0
// The two HTTP calls of the client: members of a group and history (avos-v1 §11). Pure but for the
// JSON; any thread.
#pragma once

#include <kith/options.hpp>
#include <kith/session_manager.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "net/loop.hpp"

namespace kith::client {

/// Percent-encodes everything but unreserved characters.
std::string escapeUrl(std::string_view text);
/// An address of the service over HTTP: below the WebSocket's, with its path and without its query,
/// or else below the router's. Empty when the options are no good.
std::string serviceUrl(const Options& options, std::string_view path, std::string_view query = {});
/// Where the router is asked (avos-v1 §1.1). `path`, an addition of ours, tells it the prefix that
/// it is reached by, which a proxy may have cut off and which belongs into its answer.
std::string routeUrl(const Options& options);
std::vector<std::string> httpHeaders(const Options& options);

std::string membersUrl(const Options& options, std::string_view group_id);
Result<std::vector<std::string>> readMembers(const Result<net::HttpAnswer>& answer);

std::string historyUrl(const Options& options, std::string_view peer_id, const HistoryQuery& query);
Result<std::vector<Message>> readHistory(const Result<net::HttpAnswer>& answer);

}  // namespace kith::client
