// SPDX-License-Identifier: Apache-2.0
// What the application's threads asked for, in order, until the io thread takes it; and whether the
// manager still takes anything. Owned by ManagerImpl; any thread.
#pragma once

#include <kith/session.hpp>

#include <cstddef>
#include <memory>
#include <vector>

#include "base/sync.hpp"
#include "client/commands.hpp"
#include "client/submission.hpp"

namespace kith::client {

/// What the queue needs of its manager.
class QueueOwner {
 public:
  virtual ~QueueOwner() = default;
  /// The first command is here: there is something to close now. Under the queue's lock.
  virtual void inUse() = 0;
  /// There is something in the queue: have CommandQueue::take() called on the io thread. False:
  /// there is no io thread.
  virtual bool wake() = 0;
  /// The manager is closed, and there is no io thread for its close().
  virtual void closedWithoutThread() = 0;
  /// Runs a completion of the manager's own on the executor.
  virtual void complete(const char* name, std::function<void()> run) = 0;
};

class CommandQueue final : public Commands {
 public:
  explicit CommandQueue(QueueOwner& owner) : owner_(owner) {}

  // Commands
  bool hasRoomForCall() override;
  void submit(Submission&& submission) override { put(std::move(submission)); }
  void submit(SendCall&& call) override { put(std::move(call)); }
  void submit(ShownCall&& call) override { put(std::move(call)); }
  Error refusal(const char* name) override;

  /// Takes nothing more after this: the manager's CloseCall is the last, unless nothing ever came.
  /// `closed` runs when the close is complete, and takes the closers, of which `done` is one.
  void close(Completion done, const Finish& closed);
  /// The close is complete: the completions to run.
  std::vector<Completion> takeClosers();

  /// Swaps all that waits into `batch`, which is empty. Io thread.
  void take(std::vector<Submission>& batch);
  /// Io thread: while it is on, what comes on this thread needs no waking, because the driver
  /// drains the queue again before it returns to the loop.
  void setDraining(bool on) { draining_ = on; }
  /// Something came while it was on. Io thread.
  bool takePending() { return std::exchange(pending_, false); }
  /// True: a drain is on the stack and takes what comes, so nothing has to be woken. Io thread.
  bool joinsDrain() { return draining_ && (pending_ = true); }
  /// It was quiet for a while: gives memory back.
  void trim();
  /// Nothing is left to close.
  void ended();

 private:
  template <typename Call>
  void put(Call&& call);
  void wake();
  void refuse(Submission&& submission);
  void refuseWaiting();

  QueueOwner& owner_;
  base::Mutex mutex_;
  std::vector<Submission> queue_ KITH_GUARDED_BY(mutex_);
  bool woken_ KITH_GUARDED_BY(mutex_){false};                // take() is to come
  bool closed_ KITH_GUARDED_BY(mutex_){false};               // takes nothing more
  bool close_done_ KITH_GUARDED_BY(mutex_){false};           // the close is complete
  bool in_use_ KITH_GUARDED_BY(mutex_){false};               // there is something to close
  std::vector<Completion> closers_ KITH_GUARDED_BY(mutex_);  // are told when it is complete
  bool draining_{false};                                     // io thread
  bool pending_{false};                                      // io thread
};

}  // namespace kith::client
