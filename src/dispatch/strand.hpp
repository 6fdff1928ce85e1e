// SPDX-License-Identifier: Apache-2.0
// Items that run in order, never two at once and never under a lock, on an executor that may have
// many threads. A burst of items costs one posted task. Any thread may push.
#pragma once

#include <kith/executor.hpp>

#include <chrono>
#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "base/sync.hpp"

namespace kith::dispatch {

/// Derive, say where items run and what running one means. Lives in a shared_ptr: a posted task
/// keeps it alive until its items have run. `Item{}` must be cheap and hold nothing.
template <typename Item>
class Strand : public std::enable_shared_from_this<Strand<Item>> {
 public:
  Strand() = default;
  virtual ~Strand() = default;
  Strand(const Strand&) = delete;
  Strand& operator=(const Strand&) = delete;

  void push(Item item) {
    {
      const base::Lock lock(mutex_);
      waiting_.push_back(std::move(item));
      if (std::exchange(scheduled_, true)) return;
    }
    schedule();
  }

  /// Takes all of `items`, in order and next to each other; leaves the vector empty, with memory
  /// for the next ones. `more_soon`: so keep the memory until trim().
  void pushAll(std::vector<Item>& items, bool more_soon = true) {
    if (items.empty()) return;
    {
      const base::Lock lock(mutex_);
      if (waiting_.empty()) {
        waiting_.swap(items);
      } else {
        waiting_.insert(waiting_.end(), std::make_move_iterator(items.begin()),
                        std::make_move_iterator(items.end()));
      }
      items.clear();
      keeps_memory_ = more_soon;
      if (std::exchange(scheduled_, true)) return;
    }
    schedule();
  }

  /// Nothing came for a while.
  void trim() {
    const base::Lock lock(mutex_);
    keeps_memory_ = false;
    if (!scheduled_) giveMemoryBack();
  }

 protected:
  /// Where to run; null when no executor runs callbacks any more: then the items are dropped.
  virtual std::shared_ptr<Executor> executor() = 0;
  /// Runs `batch[index]`. What was pushed with it is in `batch` around it. Must not throw.
  virtual void runItem(std::vector<Item>& batch, std::size_t index) = 0;
  /// Some items have run and the executor's other work gets its turn.
  virtual void sliceOver() {}

 private:
  static constexpr std::chrono::milliseconds kSlice{1};
  /// After items that were as quick as this, so many run before the clock is looked at again.
  static constexpr std::chrono::microseconds kQuick{10};
  static constexpr std::size_t kUnwatched = 8;
  static constexpr std::size_t kKeptCapacity = 256;

  /// A posted task. An executor that is destroyed first never runs it: then the items go, because
  /// they may hold the owner of the strand.
  struct Ticket {
    explicit Ticket(std::shared_ptr<Strand> the_strand) : strand(std::move(the_strand)) {}
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    ~Ticket() {
      if (strand != nullptr) strand->dropItems();
    }
    void run() {
      if (const auto whole = std::exchange(strand, nullptr)) whole->run();
    }
    std::shared_ptr<Strand> strand;
  };

  void schedule() {
    if (const std::shared_ptr<Executor> where = executor()) {
      where->post([ticket = std::make_shared<Ticket>(this->shared_from_this())] { ticket->run(); });
    } else {
      dropItems();
    }
  }

  void dropItems() {
    std::vector<Item> dropped;  // destroyed without the lock: items may hold anything
    std::vector<Item> begun;
    const base::Lock lock(mutex_);
    dropped.swap(waiting_);
    if (active_) {
      lost_ = true;  // run() is below us on the stack, in schedule(), and sees to the rest
      return;
    }
    begun.swap(running_);
    next_ = 0;
    scheduled_ = false;
  }

  void run() {
    if (!begin()) return;
    do {
      runSlice();
      if (ended()) return;
      schedule();
    } while (goesOn());
  }

  /// An executor that runs tasks inside post() calls run() from our own schedule(): let the loop
  /// there go on instead, or the stack grows with every slice.
  bool begin() {
    const base::Lock lock(mutex_);
    if (active_) {
      again_ = true;
      return false;
    }
    active_ = true;
    takeWaiting();
    return true;
  }

  bool ended() {
    const base::Lock lock(mutex_);
    if (next_ != running_.size() || !waiting_.empty()) return false;
    giveMemoryBack();
    active_ = scheduled_ = false;
    return true;
  }

  /// After schedule(): whether the next slice is to be run here.
  bool goesOn() {
    {
      const base::Lock lock(mutex_);
      if (std::exchange(again_, false)) {
        takeWaiting();
        return true;
      }
      active_ = false;
      if (!std::exchange(lost_, false)) return false;
    }
    dropItems();
    return false;
  }

  void takeWaiting() KITH_REQUIRES(mutex_) {
    if (next_ != running_.size()) return;
    running_.clear();
    next_ = 0;
    running_.swap(waiting_);
  }

  void runSlice() {
    using Clock = std::chrono::steady_clock;
    const std::size_t count = running_.size();
    auto looked = next_ + 1 < count ? Clock::now() : Clock::time_point{};
    const auto end = looked + kSlice;
    std::size_t unwatched = 1;  // items until the next look at the clock
    while (next_ < count) {
      runItem(running_, next_);
      running_[next_] = Item{};  // what it holds goes now, not with the batch (R1)
      if (++next_ == count || --unwatched > 0) continue;
      // One executor serves many sessions, and a game gives it a few milliseconds a frame.
      const auto now = Clock::now();
      if (now >= end) break;
      unwatched = now - looked < kQuick ? kUnwatched : 1;
      looked = now;
    }
    sliceOver();
  }

  /// A burst must not keep its memory for good (R17), nor one of 100,000 idle sessions any.
  void giveMemoryBack() KITH_REQUIRES(mutex_) {
    running_.clear();
    next_ = 0;
    const std::size_t kept = keeps_memory_ ? kKeptCapacity : 0;
    if (running_.capacity() > kept) running_.shrink_to_fit();
    if (waiting_.capacity() > kept) waiting_.shrink_to_fit();
  }

  base::Mutex mutex_;
  std::vector<Item> waiting_ KITH_GUARDED_BY(mutex_);
  bool keeps_memory_ KITH_GUARDED_BY(mutex_){false};
  bool scheduled_ KITH_GUARDED_BY(mutex_){false};  // a task is posted or running
  bool active_ KITH_GUARDED_BY(mutex_){false};     // run() is on some stack
  bool again_ KITH_GUARDED_BY(mutex_){false};      // another task came while active_
  bool lost_ KITH_GUARDED_BY(mutex_){false};       // a task was thrown away while active_
  // Of the task that is active, and under the lock when none is.
  std::vector<Item> running_;
  std::size_t next_{0};
};

}  // namespace kith::dispatch
