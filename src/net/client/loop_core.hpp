// SPDX-License-Identifier: Apache-2.0
// The inside of the loop: the io thread, its libwebsockets context, posted tasks and alarms. Shared
// by the Loop, its transports and timers and the thread itself, so that each may go first.
#pragma once

#include <kith/reactor.hpp>

#include <libwebsockets.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <unordered_set>
#include <vector>

#include "base/buffer_pool.hpp"
#include "base/sync.hpp"
#include "base/threads.hpp"
#include "net/client/http_worker.hpp"
#include "net/client/lws_log.hpp"
#include "net/client/mask_keys.hpp"
#include "net/client/timers.hpp"
#include "net/client/vhosts.hpp"

namespace kith::net {

class ClientSocket;

class LoopCore : public std::enable_shared_from_this<LoopCore> {
 public:
  using Task = std::function<void()>;

  explicit LoopCore(const ReactorOptions& options);
  ~LoopCore();
  LoopCore(const LoopCore&) = delete;
  LoopCore& operator=(const LoopCore&) = delete;

  // Any thread.
  bool post(Task task);
  /// It has ended, or is about to.
  bool refuses() const;
  bool onLoopThread() const;
  /// Asks the thread to end; does not wait (R3).
  void end();
  /// True when the thread is gone, or never came: nothing else touches what is below.
  bool ended() const { return ended_.load(std::memory_order_acquire); }

  // The rest: loop thread only.
  /// The time when the loop last turned to a socket, a task or an alarm: one look for a burst of
  /// frames or sends.
  base::Instant now();
  /// The loop turns to the next one.
  void timePasses() { now_known_ = false; }
  void arm(Alarm& alarm, base::Millis deadline);
  void cancel(Alarm& alarm) { alarms_.cancel(alarm); }
  lws_context* context() { return context_; }
  /// Answers with NetworkDown while there is no context; asking makes one, if it can be made now.
  Vhosts& vhosts() {
    openContext();
    return vhosts_;
  }
  MaskKeys& maskKeys() { return mask_keys_; }
  /// Starts with the first use.
  HttpWorker& httpWorker() { return http_; }

  void add(const std::shared_ptr<ClientSocket>& socket) { sockets_.insert(socket); }
  /// True while fewer sockets than the options allow are there.
  bool hasRoom() const { return sockets_.size() <= options_.max_connections; }
  void forget(const std::shared_ptr<ClientSocket>& socket) { sockets_.erase(socket); }
  /// Keeps something alive that waits for an answer.
  void hold(std::shared_ptr<void> waiting) { held_.insert(std::move(waiting)); }
  void release(const std::shared_ptr<void>& waiting) { held_.erase(waiting); }
  /// Runs in the next turn, when no callback of libwebsockets is on the stack.
  void soon(Task task);
  /// Tells this socket when the input of the turn is through.
  void touched(std::shared_ptr<ClientSocket> socket) { touched_.push_back(std::move(socket)); }
  /// Flushes this socket at the end of the turn.
  void unsent(std::shared_ptr<ClientSocket> socket) { unsent_.push_back(std::move(socket)); }
  /// ClientSocket::kReadBuffer bytes and one more, for the time of one read.
  char* readBuffer() { return read_buffer_.get(); }
  /// For sockets that have something to write.
  base::BufferPool& spareBuffers() { return spare_buffers_; }

 private:
  bool startThread() KITH_REQUIRES(mutex_);
  void wakeUpLoop() KITH_REQUIRES(mutex_);
  void run();
  bool openContext();
  bool canBeWoken();
  void sleepWithoutContext();
  void dropContext();
  void closeContext();
  void turn();
  void runTasks();
  template <typename What>
  void forEach(std::vector<std::shared_ptr<ClientSocket>>& sockets, What what);
  void wake();
  void setWakeUp();
  static void alarmIsDue(lws_sorted_usec_list_t* sul);

  struct WakeUp {
    lws_sorted_usec_list_t sul;  // first: the callback gets nothing but this address
    LoopCore* core;
  };

  const ReactorOptions options_;

  mutable base::Mutex mutex_;
  base::Condition posted_;  // wakes the loop while it has no context
  std::vector<Task> tasks_ KITH_GUARDED_BY(mutex_);
  // Null when there is no context to wake.
  lws_context* shared_context_ KITH_GUARDED_BY(mutex_){nullptr};
  base::Worker worker_ KITH_GUARDED_BY(mutex_);
  bool started_ KITH_GUARDED_BY(mutex_){false};
  bool registered_ KITH_GUARDED_BY(mutex_){false};  // with the exit handler
  bool refusing_ KITH_GUARDED_BY(mutex_){false};
  std::atomic<bool> ending_{false};
  std::atomic<bool> ended_{false};
  std::atomic<std::thread::id> thread_id_{};

  base::Instant now_;
  bool now_known_{false};
  ContextLog log_;
  lws_context* context_{nullptr};
  bool woken_{false};  // the context heard that it was to wake up
  WakeUp wake_up_{};
  base::Millis wake_up_at_{base::kNever};
  AlarmHeap alarms_;
  MaskKeys mask_keys_;
  Vhosts vhosts_;
  HttpWorker http_;
  std::unordered_set<std::shared_ptr<ClientSocket>> sockets_;
  std::unordered_set<std::shared_ptr<void>> held_;
  std::vector<std::shared_ptr<ClientSocket>> touched_;
  std::vector<std::shared_ptr<ClientSocket>> unsent_;
  std::vector<std::shared_ptr<ClientSocket>> current_;  // those whose turn it is; empty in between
  std::unique_ptr<char[]> read_buffer_;
  base::BufferPool spare_buffers_;
  std::vector<Task> soon_;
};

}  // namespace kith::net
