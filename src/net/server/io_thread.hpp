// SPDX-License-Identifier: Apache-2.0
// A thread that serves a part of a listener's connections: reading, writing, TLS, HTTP, framing.
// What comes in waits for the handler's thread, what is to be done comes from there, in batches.
// Neither waits for the other with something in hand that the other waits for: this thread carries
// out commands however much the handler owes it, and then only stops reading.
#pragma once

#include <memory>
#include <vector>

#include "base/sync.hpp"
#include "base/threads.hpp"
#include "net/server/batch_queue.hpp"
#include "net/server/epoll_listener.hpp"

namespace kith::net {

/// One of so many threads. A connection's number tells which of them serves it; 0 is none.
struct Shard {
  std::size_t index{0};
  std::size_t of{1};

  SocketId idOf(std::size_t slot) const { return static_cast<SocketId>(slot * of + index + 1); }
  std::size_t slotOf(SocketId id) const { return (id - 1) / of; }
  static std::size_t indexOf(SocketId id, std::size_t of) { return (id - 1) % of; }
};

class IoThread final : private ListenerHandler {
 public:
  /// `handlers_poller` is woken when there are events. Everything named outlives it.
  IoThread(const ListenOptions& options, Shard part, std::shared_ptr<SharedPort> shared,
           AcceptPolicy& accept_policy, Poller& handlers_poller);
  ~IoThread() override;
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  /// Listens; for the one thread that accepts.
  Result<void> open() { return listener_.open(); }
  const std::vector<std::uint16_t>& ports() const { return listener_.ports(); }
  /// Internal when the system has no thread left.
  Result<void> start();
  /// Ends the thread. Its connections are closed when the object goes.
  void stop();

  // The handler's thread.
  /// What post() hands over.
  CommandBatch& commands() { return filling_; }
  /// The number of the batch that is being filled.
  std::uint32_t batch() const { return batch_; }
  /// Waits while too much of it is not carried out yet.
  void post();
  /// Moves what has come in to `events`, which is empty.
  void take(std::vector<EventBatch>& events);
  /// Those that take() gave, when they have been told.
  void giveBack(std::vector<EventBatch>& events);

  // Any thread.
  void adopt(int fd, const IpAddress& remote, bool refused);

 private:
  struct AcceptedSocket {
    int fd;
    IpAddress remote;
    bool refused;
  };

  void onConnected(SocketId local, const Accepted& how) override;
  void onFrame(SocketId local, char* frame, std::size_t size, ws::FrameKind kind) override;
  void onHeard(SocketId local) override;
  void onDrained(SocketId local) override;
  void onDisconnected(SocketId local) override;
  void onHttp(RequestId request, const HttpCall& call) override;
  void onBody(RequestId request, std::string_view bytes, bool last) override;
  void onPartsDrained(RequestId request) override;
  void onRequestGone(RequestId request) override;

  void run();
  bool takeOrders();
  void carryOut(CommandBatch& commands);
  void carryOut(const CommandBatch& commands, const CommandBatch::Command& command);
  void carryOut(RequestId request, CommandBatch::Order& order);
  void handOver();
  void waitForHandler();
  bool handlerIsBehind();
  SocketId idOf(SocketId local) const { return shard_.idOf(slots_[local]); }

  const Shard shard_;
  Poller& handlers_poller_;

  // The handler's thread.
  CommandBatch filling_;
  std::uint32_t batch_{1};

  // This thread, and the one that makes and ends it.
  std::vector<SocketId> locals_;    // by slot; 0 = gone
  std::vector<std::size_t> slots_;  // by local number
  std::vector<std::size_t> free_slots_;
  EventBatch events_;
  std::vector<CommandBatch> orders_;
  std::vector<AcceptedSocket> arriving_;
  std::uint32_t carried_out_{0};

  base::Mutex mutex_;
  base::Condition changed_;
  BatchQueue<CommandBatch> orders_queue_ KITH_GUARDED_BY(mutex_);
  BatchQueue<EventBatch> events_queue_ KITH_GUARDED_BY(mutex_);
  std::vector<AcceptedSocket> accepted_ KITH_GUARDED_BY(mutex_);
  bool ending_ KITH_GUARDED_BY(mutex_){false};

  base::Worker worker_;     // of the thread that makes and ends it
  EpollListener listener_;  // this thread's, but for wake(); it speaks to us while it goes
};

}  // namespace kith::net
