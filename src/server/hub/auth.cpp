// SPDX-License-Identifier: Apache-2.0
#include "server/hub/auth.hpp"

#include "sign/signer.hpp"

namespace kith::hub {
namespace {

using base::Millis;
using wire::Command;
using wire::Field;

// Above this a time is milliseconds, as the iOS guide once said (avos-v1 §10 `t`).
constexpr std::int64_t kLargestSeconds = 100'000'000'000;
// Nothing sane is later (year 5138 in ms); keeps the arithmetic below from overflowing.
constexpr std::int64_t kLargestMillis = kLargestSeconds * 1000;

std::string_view actionOf(wire::Op op) {
  switch (op) {
    case wire::Op::Join: return "join";
    case wire::Op::Invite: return "invite";
    case wire::Op::Kick: return "kick";
    default: return {};
  }
}

Millis signedAt(const Command& command) {
  const std::int64_t time = command.time;
  return Millis(time > kLargestSeconds ? time : time * 1000);
}

}  // namespace

bool Auth::complete(const App& app, const Command& command) const {
  if (!app.signer || !command.has(Field::Signature) || !command.has(Field::Time) ||
      !command.has(Field::Nonce)) {
    return false;
  }
  if (command.time < 0 || command.time > kLargestMillis) return false;
  const Millis window = app.options.signature_window;
  const Millis age = context_.now.wall - signedAt(command);
  return window == Millis(0) || (age <= window && -age <= window);
}

template <typename MakeText>
bool Auth::matches(App& app, const Command& command, MakeText makeText) {
  // §10 "Sort order": bytes first, then the order of JavaScript's sort.
  return app.signer->verify(makeText(sign::IdOrder::Utf8), command.signature) ||
         app.signer->verify(makeText(sign::IdOrder::Utf16), command.signature);
}

bool Auth::isFresh(App& app, const Command& command) {
  // Without a window a signature is good for ever, and only the cache's size limits its memory.
  const Millis window = app.options.signature_window;
  const Millis expires = window == Millis(0) ? base::kNever : signedAt(command) + window;
  return app.nonces.accept(command.signature, expires, context_.now.wall);
}

bool Auth::allowsSession(App& app, const Command& command) {
  const bool wants_super = command.op == wire::Op::Open && command.is_super;
  if (!app.options.require_signature) return !wants_super;
  if (!complete(app, command)) return false;
  const auto good = [&](std::string_view suffix) {
    return matches(app, command, [&](sign::IdOrder order) {
      return sign::sessionText(app.options.id, command.peer_id, command.session_peer_ids,
                               command.time_text, command.nonce, suffix, order);
    });
  };
  // §17 Q1: both suffixes were documented.
  const bool valid = wants_super ? good("sp") || good("su") : good({});
  return valid && isFresh(app, command);
}

bool Auth::allowsRoom(App& app, const Command& command) {
  if (!app.options.require_signature) return true;
  if (!complete(app, command)) return false;
  // A join names nobody, whatever the frame says (§10 "ids empty for join").
  const auto ids = command.op == wire::Op::Join ? wire::IdList() : command.room_peer_ids;
  const bool valid = matches(app, command, [&](sign::IdOrder order) {
    return sign::groupText(app.options.id, command.peer_id, command.room_id, ids, command.time_text,
                           command.nonce, actionOf(command.op), order);
  });
  return valid && isFresh(app, command);
}

}  // namespace kith::hub
