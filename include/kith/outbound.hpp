// SPDX-License-Identifier: Apache-2.0
// Questions of a server to an app's own server.
#pragma once

#include <kith/result.hpp>

#include <cstddef>
#include <functional>
#include <string>

namespace kith {

/// What of an answer is looked at, in bytes: a longer one counts as none.
inline constexpr std::size_t kOutboundReplyBytes = 16 * 1024;

/// A POST to an app's own server.
struct OutboundCall {
  /// `http://` or `https://`, as the app's settings have it.
  std::string url;
  /// JSON. It may hold what a user is known by: never write it anywhere.
  std::string body;
};

/// What came back.
struct OutboundReply {
  /// Of HTTP.
  int status{0};
  /// At most kOutboundReplyBytes.
  std::string body;
};

/// Carries a call out. Errors: any; the client that waits for it is told to come again.
/// Thread: one of the server's own, which may wait; several at a time. Blocks: ten seconds at most,
/// as Server::stop() waits for it. Callback: none. Lifetime: ends before the server does.
using Outbound = std::function<Result<OutboundReply>(const OutboundCall& call)>;

}  // namespace kith
