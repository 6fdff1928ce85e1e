// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/close_attribution.hpp"

#include "base/close_codes.hpp"

namespace kith::engine {
namespace {

bool isAboutTheApp(int code) {
  return code == base::kAppNotAvailable || code == base::kInvalidOrigin ||
         code == base::kAppQuotaExceeded;
}

}  // namespace

CloseAttribution::Attribution CloseAttribution::attribute(int code) const {
  const base::CloseRule rule = base::closeRule(code);
  if (rule.kind == base::CloseClass::Transient && rule.limit == 0) return {};
  std::vector<Session*> all, asking, unanswered, open;
  for (Session* session : sessions_.inOrder()) {
    if (!session->live()) continue;
    all.push_back(session);
    if (session->phase() == Session::Phase::Asking) asking.push_back(session);
    if (session->phase() != Session::Phase::Open) continue;
    open.push_back(session);
    if (mux_.requests().waitsFor(session->requester())) unanswered.push_back(session);
  }
  if (isAboutTheApp(code)) return {all, false};
  if (!asking.empty()) return {asking, true};
  // A code such as 4109 is about something that was sent, so not about sessions that wait for
  // nothing.
  const bool sender = rule.kind != base::CloseClass::Final && !unanswered.empty();
  return {sender ? unanswered : open, false};
}

void CloseAttribution::apply(int code, const Error& error, const Attribution& attribution,
                             base::Instant now) {
  const base::CloseRule rule = base::closeRule(code);
  if (rule.kind == base::CloseClass::Transient && rule.limit == 0) return;
  streak_ = code == streak_code_ ? streak_ + 1 : 1;
  streak_code_ = code;
  if (attribution.were_opening && rule.kind != base::CloseClass::Transient) {
    for (Session* session : attribution.sessions) {
      sessions_.quarantine(*session);
      if (attribution.sessions.size() == 1) session->refused(error, rule, now);
    }
    return;
  }
  // Renew while none was opening: all open again with a fresh signature anyway, but not for ever.
  if (rule.kind != base::CloseClass::Final && streak_ < rule.limit) return;
  streak_ = 0;
  for (Session* session : attribution.sessions) session->finish(error);
}

}  // namespace kith::engine
