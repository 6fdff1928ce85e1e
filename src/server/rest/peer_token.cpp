// SPDX-License-Identifier: Apache-2.0
#include "server/rest/peer_token.hpp"

#include <utility>

#include "server/core/session_token.hpp"

namespace kith::rest {
namespace {

constexpr std::string_view kBadToken =
    "X-LC-IM-Session-Token is no token of this app, or not good any more: open the session again";
constexpr std::string_view kNoToken =
    "this needs X-LC-IM-Session-Token of a session that was opened with a signature, or the master "
    "key";
constexpr std::string_view kOtherPeer = "X-LC-IM-Session-Token is another peer's";

}  // namespace

PeerJudgement judgePeer(const AppOptions& app, const net::HttpCall& call, base::Millis now) {
  const std::string_view text = call.header(kSessionTokenHeader);
  if (text.empty()) return {};
  sign::Signer signer = core::tokenSigner(app.id, app.master_key);
  auto token = core::readToken(text, signer, now);
  if (!token) return {{}, false, kBadToken};
  return {std::move(token->peer), token->proven, {}};
}

std::string_view whyNotPeer(const AppOptions& app, const net::HttpCall& call, base::Millis now,
                            std::string& peer) {
  PeerJudgement judged = judgePeer(app, call, now);
  if (!judged.why.empty()) return judged.why;
  if (app.require_signature && !judged.proven) return kNoToken;
  const std::string_view named = call.arg("client_id");
  if (!judged.peer.empty() && !named.empty() && named != judged.peer) return kOtherPeer;
  peer = std::move(judged.peer);
  return {};
}

}  // namespace kith::rest
