// SPDX-License-Identifier: Apache-2.0
// Who a session is and where it speaks: what its parts (Operations, Outbox...) have in common.
// Part of Session; one thread.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "backends/kith/engine/channel.hpp"
#include "backends/kith/engine/events.hpp"
#include "backends/kith/engine/ledger.hpp"
#include "backends/kith/engine/roster.hpp"

namespace kith::engine {

struct Seat {
  SessionRef ref;
  std::string peer;
  Channel& channel;
  Roster roster;
  bool silent{false};                ///< being removed: completions only, no events
  std::unique_ptr<Ledger> ledger{};  ///< null without a store
  Asker asker{ref};

  /// Nobody waits for operation 0.
  void done(OpId op, Outcome&& outcome) {
    if (op == 0) return;
    if (ledger != nullptr && ledger->holds()) return ledger->hold(op, std::move(outcome));
    channel.output().done(op, std::move(outcome));
  }
  void fail(OpId op, const Error& error) { done(op, {error, {}, {}, {}, {}}); }
  void notify(Event&& event) {
    if (silent) return;
    if (ledger != nullptr && ledger->holds()) return ledger->hold(std::move(event));
    channel.output().notify(ref, std::move(event));
  }
  /// To be called when the server confirmed a change of the watch list.
  void keepWatched() {
    if (ledger != nullptr) ledger->keepWatched(roster.watched());
  }
  std::size_t fixedBytes() const { return channel.options().app_id.size() + peer.size(); }
};

}  // namespace kith::engine
