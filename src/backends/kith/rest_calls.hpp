// SPDX-License-Identifier: Apache-2.0
// The addresses and answers of what the client asks over HTTP: the router, members of a group and
// history (avos-v1 §1, §11). Pure but for the JSON; any thread.
#pragma once

#include <kith/options.hpp>
#include <kith/session_manager.hpp>
#include <kith/signature.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "net/client/loop.hpp"

namespace kith::backends {

/// An address of the service over HTTP: below the WebSocket's, with its path and without its query,
/// or else below the router's. Empty when the options are no good.
std::string serviceUrl(const Options& options, std::string_view path, std::string_view query = {});
/// Where the router is asked (avos-v1 §1.1). `path`, an addition of ours, tells it the prefix that
/// it is reached by, which a proxy may have cut off and which belongs into its answer.
std::string routeUrl(const Options& options);
std::vector<std::string> httpHeaders(const Options& options);

/// The longest answer with members: those of a group of a hundred thousand, with long ids.
inline constexpr std::size_t kMembersAnswerBytes = 16u * 1024 * 1024;

/// `proof`, unless null, goes along (decision 019).
std::string membersUrl(const Options& options, std::string_view peer_id, std::string_view group_id,
                       const Signature* proof);
Result<std::vector<std::string>> readMembers(const Result<net::HttpAnswer>& answer);

/// The longest answer to a question for so many messages: each as long as a frame may be with
/// whatever stands around it, or one answer of a server that ends it at a size of its own.
std::size_t historyAnswerBytes(int limit);

/// One request for what `query` says. `proof`, unless null, goes along (avos-v1 §11.2).
std::string historyUrl(const Options& options, std::string_view peer_id, const HistoryQuery& query,
                       const Signature* proof);
Result<std::vector<Message>> readHistory(const Result<net::HttpAnswer>& answer);

}  // namespace kith::backends
