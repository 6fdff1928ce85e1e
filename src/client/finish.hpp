// SPDX-License-Identifier: Apache-2.0
// From an operation's outcome to the application's completion.
#pragma once

#include <kith/conversation.hpp>
#include <kith/session.hpp>
#include <kith/session_manager.hpp>

#include <utility>

#include "backends/conversation_request.hpp"
#include "client/submission.hpp"

namespace kith::client {

inline Finish finishOf(Completion done) {
  if (!done) return {};
  return [done = std::move(done)](Outcome& outcome) { done(std::move(outcome.result)); };
}

inline Finish finishOf(PeersCompletion done) {
  if (!done) return {};
  return [done = std::move(done)](Outcome& outcome) {
    if (!outcome.result.ok()) return done(outcome.result.error());
    done(std::move(outcome.peers));
  };
}

inline Finish finishOf(ConversationsCompletion done) {
  if (!done) return {};
  return [done = std::move(done)](Outcome& outcome) {
    if (!outcome.result.ok()) return done(outcome.result.error());
    done(std::move(outcome.conversations->found));
  };
}

inline Finish finishOf(UnreadCompletion done) {
  if (!done) return {};
  return [done = std::move(done)](Outcome& outcome) {
    if (!outcome.result.ok()) return done(outcome.result.error());
    done(std::move(outcome.conversations->unread));
  };
}

inline Finish finishOf(MarksCompletion done) {
  if (!done) return {};
  return [done = std::move(done)](Outcome& outcome) {
    if (!outcome.result.ok()) return done(outcome.result.error());
    done(std::move(outcome.conversations->marks));
  };
}

/// Also of PageCompletion, which is the same type.
inline Finish finishOf(HistoryCompletion done) {
  if (!done) return {};
  return [done = std::move(done)](Outcome& outcome) {
    if (!outcome.result.ok()) return done(outcome.result.error());
    done(std::move(outcome.messages));
  };
}

}  // namespace kith::client
