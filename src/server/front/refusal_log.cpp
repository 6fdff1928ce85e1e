// SPDX-License-Identifier: Apache-2.0
#include "server/front/refusal_log.hpp"

#include <string>
#include <utility>

#include "base/redact.hpp"

namespace kith::front {
namespace {

using core::SignatureFault;

/// Lines a second, and lines after a quiet while.
constexpr base::Rate kLines{1, 10};
/// Between two lines about connections.
constexpr base::Millis kPause{10'000};

std::string seconds(base::Millis time) {
  return std::to_string((time.count() + 999) / 1000) + " s";
}

std::string causeOf(const core::RefusedSignature& refused) {
  switch (refused.fault) {
    case SignatureFault::Missing: return "missing: the command has no s, t or n";
    case SignatureFault::Malformed: return "malformed: no 40 hex digits, no time, or a bad nonce";
    case SignatureFault::Colon: return "a colon in an id or the nonce; see allow_colons";
    case SignatureFault::Old: return "expired " + seconds(refused.beyond) + " ago";
    case SignatureFault::Future:
      return "from the future, " + seconds(refused.beyond) + " beyond the window";
    case SignatureFault::Wrong:
      return "wrong: another key, app, peer, list, time or nonce was signed";
    case SignatureFault::Replayed: return "replayed: it was used before";
    case SignatureFault::NoSuper: break;
  }
  return "the app does not require signatures, so it has no super peers";
}

}  // namespace

bool RefusalLog::mayTell(base::Millis now) {
  if (!log_.on(LogLevel::Warn)) return false;
  if (lines_.take(kLines, 1, now)) return true;
  ++untold_;
  return false;
}

void RefusalLog::tell(std::string text) {
  if (untold_ > 0) text += " (and " + std::to_string(untold_) + " more in between)";
  untold_ = 0;
  log_.log(LogLevel::Warn, "front", text);
}

void RefusalLog::add(const core::RefusedSignature& refused, base::Millis now) {
  if (!mayTell(now)) return;
  std::string text = "connection " + std::to_string(refused.connection) + ": signature for ";
  text.append(refused.action).append(" of peer '").append(base::cleanWords(refused.peer_id));
  text.append("' of app '").append(base::cleanWords(refused.app_id)).append("' refused: ");
  tell(text + causeOf(refused));
}

// The path names groups at most; what is behind it may hold signatures.
void RefusalLog::addRead(const net::HttpCall& call, std::string_view app_id, std::string_view why,
                         base::Millis now) {
  if (!mayTell(now)) return;
  std::string text = "http: read by peer '" + base::cleanWords(call.arg("peerid"));
  text.append("' of app '").append(base::cleanWords(app_id)).append("' refused: ").append(why);
  text.append(" (").append(base::cleanWords(call.method)).append(" ");
  text.append(base::cleanWords(call.path)).append(" from ").append(call.remote.text()).append(")");
  tell(std::move(text));
}

void RefusalLog::observeConnections(std::uint64_t dropped, std::uint64_t refused,
                                    base::Millis now) {
  if (dropped == told_dropped_ && refused == told_refused_) return;
  if (now < tell_connections_at_) return;
  log_.log(LogLevel::Warn, "front", [&] {
    return "of the new connections " + std::to_string(dropped - told_dropped_) +
           " were closed and " + std::to_string(refused - told_refused_) +
           " told 503: an address has too many or comes too fast, or the server is full";
  });
  told_dropped_ = dropped;
  told_refused_ = refused;
  tell_connections_at_ = now + kPause;
}

}  // namespace kith::front
