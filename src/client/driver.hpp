// SPDX-License-Identifier: Apache-2.0
// The io thread's side of a manager: hands what the application asked for to the backend, and what
// the backend reports to the sessions' strands. Owned by ManagerImpl; loop thread only, but for
// the constructor, the destructor and stats().
#pragma once

#include <kith/session_manager.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "backends/backend.hpp"
#include "client/command_queue.hpp"
#include "client/item.hpp"
#include "client/ops.hpp"
#include "client/session_slots.hpp"

namespace kith::client {

class Driver final : private backends::BackendUser {
 public:
  /// `queue` outlives it. `ended` is called when everything is closed, as the last thing.
  Driver(const backends::DriverHost& host, const backends::BackendKind& kind, CommandQueue& queue,
         std::function<void()> ended);
  ~Driver() override;

  /// Hands what is in the queue to the backend.
  void drain();
  /// Any thread.
  ManagerStats stats() const;
  const backends::Counters& counters() const { return *counters_; }

 private:
  struct PendingClose {
    std::shared_ptr<SessionImpl> session;
    Finish finish;
    Outcome outcome;
  };

  // BackendUser
  void done(OpId op, Outcome&& outcome) override;
  void notify(SessionRef session, Event&& event) override;
  void turnEnded() override;
  void timePassed() override;

  // One for each kind of Submission.
  void execute(std::monostate) {}
  void execute(SendCall& call);
  void execute(ShownCall& call);
  void execute(NewCall& call);
  void execute(const GoneCall& call);
  void execute(OpCall& call);
  void execute(const HintCall& call) { call.give(*backend_); }
  void execute(CloseCall& call);

  void forget(SessionRef session);
  /// With the next deliver() or, for a session that is forgotten, at once.
  template <typename Kind>
  void stage(const std::shared_ptr<SessionImpl>& session, Kind&& item);
  /// After each burst of calls, and of what the backend told: hands everything on.
  void settle();
  void deliver();
  void finishCloses();
  void finishManager(Finish finish, Outcome outcome);
  void end();

  const backends::DriverHost host_;
  CommandQueue& queue_;
  const std::function<void()> ended_;
  OpTable ops_;
  SessionSlots slots_;
  std::vector<PendingClose> closes_;
  std::vector<Submission> batch_;  // memory for the next drain()
  bool finished_{false};
  bool overrun_{false};                         // a server's events outrun the application
  bool second_drain_{false};                    // inside the second drain of settle()
  std::shared_ptr<backends::Backend> backend_;  // until everything is closed; goes first
  const std::shared_ptr<const backends::Counters> counters_;
};

}  // namespace kith::client
