// SPDX-License-Identifier: Apache-2.0
// The listener on several threads (docs/decisions/018): the first accepts and deals the connections
// out, each serves its own, and serve() and flush() only carry batches to them and back.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "net/server/io_thread.hpp"

namespace kith::net {

class ThreadedListener final : public Listener, private AcceptPolicy {
 public:
  ThreadedListener(const ListenOptions& options, ListenerHandler& handler,
                   std::shared_ptr<SharedPort> shared);
  ~ThreadedListener() override;
  ThreadedListener(const ThreadedListener&) = delete;
  ThreadedListener& operator=(const ThreadedListener&) = delete;

  Result<void> open();

  const std::vector<std::uint16_t>& ports() const override { return threads_.front()->ports(); }
  void serve() override;
  bool flush() override;
  void setDeadline(base::Millis deadline, base::Millis now) override;
  void wake() override { poller_.wake(); }
  void send(SocketId socket, std::initializer_list<std::string_view> parts,
            ws::FrameKind kind) override;
  void close(SocketId socket, std::uint16_t code, std::string_view reason) override;
  void pauseReading(SocketId socket, bool paused) override;
  void reply(RequestId request, HttpReply reply) override;
  void takeBody(RequestId request, std::uint64_t limit, BodyMode mode) override;
  void bodyDone(RequestId request, std::size_t bytes) override;
  void sendPart(RequestId request, std::string bytes, bool last) override;
  void sessionOpened(SocketId socket) override;
  void signatureRefused(SocketId socket) override;
  void stopAccepting() override;
  std::size_t connections() const override { return connections_; }
  void closeAll(std::uint16_t code, std::string_view reason) override;

 private:
  /// What the handler was told of a connection.
  struct Known {
    enum class State : std::uint8_t { Nobody, Open, Closing };
    State state{State::Nobody};
    std::uint32_t sent_in{0};  ///< the last batch with something for it
  };

  bool passOn(int fd, const IpAddress& remote, bool refused) override;

  bool tellAll();
  void tell(std::size_t thread, EventBatch& events);
  void tell(std::size_t thread, EventBatch& events, const EventBatch::Event& event);
  void tellNews(std::size_t thread, const EventBatch& events, const EventBatch::Event& event);
  void order(RequestId request, CommandBatch::Order order);
  void tellOpen(const EventBatch::Event& event, Known& known, EventBatch& events);
  IoThread& threadOf(SocketId socket) { return *threads_[Shard::indexOf(socket, threads_.size())]; }
  Known* findOpen(SocketId socket);
  void order(SocketId socket, CommandBatch::What what);

  ListenerHandler& handler_;
  Poller poller_;
  std::vector<std::unique_ptr<IoThread>> threads_;
  base::Millis deadline_{base::kNever};
  std::vector<Known> known_;  // by number
  std::size_t connections_{0};
  std::vector<EventBatch> telling_;
  std::size_t next_{0};  // the accepting thread's: the shard of the next connection
};

}  // namespace kith::net
