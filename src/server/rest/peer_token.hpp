// SPDX-License-Identifier: Apache-2.0
// The token of a session over HTTP (leancloud-current §5.4, §6): what a client of the current
// protocol shows in the place of a signature. Loop thread only.
#pragma once

#include <kith/server.hpp>

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "net/server/listener.hpp"

namespace kith::rest {

/// Lower case.
inline constexpr std::string_view kSessionTokenHeader = "x-lc-im-session-token";

/// Whose session a request is of.
struct PeerJudgement {
  std::string peer;      ///< empty = it shows no token
  bool proven{false};    ///< the session was opened with a signature
  std::string_view why;  ///< the token is no good; empty = it is, or there is none
};
PeerJudgement judgePeer(const AppOptions& app, const net::HttpCall& call, base::Millis now);

/// Why the request may not read what all peers of its app may: in an app that enforces signatures
/// that takes a token of a session that was opened with one, and it must be of the peer that
/// `client_id` names. Empty = it may; then `peer` is whose it is, if that is known.
std::string_view whyNotPeer(const AppOptions& app, const net::HttpCall& call, base::Millis now,
                            std::string& peer);

}  // namespace kith::rest
