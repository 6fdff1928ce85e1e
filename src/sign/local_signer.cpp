// SPDX-License-Identifier: Apache-2.0
#include "sign/local_signer.hpp"

#include <string>
#include <vector>

#include "base/text_codes.hpp"

namespace kith::sign {

std::string_view actionWord(SignedAction action) {
  switch (action) {
    case SignedAction::Join: return "join";
    case SignedAction::Invite: return "invite";
    case SignedAction::Kick: return "kick";
    case SignedAction::Open:
    case SignedAction::Watch: break;
  }
  return {};
}

std::string fieldWithColon(const SignatureRequest& request) {
  const auto bad = [](const std::string& text) { return text.find(':') != text.npos; };
  if (bad(request.app_id)) return "app_id";
  if (bad(request.peer_id)) return "peer_id";
  if (bad(request.group_id)) return "group_id";
  for (std::size_t i = 0; i < request.peer_ids.size(); ++i) {
    if (bad(request.peer_ids[i])) return "peer_ids[" + std::to_string(i) + "]";
  }
  return {};
}

kith::Signature makeSignature(Signer& signer, const SignatureRequest& request,
                              std::int64_t now_seconds, base::Random& random) {
  const std::vector<std::string_view> ids(request.peer_ids.begin(), request.peer_ids.end());
  const std::string time = std::to_string(now_seconds);
  const std::string nonce = base::makeNonce(random);
  const std::string_view action = actionWord(request.action);
  const std::string text =
      action.empty()
          ? sessionText(request.app_id, request.peer_id, ids, time, nonce)
          : groupText(request.app_id, request.peer_id, request.group_id, ids, time, nonce, action);
  return {signer.sign(text), now_seconds, nonce, request.peer_ids};
}

}  // namespace kith::sign
