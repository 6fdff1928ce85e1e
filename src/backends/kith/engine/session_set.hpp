// SPDX-License-Identifier: Apache-2.0
// The sessions of an engine: how they are found, when each has something to do, and whose turn it
// is to open. Owned by ClientEngine; one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "backends/kith/engine/channel.hpp"
#include "backends/kith/engine/session.hpp"
#include "backends/kith/engine/session_table.hpp"
#include "backends/kith/engine/timers.hpp"
#include "base/clock.hpp"

namespace kith::engine {

class SessionSet {
 public:
  explicit SessionSet(Channel& channel) : channel_(channel) {}

  void add(std::unique_ptr<Session> session);
  Session* find(SessionRef ref);
  const Session* find(SessionRef ref) const { return table_.find(ref); }
  /// Whom a frame of the server is for, or null.
  Session* whoseFrame(const wire::Command& command);
  void forget(Session& session);
  std::vector<Session*> inOrder() const;
  std::size_t size() const { return table_.size(); }
  /// How many are wanted: opening, open or paused.
  std::size_t live() const { return live_; }

  /// To be called after anything happened to a session: counts, timers, whether it may open now.
  void settle(Session& session, base::Instant now);
  /// Opens the next of those that are opened one at a time.
  void startAlone(base::Instant now);
  /// Opens this session by itself until the server has let it in.
  void setApart(Session& session);

  base::Millis deadline() const { return timers_.deadline(); }
  /// The one whose deadline comes first. There is one.
  Session* first() const { return timers_.first(); }

 private:
  Channel& channel_;
  SessionTable table_;
  Timers timers_;
  Session* latest_{nullptr};        // was asked for last: most often it is again
  Session* latest_heard_{nullptr};  // the same for frames
  std::vector<SessionRef> alone_;   // in the order in which they were suspected
  std::size_t live_{0};
  std::size_t opening_{0};
};

}  // namespace kith::engine
