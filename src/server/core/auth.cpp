// SPDX-License-Identifier: Apache-2.0
#include "server/core/auth.hpp"

#include <algorithm>
#include <array>

#include "sign/signer.hpp"

namespace kith::core {
namespace {

using avos::Command;
using avos::Field;
using base::Millis;

std::string_view actionOf(avos::Op op) {
  switch (op) {
    case avos::Op::Open: return "open";
    case avos::Op::Add: return "add";
    case avos::Op::Join: return "join";
    case avos::Op::Invite: return "invite";
    case avos::Op::Kick: return "kick";
    default: return {};
  }
}

/// Of a command whose form is good.
Millis signedAt(const Command& command) { return sign::timeOfSignature(command.time).value(); }

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
  constexpr std::array<std::string_view, 6> kWords{"sp", "su", "join", "invite", "kick", "members"};
  return std::find(kWords.begin(), kWords.end(), nonce) != kWords.end();
}

}  // namespace

Auth::Verdict Auth::judgeForm(const App& app, const Command& command, avos::IdList ids) const {
  if (!app.signer || !command.has(Field::Signature) || !command.has(Field::Time) ||
      !command.has(Field::Nonce)) {
    return Refusal{SignatureFault::Missing};
  }
  if (!isDigest(command.signature) || !sign::timeOfSignature(command.time) ||
      isWordOfSignedText(command.nonce)) {
    return Refusal{SignatureFault::Malformed};
  }
  // The parts are joined by colons: with one inside of a part a text can be cut in two ways.
  if (!app.options.allow_colons &&
      (sign::hasColon(command.peer_id) || sign::hasColon(command.room_id) ||
       sign::hasColon(command.nonce) || std::any_of(ids.begin(), ids.end(), sign::hasColon))) {
    return Refusal{SignatureFault::Colon};
  }
  const Millis window = app.options.signature_window;
  const Millis age = context_.now.wall - signedAt(command);
  if (window == Millis(0)) return {};
  if (age > window) return Refusal{SignatureFault::Old, age - window};
  if (-age > window) return Refusal{SignatureFault::Future, -age - window};
  return {};
}

template <typename MakeText>
bool Auth::matches(App& app, const Command& command, MakeText makeText) {
  // §10 "Sort order": bytes first, then the order of JavaScript's sort.
  return app.signer->verify(makeText(sign::IdOrder::Utf8), command.signature) ||
         app.signer->verify(makeText(sign::IdOrder::Utf16), command.signature);
}

Auth::Verdict Auth::judgeUse(App& app, const Command& command) {
  // Without a window a signature is good for ever, and only the cache's size limits its memory.
  const Millis window = app.options.signature_window;
  const Millis expires = window == Millis(0) ? base::kNever : signedAt(command) + window;
  if (app.nonces.accept(command.signature, expires, context_.now.wall)) return {};
  return Refusal{SignatureFault::Replayed};
}

Auth::Verdict Auth::judgeSession(App& app, const Command& command) {
  const bool wants_super = command.op == avos::Op::Open && command.is_super;
  if (!app.options.require_signature) {
    return wants_super ? Verdict(Refusal{SignatureFault::NoSuper}) : Verdict();
  }
  if (const Verdict bad = judgeForm(app, command, command.session_peer_ids)) return bad;
  const auto good = [&](std::string_view suffix) {
    return matches(app, command, [&](sign::IdOrder order) {
      return sign::sessionText(app.options.id, command.peer_id, command.session_peer_ids,
                               command.time_text, command.nonce, suffix, order);
    });
  };
  // §17 Q1: both suffixes were documented.
  const bool valid = wants_super ? good("sp") || good("su") : good({});
  return valid ? judgeUse(app, command) : Refusal{SignatureFault::Wrong};
}

Auth::Verdict Auth::judgeRoom(App& app, const Command& command) {
  if (!app.options.require_signature) return {};
  // A join names nobody, whatever the frame says (§10 "ids empty for join").
  const auto ids = command.op == avos::Op::Join ? avos::IdList() : command.room_peer_ids;
  if (const Verdict bad = judgeForm(app, command, ids)) return bad;
  const bool valid = matches(app, command, [&](sign::IdOrder order) {
    return sign::groupText(app.options.id, command.peer_id, command.room_id, ids, command.time_text,
                           command.nonce, actionOf(command.op), order);
  });
  return valid ? judgeUse(app, command) : Refusal{SignatureFault::Wrong};
}

bool Auth::tell(const Connection& connection, const App& app, const Command& command,
                const Verdict& verdict) {
  if (!verdict) return true;
  context_.output.signatureRefused({connection.id, app.options.id, command.peer_id,
                                    actionOf(command.op), verdict->fault, verdict->beyond});
  return false;
}

bool Auth::allowsSession(const Connection& connection, App& app, const Command& command) {
  return tell(connection, app, command, judgeSession(app, command));
}

bool Auth::allowsRoom(const Connection& connection, App& app, const Command& command) {
  return tell(connection, app, command, judgeRoom(app, command));
}

}  // namespace kith::core
