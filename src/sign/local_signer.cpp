// SPDX-License-Identifier: Apache-2.0
#include "sign/local_signer.hpp"

#include <string>
#include <vector>

#include "base/text_codes.hpp"

namespace kith::sign {
namespace {

/// The conversation that a History is about, made here of its members (avos-v1 §11.2).
std::string conversationOf(const SignatureRequest& request) {
  if (!request.group_id.empty()) return request.group_id;
  std::vector<std::string_view> all(request.peer_ids.begin(), request.peer_ids.end());
  all.push_back(request.peer_id);
  return conversationId(all);
}

}  // namespace

std::string_view actionWord(SignedAction action) {
  switch (action) {
    case SignedAction::Join: return "join";
    case SignedAction::Invite: return "invite";
    case SignedAction::Kick: return "kick";
    case SignedAction::Members: return "members";
    case SignedAction::Block: return "conversation-block-clients";
    case SignedAction::Unblock: return "conversation-unblock-clients";
    case SignedAction::Open:
    case SignedAction::Watch:
    case SignedAction::History: break;
  }
  return {};
}

std::string fieldWithColon(const SignatureRequest& request) {
  if (hasColon(request.app_id)) return "app_id";
  if (hasColon(request.peer_id)) return "peer_id";
  if (hasColon(request.group_id)) return "group_id";
  for (std::size_t i = 0; i < request.peer_ids.size(); ++i) {
    if (hasColon(request.peer_ids[i])) return "peer_ids[" + std::to_string(i) + "]";
  }
  return {};
}

kith::Signature makeSignature(Signer& signer, const SignatureRequest& request,
                              std::int64_t now_seconds, base::Random& random) {
  const std::vector<std::string_view> ids(request.peer_ids.begin(), request.peer_ids.end());
  const std::string time = std::to_string(now_seconds);
  const std::string nonce = base::makeNonce(random);
  const std::string_view action = actionWord(request.action);
  std::string text;
  if (request.action == SignedAction::History) {
    text = historyText(request.app_id, request.peer_id, conversationOf(request), nonce, time);
  } else if (action.empty()) {
    text = sessionText(request.app_id, request.peer_id, ids, time, nonce);
  } else {
    text = groupText(request.app_id, request.peer_id, request.group_id, ids, time, nonce, action);
  }
  return {signer.sign(text), now_seconds, nonce, request.peer_ids};
}

}  // namespace kith::sign
