// SPDX-License-Identifier: Apache-2.0
// Which sessions a closed connection means (R10): avos-v1 §6 closes the socket of all for the fault
// of one.
#include "base/close_codes.hpp"
#include "engine/engine_state.hpp"

namespace kith::engine {
namespace {

bool isAboutTheApp(int code) {
  return code == base::kAppNotAvailable || code == base::kInvalidOrigin ||
         code == base::kAppQuotaExceeded;
}

}  // namespace

ClientEngine::State::Suspects ClientEngine::State::suspects(int code) {
  const base::CloseRule rule = base::closeRule(code);
  if (rule.kind == base::CloseClass::Transient && rule.limit == 0) return {};
  std::vector<Session*> all, asking, unanswered, open;
  for (Session* session : inOrder()) {
    if (!session->live()) continue;
    all.push_back(session);
    if (session->phase() == Session::Phase::Asking) asking.push_back(session);
    if (session->phase() != Session::Phase::Open) continue;
    open.push_back(session);
    if (channel.requests().waitsFor(session->asker())) unanswered.push_back(session);
  }
  if (isAboutTheApp(code)) return {all, false};
  if (!asking.empty()) return {asking, true};
  // A code such as 4109 is about something that was sent, so not about those who wait for nothing.
  const bool sender = rule.kind != base::CloseClass::Final && !unanswered.empty();
  return {sender ? unanswered : open, false};
}

void ClientEngine::State::setApart(Session& session) {
  if (session.alone) return;
  session.alone = true;
  alone.push_back(session.ref());
}

void ClientEngine::State::blame(int code, const Error& error, const Suspects& whom,
                                base::Instant now) {
  const base::CloseRule rule = base::closeRule(code);
  if (rule.kind == base::CloseClass::Transient && rule.limit == 0) return;
  streak = code == streak_code ? streak + 1 : 1;
  streak_code = code;
  if (whom.were_opening && rule.kind != base::CloseClass::Transient) {
    for (Session* session : whom.sessions) {
      setApart(*session);
      if (whom.sessions.size() == 1) session->refused(error, rule, now);
    }
    return;
  }
  // Renew with nobody at the door: all come back with a fresh signature anyway, but not for ever.
  if (rule.kind != base::CloseClass::Final && streak < rule.limit) return;
  streak = 0;
  for (Session* session : whom.sessions) session->finish(error);
}

}  // namespace kith::engine
