// SPDX-License-Identifier: Apache-2.0
#include "server/rest/read_auth.hpp"

#include <algorithm>
#include <optional>

#include "base/ascii.hpp"

namespace kith::rest {
namespace {

// Clients show the first 120 bytes.
constexpr std::string_view kMissing =
    "reading needs a signature of the app's server (peerid, nonce, signature_ts, signature) or the "
    "master key";
constexpr std::string_view kNoTime = "signature_ts is no time in seconds";
constexpr std::string_view kOutOfWindow =
    "signature_ts is too old or too far ahead: ask for a new signature, and check the clocks";
constexpr std::string_view kAmbiguous =
    "the nonce could be taken for a time (nine digits or more), or has a colon: the signing server "
    "must choose another";
constexpr std::string_view kBad =
    "the signature is not for this peer and what it reads: check the master key of the signing "
    "server";
constexpr std::string_view kUsed = "the signature was used before: ask for a new one";

// Digits of the shortest time that a signature of our days has, and one less.
constexpr std::size_t kTimeDigits = 9;

std::optional<base::Millis> readTime(std::string_view text) {
  const auto time = base::readNumber<std::int64_t>(text);
  if (!time) return {};
  return sign::timeOfSignature(*time);
}

/// A session is signed as `app:peer:ids:t:n`, and that text is the one of a history whose nonce is
/// the session's time and whose time is the session's nonce, which some signers take from a clock.
bool couldBeATime(std::string_view nonce) {
  return nonce.size() >= kTimeDigits &&
         std::all_of(nonce.begin(), nonce.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

void ReadAuth::setApps(const apps::AppSnapshot& apps) {
  for (const AppOptions& app : apps.apps()) {
    const auto known = keys_.find(app.id);
    if (known == keys_.end()) {
      if (!app.require_signature) continue;
      keys_.emplace(app.id, Keys{app.master_key, sign::Signer(app.master_key),
                                 core::NonceCache(app.nonce_cache)});
      continue;
    }
    Keys& keys = known->second;
    keys.used.setCapacity(app.nonce_cache);
    if (!app.require_signature || keys.master_key == app.master_key) continue;
    keys.master_key = app.master_key;
    keys.signer = sign::Signer(app.master_key);
  }
}

std::string_view ReadAuth::judge(const AppOptions& app, const net::HttpCall& call,
                                 std::string_view id, base::Millis now,
                                 const std::function<std::string()>& signedText) {
  if (!app.require_signature) return {};
  Keys& keys = keys_.find(app.id)->second;
  for (const std::string_view name : {"peerid", "nonce", "signature_ts", "signature"}) {
    if (call.arg(name).empty()) return kMissing;
  }
  const auto time = readTime(call.arg("signature_ts"));
  if (!time) return kNoTime;
  const base::Millis window = app.signature_window;
  const bool forever = window == base::Millis(0);
  if (!forever && (now - *time > window || *time - now > window)) return kOutOfWindow;
  // Without colons in what stands behind the peer, the text has one meaning only.
  const std::string_view nonce = call.arg("nonce");
  if (sign::hasColon(nonce) || couldBeATime(nonce)) return kAmbiguous;
  const std::string_view signature = call.arg("signature");
  if (sign::hasColon(id) || !keys.signer.verify(signedText(), signature)) return kBad;
  return keys.used.accept(signature, forever ? base::kNever : *time + window, now) ? "" : kUsed;
}

bool ReadAuth::isForgery(std::string_view why) { return why == kBad; }

std::string_view ReadAuth::whyNotHistory(const AppOptions& app, const net::HttpCall& call,
                                         std::string_view conv_id, base::Millis now) {
  return judge(app, call, conv_id, now, [&] {
    return sign::historyText(app.id, call.arg("peerid"), conv_id, call.arg("nonce"),
                             call.arg("signature_ts"));
  });
}

std::string_view ReadAuth::whyNotMembers(const AppOptions& app, const net::HttpCall& call,
                                         std::string_view group_id, base::Millis now) {
  return judge(app, call, group_id, now, [&] {
    return sign::groupText(app.id, call.arg("peerid"), group_id, {}, call.arg("signature_ts"),
                           call.arg("nonce"), "members");
  });
}

}  // namespace kith::rest
