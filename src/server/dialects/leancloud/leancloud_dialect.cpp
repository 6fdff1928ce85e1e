// SPDX-License-Identifier: Apache-2.0
#include "server/dialects/leancloud/leancloud_dialect.hpp"

#include <variant>

#include "server/core/model.hpp"
#include "server/dialects/leancloud/reading.hpp"
#include "sign/signer.hpp"

namespace kith::dialects {
namespace {

core::DialectRules rulesOf(const leancloud::Subprotocol& speaks) {
  core::DialectRules rules;
  rules.current = true;
  rules.counts_backlog = speaks.mode != 1;
  rules.hears_changes = true;
  rules.hears_marks = rules.counts_backlog;
  rules.spaced = true;
  rules.form = speaks.isBinary() ? core::FrameForm::Binary : core::FrameForm::Text;
  return rules;
}

std::string_view actionOf(core::SignedRequest::Action action) {
  switch (action) {
    case core::SignedRequest::Action::Kick: return "kick";
    case core::SignedRequest::Action::Block: return "conversation-block-clients";
    case core::SignedRequest::Action::Unblock: return "conversation-unblock-clients";
    case core::SignedRequest::Action::Decline: return "client-block-conversations";
    case core::SignedRequest::Action::Accept: return "client-unblock-conversations";
    default: return "invite";
  }
}

}  // namespace

LeancloudDialect::LeancloudDialect(std::size_t number, leancloud::Subprotocol speaks)
    : Dialect(number, rulesOf(speaks)), encoding_(speaks.encoding) {}

Result<core::Intent> LeancloudDialect::read(char* frame, std::size_t size) {
  auto decoded = decoder_.decode(encoding_, {frame, size});
  if (!decoded) return decoded.error();
  command_ = *decoded;
  return intentOf(command_, read_);
}

void LeancloudDialect::write(const core::Notice& notice, std::string& out) {
  // The frame `{}` is a heartbeat in JSON and is answered by another one (§3). Its answer is
  // written before the next frame is read, so the command is still the one that it answers.
  const bool is_pong = std::holds_alternative<core::HeartbeatReply>(notice.body);
  if (is_pong && command_.cmd == leancloud::Cmd::None) {
    return encoder_.encode({}, encoding_, out);
  }
  encoder_.encode(commandOf(notice, scratch_), encoding_, out);
}

void LeancloudDialect::writeShared(const core::Notice& notice, core::SharedFrame& out) {
  encoder_.encodeShared(commandOf(notice, scratch_), encoding_, out.bytes);
}

std::array<std::string_view, 3> LeancloudDialect::partsFor(const core::SharedFrame& frame,
                                                           const core::Peer& to) {
  frame_.clear();
  encoder_.complete(frame.bytes, encoding_, to.id, frame_);
  return {frame_, {}, {}};
}

// Login and creation are signed as a session with a list is in v1, changes of members as those of
// its groups are (§5.1).
bool LeancloudDialect::isSigned(const core::SignedRequest& request, sign::Signer& signer) const {
  using Action = core::SignedRequest::Action;
  const core::Proof& proof = request.proof;
  const bool of_session = request.action == Action::Open || request.action == Action::Watch ||
                          request.action == Action::Create;
  const auto is = [&](sign::IdOrder order) {
    const std::string text =
        of_session ? sign::sessionText(request.app_id, request.peer_id, request.ids,
                                       proof.time_text, proof.nonce, {}, order)
                   : sign::groupText(request.app_id, request.peer_id, request.group, request.ids,
                                     proof.time_text, proof.nonce, actionOf(request.action), order);
    return signer.verify(text, proof.signature);
  };
  return is(sign::IdOrder::Utf8) || is(sign::IdOrder::Utf16);
}

}  // namespace kith::dialects
