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
std::string withoutSlash(std::string_view url);
/// Where the service answers HTTP: at the WebSocket's address, or at the router's.
std::string httpBase(const Options& options);
std::vector<std::string> httpHeaders(const Options& options);

std::string membersUrl(const Options& options, std::string_view group_id);
Result<std::vector<std::string>> readMembers(const Result<net::HttpAnswer>& answer);

std::string historyUrl(const Options& options, std::string_view peer_id, const HistoryQuery& query);
Result<std::vector<Message>> readHistory(const Result<net::HttpAnswer>& answer);

}  // namespace kith::client
