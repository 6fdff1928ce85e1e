// SPDX-License-Identifier: Apache-2.0
#include "server/dialects/kith/kith_dialect.hpp"

#include <variant>

#include "base/text_codes.hpp"
#include "protocol/kith/subprotocol.hpp"

namespace kith::dialects {
namespace {

/// What is around it has room in limits::kClientFrameBytes.
constexpr std::size_t kAnswerBytes = 768 * 1024;

core::DialectRules kithRules() {
  core::DialectRules rules;
  rules.watch_before_send = true;
  rules.silent_refusals = true;
  rules.hears_changes = true;
  rules.hears_marks = true;
  rules.answers_marks = true;
  rules.answer_bytes = kAnswerBytes;
  return rules;
}

/// Whether v1 has no words for it.
struct IsCurrent {
  bool operator()(const core::ConversationStarted&) const { return true; }
  bool operator()(const core::ConversationsFound&) const { return true; }
  bool operator()(const core::MessagesRead&) const { return true; }
  bool operator()(const core::EditReply&) const { return true; }
  bool operator()(const core::ConversationUpdateReply&) const { return true; }
  bool operator()(const core::CountReply&) const { return true; }
  bool operator()(const core::MarksReply&) const { return true; }
  bool operator()(const core::MembershipReply&) const { return true; }
  bool operator()(const core::MembersListed&) const { return true; }
  bool operator()(const core::StandingReply&) const { return true; }
  bool operator()(const core::StandingsListed&) const { return true; }
  bool operator()(const core::DeclinedListed&) const { return true; }
  bool operator()(const core::StandingChanged&) const { return true; }
  bool operator()(const core::ChangesTold&) const { return true; }
  bool operator()(const core::EditsTold&) const { return true; }
  bool operator()(const core::UnreadCounts&) const { return true; }
  bool operator()(const core::MessageEdited&) const { return true; }
  bool operator()(const core::ConversationUpdated&) const { return true; }
  bool operator()(const core::RequestRefused&) const { return true; }
  template <typename Other>
  bool operator()(const Other&) const {
    return false;
  }
};

bool isCurrent(const core::Notice& notice) { return std::visit(IsCurrent{}, notice.body); }

}  // namespace

KithDialect::KithDialect(std::size_t number)
    : Dialect(number, kithRules()),
      v1_(number, AvosWords::Kith),
      current_(number, {leancloud::Encoding::Json, 3}) {}

Result<core::Intent> KithDialect::read(char* frame, std::size_t size) {
  if (subprotocol::isCurrent({frame, size})) return current_.read(frame, size);
  Result<core::Intent> intent = v1_.read(frame, size);
  if (!intent) return intent;
  const auto* const message = std::get_if<core::SendMessage>(&intent->body);
  if (message && message->binary && !isBase64(message->text)) {
    return Error{Errc::ProtocolError, 0, "frame: binaryMsg is not base64", false};
  }
  return intent;
}

void KithDialect::write(const core::Notice& notice, std::string& out) {
  isCurrent(notice) ? current_.write(notice, out) : v1_.write(notice, out);
}

void KithDialect::writeShared(const core::Notice& notice, core::SharedFrame& out) {
  if (!isCurrent(notice)) return v1_.writeShared(notice, out);
  current_.writeShared(notice, out);
  // Whichever wrote it, the receiver stands in front as v1 has it: see partsFor().
  out.bytes.insert(0, 1, ',');
}

std::array<std::string_view, 3> KithDialect::partsFor(const core::SharedFrame& frame,
                                                      const core::Peer& to) {
  return v1_.partsFor(frame, to);
}

bool KithDialect::isBase64(std::string_view text) {
  bytes_.resize(base::mostBase64Bytes(text.size()));
  return base::readBase64(text, bytes_.data()).has_value();
}

// v1 has no creation with members, keeps no peer out, and has none that declines: these are signed
// as the current protocol has it.
bool KithDialect::isSigned(const core::SignedRequest& request, sign::Signer& signer) const {
  using Action = core::SignedRequest::Action;
  const bool current = request.action == Action::Create || request.action == Action::Block ||
                       request.action == Action::Unblock || request.action == Action::Decline ||
                       request.action == Action::Accept;
  return current ? current_.isSigned(request, signer) : v1_.isSigned(request, signer);
}

}  // namespace kith::dialects
