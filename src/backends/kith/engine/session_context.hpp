// SPDX-License-Identifier: Apache-2.0
// What the parts of a session (Operations, Outbox...) share: its peer, its watch list, the way out.
// Part of Session; one thread.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "backends/kith/engine/commit_gate.hpp"
#include "backends/kith/engine/events.hpp"
#include "backends/kith/engine/request_mux.hpp"
#include "backends/kith/engine/watch_list.hpp"

namespace kith::engine {

struct SessionContext {
  SessionRef ref;
  std::string peer;
  RequestMux& mux;
  WatchList watch_list;
  bool silent{false};                  ///< being removed: completions only, no events
  std::unique_ptr<CommitGate> gate{};  ///< null without a store
  Requester requester{ref};

  /// Operation 0 has no completion.
  void done(OpId op, Outcome&& outcome) {
    if (op == 0) return;
    if (gate != nullptr && gate->holds()) return gate->hold(op, std::move(outcome));
    mux.output().done(op, std::move(outcome));
  }
  void fail(OpId op, const Error& error) { done(op, {error, {}, {}, {}, {}, {}}); }
  void notify(Event&& event) {
    if (silent) return;
    if (gate != nullptr && gate->holds()) return gate->hold(std::move(event));
    mux.output().notify(ref, std::move(event));
  }
  /// To be called when the server confirmed a change of the watch list.
  void keepWatched() {
    if (gate != nullptr) gate->keepWatched(watch_list.watched());
  }
  /// A message goes into the outbox, or has left it.
  void keepOutgoing(const Message& message, const std::string& client_id, base::Instant now) {
    if (gate == nullptr || message.transient) return;
    gate->keep(store_change::AddOutgoing{{client_id, message, Timestamp{now.wall}}});
  }
  void forgetOutgoing(const Message& message, const std::string& client_id) {
    if (gate == nullptr || message.transient) return;
    gate->keep(store_change::RemoveOutgoing{client_id});
  }
  std::size_t fixedBytes() const { return mux.options().app_id.size() + peer.size(); }
};

}  // namespace kith::engine
