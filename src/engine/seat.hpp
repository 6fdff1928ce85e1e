// SPDX-License-Identifier: Apache-2.0
// Who a session is and where it speaks: what its parts (Operations, Outbox...) have in common.
// Part of Session; one thread.
#pragma once

#include <string>
#include <utility>

#include "engine/channel.hpp"
#include "engine/events.hpp"
#include "engine/roster.hpp"

namespace kith::engine {

struct Seat {
  SessionRef ref;
  std::string peer;
  Channel& channel;
  Roster roster;
  bool silent{false};  ///< being removed: completions only, no events

  /// Nobody waits for operation 0.
  void done(OpId op, Outcome outcome) {
    if (op != 0) channel.output().done(op, std::move(outcome));
  }
  void fail(OpId op, const Error& error) { done(op, {error, {}, {}, {}}); }
  void notify(SessionEvent event) {
    if (!silent) channel.output().notify(ref, std::move(event));
  }
  std::size_t fixedBytes() const { return channel.options().app_id.size() + peer.size(); }
};

}  // namespace kith::engine
