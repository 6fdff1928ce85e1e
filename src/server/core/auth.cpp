// SPDX-License-Identifier: Apache-2.0
#include "server/core/auth.hpp"

#include <algorithm>
#include <array>

#include "sign/signer.hpp"

namespace kith::core {
namespace {

using base::Millis;

std::string_view nameOf(SignedRequest::Action action) {
  switch (action) {
    case SignedRequest::Action::Open: return "open";
    case SignedRequest::Action::Watch: return "add";
    case SignedRequest::Action::Join: return "join";
    case SignedRequest::Action::Invite: return "invite";
    case SignedRequest::Action::Create: return "create";
    case SignedRequest::Action::Block: return "block";
    case SignedRequest::Action::Unblock: return "unblock";
    case SignedRequest::Action::Decline: return "decline";
    case SignedRequest::Action::Accept: return "accept";
    default: return "kick";
  }
}

/// Of a proof whose form is good.
Millis signedAt(const Proof& proof) { return sign::timeOfSignature(proof.time).value(); }

bool isHexDigit(char c) {
  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

bool isDigest(std::string_view text) {
  constexpr std::size_t kDigits = 40;  // HMAC-SHA1
  return text.size() == kDigits && std::all_of(text.begin(), text.end(), isHexDigit);
}

/// What may stand behind the nonce in a signed text. As a nonce it would turn a text for one thing
/// into one for another.
bool isWordOfSignedText(std::string_view nonce) {
  constexpr std::array<std::string_view, 10> kWords{"sp",
                                                    "su",
                                                    "join",
                                                    "kick",
                                                    "members",
                                                    "invite",
                                                    "conversation-block-clients",
                                                    "conversation-unblock-clients",
                                                    "client-block-conversations",
                                                    "client-unblock-conversations"};
  return std::find(kWords.begin(), kWords.end(), nonce) != kWords.end();
}

}  // namespace

Auth::Verdict Auth::judgeForm(const App& app, const SignedRequest& request) const {
  const Proof& proof = request.proof;
  if (!app.signer || !proof.given) return Refusal{SignatureFault::Missing};
  if (!isDigest(proof.signature) || !sign::timeOfSignature(proof.time) ||
      isWordOfSignedText(proof.nonce)) {
    return Refusal{SignatureFault::Malformed};
  }
  // The parts are joined by colons: with one inside of a part a text can be cut in two ways.
  if (!app.options.allow_colons &&
      (sign::hasColon(request.peer_id) || sign::hasColon(request.group) ||
       sign::hasColon(proof.nonce) ||
       std::any_of(request.ids.begin(), request.ids.end(), sign::hasColon))) {
    return Refusal{SignatureFault::Colon};
  }
  const Millis window = app.options.signature_window;
  const Millis age = context_.now.wall - signedAt(proof);
  if (window == Millis(0)) return {};
  if (age > window) return Refusal{SignatureFault::Old, age - window};
  if (-age > window) return Refusal{SignatureFault::Future, -age - window};
  return {};
}

Auth::Verdict Auth::judgeUse(App& app, const Proof& proof) {
  // Without a window a signature is good for ever, and only the cache's size limits its memory.
  const Millis window = app.options.signature_window;
  const Millis expires = window == Millis(0) ? base::kNever : signedAt(proof) + window;
  if (app.nonces.accept(proof.signature, expires, context_.now.wall)) return {};
  return Refusal{SignatureFault::Replayed};
}

Auth::Verdict Auth::judge(const Connection& connection, App& app, const SignedRequest& request) {
  if (!app.options.require_signature) {
    return request.wants_super ? Verdict(Refusal{SignatureFault::NoSuper}) : Verdict();
  }
  if (const Verdict bad = judgeForm(app, request)) return bad;
  const bool valid = connection.dialect->isSigned(request, *app.signer);
  return valid ? judgeUse(app, request.proof) : Refusal{SignatureFault::Wrong};
}

bool Auth::allows(const Connection& connection, App& app, const SignedRequest& request) {
  if (connection.service) return true;  // it has shown the master key
  const Verdict verdict = judge(connection, app, request);
  if (!verdict) return true;
  context_.output.signatureRefused({connection.id, request.app_id, request.peer_id,
                                    nameOf(request.action), verdict->fault, verdict->beyond});
  return false;
}

bool Auth::allowsSession(const Connection& connection, App& app, std::string_view peer_id,
                         const OpenSession& intent) {
  return allows(connection, app,
                {SignedRequest::Action::Open,
                 app.options.id,
                 peer_id,
                 {},
                 intent.watched,
                 intent.wants_super,
                 intent.proof});
}

bool Auth::allowsSession(const Session& session, const WatchPeers& intent) {
  App& app = session.peer->app;
  return allows(*session.connection, app,
                {SignedRequest::Action::Watch,
                 app.options.id,
                 session.peer->id,
                 {},
                 intent.peers,
                 false,
                 intent.proof});
}

bool Auth::allowsRoom(const Session& session, const ChangeMembers& intent) {
  using Action = SignedRequest::Action;
  App& app = session.peer->app;
  Action action = Action::Join;
  if (intent.change == MemberChange::Invite) action = Action::Invite;
  if (intent.change == MemberChange::Kick) action = Action::Kick;
  // A join names no peers, whatever the frame says (§10 "ids empty for join").
  const IdList ids = action == Action::Join ? IdList() : intent.peerIds();
  return allows(
      *session.connection, app,
      {action, app.options.id, session.peer->id, intent.groupId(), ids, false, intent.proof});
}

bool Auth::allowsBlock(const Session& session, const ChangeStanding& intent) {
  using Action = SignedRequest::Action;
  App& app = session.peer->app;
  const bool own = intent.kind == StandingKind::Declining;
  Action action = intent.on ? Action::Block : Action::Unblock;
  if (own) action = intent.on ? Action::Decline : Action::Accept;
  // What a peer says of itself names no other one.
  const IdList ids = own ? IdList() : intent.peers;
  return allows(*session.connection, app,
                {action, app.options.id, session.peer->id, intent.group, ids, false, intent.proof});
}

bool Auth::allowsStart(const Session& session, const StartConversation& intent, IdList members) {
  App& app = session.peer->app;
  return allows(*session.connection, app,
                {SignedRequest::Action::Create,
                 app.options.id,
                 session.peer->id,
                 {},
                 members,
                 false,
                 intent.proof});
}

}  // namespace kith::core
