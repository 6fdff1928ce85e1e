// SPDX-License-Identifier: Apache-2.0
// The body of SessionManager: what any thread may touch. Held by the SessionManager, by every
// session, and by a list of the living from the first session until it is closed.
#pragma once

#include <kith/options.hpp>
#include <kith/session_manager.hpp>

#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/fork.hpp"
#include "base/hash_index.hpp"
#include "base/log.hpp"
#include "client/driver.hpp"
#include "client/executor_slot.hpp"
#include "client/submission.hpp"
#include "dispatch/callback_guard.hpp"
#include "dispatch/strand.hpp"
#include "engine/client_engine.hpp"
#include "net/client/loop.hpp"

namespace kith::client {

/// The callbacks that belong to no session: completions of the manager and calls of the signer.
/// They may outlive the manager, so what they need is here.
class ManagerStrand final : public dispatch::Strand<Call> {
 public:
  explicit ManagerStrand(Options& options);

  ExecutorSlot& slot() { return slot_; }
  const base::LogFront& log() const { return log_; }
  const dispatch::CallbackGuard& guard() const { return guard_; }

 protected:
  std::shared_ptr<Executor> executor() override { return slot_.get(); }
  void runItem(std::vector<Call>& batch, std::size_t index) override {
    if (batch[index].run) guard_.run(batch[index].name, "manager", batch[index].run);
  }

 private:
  void callbackThrew(std::string_view callback, std::string_view whom,
                     const std::exception_ptr& thrown) const;

  ExecutorSlot slot_;
  const base::LogFront log_;
  const std::function<void(std::exception_ptr)> told_;
  const dispatch::CallbackGuard guard_;
};

class ManagerImpl final : public std::enable_shared_from_this<ManagerImpl> {
 public:
  explicit ManagerImpl(Options options);
  ~ManagerImpl();

  // --- set once, read by anybody ---
  /// In a forked child: its locks may be held by threads that are not there.
  bool isElsewhere() const { return origin_.elsewhere(); }
  const Options& options() const { return options_; }
  const Result<void>& checked() const { return checked_; }
  const base::LogFront& log() const { return strand_->log(); }
  const dispatch::CallbackGuard& guard() const { return strand_->guard(); }
  const std::shared_ptr<net::Loop>& loop() const { return loop_; }
  ManagerStrand& strand() { return *strand_; }
  ExecutorSlot& executor() { return strand_->slot(); }
  /// A name for a message, unlike any other of any process.
  std::string makeClientId();

  // --- the application ---
  std::shared_ptr<Session> session(const std::string& peer_id);
  /// The last reference to a session is gone.
  void dropped(SessionImpl& session);
  void networkChanged();
  void pause(Completion done);
  void resume();
  void close(Completion done);
  void history(const std::string& peer_id, HistoryQuery query, HistoryCompletion done);
  ManagerStats stats() const;

  /// False: so many calls wait for the io thread that one more is refused (QueueFull).
  bool hasRoomForCall();
  /// Hands `submission` to the driver. When the manager is closed it is refused here and now.
  void submit(Submission&& submission);
  void submit(SetupCall&& call);
  /// Why a call was refused: the manager is closed, or has no thread.
  Error refusal(const char* name);
  /// As submit(), made where it stays: messages are large.
  void submit(SendCall&& call);
  void submit(ShownCall&& call);

  // --- the driver ---
  /// Hands it all that was submitted.
  void carryOut();
  /// It was quiet for a while: gives memory back.
  void trimQueue();
  void publish(const engine::EngineStats& stats);
  /// Everything is closed; lets go of itself.
  void ended();

 private:
  template <typename Call>
  void take(Call&& call);
  void wakeUp();
  void closeTold();
  void refuse(Submission&& submission);
  void refuseWaiting();
  void closedUnheard();

  const base::Origin origin_;
  const std::shared_ptr<ManagerStrand> strand_;
  const Options options_;  // without what the strand has
  const Result<void> checked_;
  const std::shared_ptr<net::Loop> loop_;  // null when the options are no good
  const std::string client_id_head_;
  std::atomic<std::uint64_t> client_ids_{0};

  mutable std::mutex sessions_mutex_;
  base::HashIndex<SessionImpl> sessions_;  // guarded by sessions_mutex_; by peer, until dropped()
  engine::SessionRef next_ref_{1};         // guarded by sessions_mutex_

  std::mutex queue_mutex_;
  std::vector<Submission> queue_;    // guarded by queue_mutex_
  bool woken_{false};                // guarded by queue_mutex_: carryOut() is to come
  bool closed_{false};               // guarded by queue_mutex_: takes nothing more
  bool told_{false};                 // guarded by queue_mutex_: the close() is complete
  std::vector<Completion> closers_;  // guarded by queue_mutex_: who waits for that
  bool kept_{false};                 // guarded by queue_mutex_: is among the living

  std::atomic<std::uint64_t> connects_{0};
  std::atomic<std::uint64_t> disconnects_{0};
  std::atomic<std::uint64_t> frames_in_{0};
  std::atomic<std::uint64_t> frames_out_{0};
  std::atomic<std::uint64_t> duplicates_{0};

  std::vector<Submission> batch_;  // loop thread only: memory for the next carryOut()
  Driver driver_;                  // loop thread only
};

}  // namespace kith::client
