// SPDX-License-Identifier: Apache-2.0
// The listener on a loop of its own: epoll, OpenSSL, requests and frames read by hand
// (docs/decisions/016). epoll_listener.cpp is about connections, http_side.hpp about requests,
// epoll_listener_ws.cpp about frames, epoll_listener_proxy.cpp about proxies in front of us.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/slab.hpp"
#include "net/server/connection.hpp"
#include "net/server/listen_socket.hpp"
#include "net/server/listener.hpp"
#include "net/server/poller.hpp"
#include "net/server/shared_port.hpp"
#include "ws/http_head.hpp"

namespace kith::net {

class EpollListener final : public Listener {
 public:
  EpollListener(const ListenOptions& options, ListenerHandler& handler,
                std::shared_ptr<SharedPort> shared, AcceptPolicy* accept_policy = nullptr);
  ~EpollListener() override;
  EpollListener(const EpollListener&) = delete;
  EpollListener& operator=(const EpollListener&) = delete;

  /// Listens. Without it there are only the connections that it is told to adopt.
  Result<void> open();
  /// Serves a connection that another loop has accepted.
  void adopt(int fd, const IpAddress& remote, bool refused);

  const std::vector<std::uint16_t>& ports() const override { return listening_.ports(); }
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
  void stopAccepting() override { accepting_ = false; }
  std::size_t connections() const override { return shared_->connections; }
  void closeAll(std::uint16_t code, std::string_view reason) override;

 private:
  class FrameSink;
  class HttpSide;

  // Connections.
  base::Millis patience() const;
  void acceptSome();
  bool acceptOne(int listening, std::size_t most_files);
  void take(int fd, const sockaddr_storage& from, std::size_t most_files);
  bool isTrusted(const IpAddress& address) const;
  AddressKey keyOf(const IpAddress& address) const;
  void readProxyHeader(Connection& connection);
  /// From now on it is counted as this client's, or as the one's that a request names. False: that
  /// one may not have a connection now.
  bool identify(Connection& connection, const IpAddress& client);
  bool identify(Connection& connection, const ws::HttpHead& head);
  Connection* at(SocketId id) {
    return id < connections_.size() ? connections_[id].get() : nullptr;
  }
  Connection* findOpen(SocketId id);
  void onEvents(Connection& connection, std::uint32_t events);
  void readOn(Connection& connection);
  void discard(Connection& connection);
  void lookFor(Connection& connection);
  void enqueue(Connection& connection);
  void lookAgain(Connection& connection);
  void onRoom(Connection& connection);
  void onFlushed(Connection& connection, SendBuffer::Flushed flushed);
  void onAllSent(Connection& connection);
  /// Has the limiter know what is kept for it. False: that is more than it may have.
  bool account(Connection& connection);
  DeadlineList& paceOf(const Connection& connection);
  bool keepsPace(Connection& connection, const DeadlineList& list) const;
  /// What is queued is sent, then the connection ends. The handler does not know it any more.
  void finish(Connection& connection);
  /// It ends here and now.
  void end(Connection& connection);
  void leave(Connection& connection);
  void fireDeadlines();
  void reap();

  // Frames.
  void readFrames(Connection& connection);
  void feed(Connection& connection, char* bytes, std::size_t size);
  void onControl(Connection& connection, ws::Opcode opcode, std::string_view payload);
  void closeSocket(Connection& connection, std::uint16_t code, std::string_view reason, bool drop);

  // From one read to the next everything fits that a client sends in a burst.
  static constexpr std::size_t kReadBytes = 65536;

  const ListenOptions options_;
  ListenerHandler& handler_;
  std::size_t max_connections_;
  Poller poller_;
  const std::shared_ptr<SharedPort> shared_;
  AcceptPolicy* const accept_policy_;  // null = all that are accepted stay here
  ListenSockets listening_{poller_, this};
  base::Millis now_{0};
  base::Millis deadline_{base::kNever};
  base::Millis accept_at_{base::kNever};  // when the process has files again; kNever = it has
  bool accepting_{true};

  base::BufferPool pool_;    // outlives the guests
  DeadlineList handshakes_;  // of requests, from one answer to the end of the next head
  DeadlineList ends_;        // of connections that are to end
  base::Slab<std::unique_ptr<Connection>> connections_;  // by id; 0 is none
  std::vector<SocketId> to_reap_;
  std::vector<SocketId> queued_, flushing_;
  std::vector<SocketId> again_, running_;
  std::unique_ptr<HttpSide> http_;
  std::vector<char> input_;     // what was just read, and a byte
  std::vector<char> too_long_;  // stands for a message that is not kept
};

}  // namespace kith::net
