// SPDX-License-Identifier: Apache-2.0
// The sessions of an engine: how they are found, when each has something to do, and which of
// them opens next. Owned by ClientEngine; one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "backends/kith/engine/request_mux.hpp"
#include "backends/kith/engine/session.hpp"
#include "backends/kith/engine/session_table.hpp"
#include "backends/kith/engine/session_timers.hpp"
#include "base/clock.hpp"

namespace kith::engine {

class SessionSet {
 public:
  explicit SessionSet(RequestMux& mux) : mux_(mux) {}

  void add(std::unique_ptr<Session> session);
  Session* find(SessionRef ref);
  const Session* find(SessionRef ref) const { return table_.find(ref); }
  /// The session that a frame of the server is for, or null; `peer` is empty when it names none.
  Session* whose(std::string_view peer);
  void forget(Session& session);
  std::vector<Session*> inOrder() const;
  std::size_t size() const { return table_.size(); }
  /// How many are wanted: opening, open or paused.
  std::size_t live() const { return live_; }

  /// To be called after anything happened to a session: counts, timers, whether it may open now.
  void settle(Session& session, base::Instant now);
  /// Opens the next quarantined session, if none is opening.
  void openQuarantined(base::Instant now);
  /// Until it is open, this session opens while no other does.
  void quarantine(Session& session);

  base::Millis deadline() const { return timers_.deadline(); }
  /// The session of deadline(). There is one.
  Session* first() const { return timers_.first(); }

 private:
  RequestMux& mux_;
  SessionTable table_;
  SessionTimers timers_;
  Session* latest_{nullptr};            // was asked for last: most often it is again
  Session* latest_heard_{nullptr};      // the same for frames
  std::vector<SessionRef> quarantine_;  // in the order in which they came
  std::size_t live_{0};
  std::size_t opening_{0};
};

}  // namespace kith::engine
