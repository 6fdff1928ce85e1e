// SPDX-License-Identifier: Apache-2.0
// Connections: how they come, what the poller looks for, when they are written to, how they go.
#include "net/server/epoll_listener.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "base/close_codes.hpp"
#include "net/server/http_side.hpp"
#include "tls/tls_policy.hpp"

namespace kith::net {
namespace {

// Connections taken in a turn; the others wait in the kernel's queue.
constexpr int kAcceptedATurn = 64;
constexpr base::Millis kEndTime{2000};
// For so long nothing is accepted when the process has no file or memory left for it.
constexpr base::Millis kNoFilesTime{100};

}  // namespace

EpollListener::EpollListener(const ListenOptions& options, ListenerHandler& handler,
                             std::shared_ptr<SharedPort> shared, AcceptPolicy* accept_policy)
    : options_(options),
      handler_(handler),
      max_connections_(options.max_connections == 0 ? std::numeric_limits<std::size_t>::max()
                                                    : options.max_connections),
      shared_(std::move(shared)),
      accept_policy_(accept_policy),
      handshakes_(options.connections.handshake_timeout),
      ends_(kEndTime),
      http_(std::make_unique<HttpSide>(*this)),
      input_(kReadBytes + 1) {
  connections_.take();  // a socket has a number above 0
}

EpollListener::~EpollListener() {
  for (SocketId id = 1; id < connections_.size(); ++id) {
    if (connections_[id]) end(*connections_[id]);
  }
}

void EpollListener::reply(RequestId request, HttpReply reply) {
  http_->reply(request, std::move(reply));
}

void EpollListener::takeBody(RequestId request, std::uint64_t limit, BodyMode mode) {
  http_->takeBody(request, limit, mode);
}

void EpollListener::bodyDone(RequestId request, std::size_t bytes) {
  http_->bodyDone(request, bytes);
}

void EpollListener::sendPart(RequestId request, std::string bytes, bool last) {
  http_->sendPart(request, std::move(bytes), last);
}

Result<void> EpollListener::open() {
  now_ = base::systemNow().mono;
  if (Result<void> opened = listening_.open(options_.host, options_.port); !opened) return opened;
  for (const ListenAddress& each : options_.also) {
    if (Result<void> opened = listening_.open(each.host, each.port); !opened) return opened;
  }
  return {};
}

void EpollListener::setDeadline(base::Millis deadline, base::Millis now) {
  deadline_ = deadline;
  now_ = now;
}

base::Millis EpollListener::patience() const {
  if (!again_.empty()) return base::Millis{0};
  const base::Millis next =
      std::min({deadline_, handshakes_.earliest(), ends_.earliest(), accept_at_});
  if (next == base::kNever) return base::Millis{-1};
  return std::max(next - base::systemNow().mono, base::Millis{0});
}

// New connections are accepted after those that are there were served.
void EpollListener::serve() {
  const auto events = poller_.wait(patience());
  now_ = base::systemNow().mono;
  bool has_new_connections = false;
  for (const epoll_event& event : events) {
    if (event.data.ptr == this) {
      has_new_connections = true;
    } else {
      onEvents(*static_cast<Connection*>(event.data.ptr), event.events);
    }
  }
  running_.swap(again_);
  for (const SocketId id : running_) {
    Connection* const connection = at(id);
    if (connection != nullptr && std::exchange(connection->again, false)) readOn(*connection);
  }
  running_.clear();
  if (has_new_connections) acceptSome();
  fireDeadlines();
  reap();
}

void EpollListener::fireDeadlines() {
  for (DeadlineList* const list : {&handshakes_, &ends_}) {
    while (Deadline* const due = list->takeDue(now_)) {
      auto& connection = static_cast<Connection&>(*due);
      if (keepsPace(connection, *list)) {
        list->set(connection, now_);
      } else {
        end(connection);
      }
    }
  }
  if (accept_at_ > now_) return;
  accept_at_ = base::kNever;
  listening_.look(true);
}

// What a stretch of time asks for is measured by what the other side has acknowledged: the kernel
// takes a long answer in large and rare pieces. No byte begins the stretch anew.
bool EpollListener::keepsPace(Connection& connection, const DeadlineList& list) const {
  if (DeadlineList::wasSetDue(connection)) return false;
  if (!connection.pacing) return http_->keepsPace(connection, list);
  const std::uint32_t taken = connection.taken();
  const auto got = static_cast<std::int32_t>(taken - connection.pace_from);
  connection.pace_from = taken;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(list.length()).count();
  const auto least = static_cast<std::int64_t>(options_.connections.least_bytes_per_second);
  return got > 0 && got >= least * seconds;
}

DeadlineList& EpollListener::paceOf(const Connection& connection) {
  return connection.state == Connection::State::Http || connection.answering_last ? handshakes_
                                                                                  : ends_;
}

void EpollListener::acceptSome() {
  const std::size_t most_files = mostFiles();
  for (const int listening : listening_.files()) {
    for (int i = 0; i < kAcceptedATurn && acceptOne(listening, most_files); ++i) {
    }
  }
}

bool EpollListener::acceptOne(int listening, std::size_t most_files) {
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  const int fd =
      ::accept4(listening, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    take(fd, from, most_files);
    return true;
  }
  if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
    listening_.look(false);
    accept_at_ = now_ + kNoFilesTime;
    return false;
  }
  return errno != EAGAIN && errno != EWOULDBLOCK;
}

void EpollListener::take(int fd, const sockaddr_storage& from, std::size_t most_files) {
  const IpAddress remote = IpAddress::of(from);
  auto verdict = IpLimiter::Verdict::Drop;
  if (accepting_ && static_cast<std::size_t>(fd) < most_files) {
    const bool full = shared_->connections.load(std::memory_order_relaxed) >= max_connections_;
    verdict = shared_->addresses.arrive(keyOf(remote), full, now_);
  }
  if (verdict == IpLimiter::Verdict::Drop) {
    shared_->dropped.fetch_add(1, std::memory_order_relaxed);
    ::close(fd);
    return;
  }
  const bool refused = verdict == IpLimiter::Verdict::Refuse;
  if (refused) shared_->refused.fetch_add(1, std::memory_order_relaxed);
  if (accept_policy_ == nullptr || !accept_policy_->passOn(fd, remote, refused))
    adopt(fd, remote, refused);
}

void EpollListener::adopt(int fd, const IpAddress& remote, bool refused) {
  const SocketId id = connections_.take();
  connections_[id] =
      std::make_unique<Connection>(id, fd, shared_->tls().get(), pool_, options_.frame_bytes);
  Connection& connection = *connections_[id];
  connection.peer = connection.remote = remote;
  connection.address = keyOf(remote);
  connection.from_proxy = isTrusted(remote);
  if (connection.from_proxy && options_.proxy_protocol) {
    connection.proxy_header = std::make_unique<ProxyHeader>();
  }
  connection.refused = refused;
  connection.events = EPOLLIN;
  handshakes_.set(connection, now_);
  if (!connection.stream.ok() || !poller_.add(fd, EPOLLIN, &connection)) end(connection);
}

void EpollListener::onEvents(Connection& connection, std::uint32_t events) {
  if (connection.state == Connection::State::Gone) return;
  if ((events & (EPOLLERR | EPOLLHUP)) != 0 && (events & EPOLLIN) == 0) return end(connection);
  bool read = (events & EPOLLIN) != 0;
  if ((events & EPOLLOUT) != 0) {
    read = read || connection.stream.wantsWrite();
    if (connection.out.blocked()) onRoom(connection);
  }
  if (!read) return;
  // TLS may have waited for what has come now.
  if (connection.out.blocked() && connection.stream.isTls()) {
    connection.out.unblock();
    enqueue(connection);
  }
  readOn(connection);
}

// The kernel took more of a long output: the other side is alive.
void EpollListener::onRoom(Connection& connection) {
  connection.out.unblock();
  enqueue(connection);
  if (connection.state == Connection::State::Open) handler_.onHeard(connection.id);
}

void EpollListener::readOn(Connection& connection) {
  if (connection.proxy_header) return readProxyHeader(connection);
  switch (connection.state) {
    case Connection::State::Http: http_->read(connection); break;
    case Connection::State::Open:
    case Connection::State::Closing: readFrames(connection); break;
    case Connection::State::Finishing: break;
    case Connection::State::Lingering: discard(connection); break;
    case Connection::State::Gone: return;
  }
  lookFor(connection);
}

void EpollListener::discard(Connection& connection) {
  const IoResult got = connection.stream.read(input_.data(), kReadBytes);
  if (got.how == Io::End || got.how == Io::Broken) return end(connection);
  if (connection.stream.hasMore()) lookAgain(connection);
}

// Level-triggered: what one read did not take is told again in the next turn, after the others.
void EpollListener::lookFor(Connection& connection) {
  if (connection.state == Connection::State::Gone) return;
  const bool reads = !connection.ended && !connection.paused &&
                     connection.state != Connection::State::Finishing &&
                     !(connection.state == Connection::State::Http &&
                       HttpSide::isBusy(connection) && !connection.readsBody());
  const bool writes = connection.out.blocked() || connection.stream.wantsWrite();
  const std::uint32_t events = (reads ? EPOLLIN : 0u) | (writes ? EPOLLOUT : 0u);
  if (events == connection.events) return;
  connection.events = events;
  poller_.change(connection.stream.fd(), events, &connection);
}

void EpollListener::enqueue(Connection& connection) {
  if (std::exchange(connection.queued, true)) return;
  queued_.push_back(connection.id);
}

void EpollListener::lookAgain(Connection& connection) {
  if (std::exchange(connection.again, true)) return;
  again_.push_back(connection.id);
}

bool EpollListener::flush() {
  flushing_.swap(queued_);
  for (const SocketId id : flushing_) {
    Connection* const connection = at(id);
    if (connection == nullptr || !std::exchange(connection->queued, false)) continue;
    if (connection->state == Connection::State::Gone) continue;
    onFlushed(*connection, connection->out.flush(connection->stream));
    account(*connection);
    lookFor(*connection);
  }
  flushing_.clear();
  return queued_.empty();
}

// A WebSocket that is behind may be so for a while (Hub's idle time looks after it), and has its
// share of the output like all others.
bool EpollListener::account(Connection& connection) {
  const std::size_t kept = connection.out.kept() + (connection.http ? connection.http->kept() : 0);
  if (kept == connection.kept || connection.state == Connection::State::Gone) return true;
  const bool fits = shared_->addresses.keep(connection.address, connection.kept, kept);
  connection.kept = kept;
  if (!fits && connection.state == Connection::State::Open) {
    closeSocket(connection, base::kTryAgainLater, "TRY_AGAIN_LATER", true);
  }
  return fits;
}

void EpollListener::onFlushed(Connection& connection, SendBuffer::Flushed flushed) {
  if (flushed == SendBuffer::Flushed::Waiting) {
    if (connection.state == Connection::State::Open || std::exchange(connection.pacing, true))
      return;
    connection.pace_from = connection.taken();
    return paceOf(connection).set(connection, now_);
  }
  // The handler hears of it in the next turn: it may be in the middle of something.
  if (flushed == SendBuffer::Flushed::Broken) {
    ends_.setDue(connection);
    return;
  }
  onAllSent(connection);
  if (flushed == SendBuffer::Flushed::All && connection.state == Connection::State::Open) {
    handler_.onDrained(connection.id);
  }
}

void EpollListener::onAllSent(Connection& connection) {
  const bool paced = std::exchange(connection.pacing, false);
  switch (connection.state) {
    case Connection::State::Http: return http_->onAllSent(connection, paced);
    case Connection::State::Finishing:
      if (connection.ended) return end(connection);
      connection.stream.endSending();
      connection.state = Connection::State::Lingering;
      ends_.set(connection, now_);
      return;
    default: return;
  }
}

void EpollListener::finish(Connection& connection) {
  if (connection.state >= Connection::State::Finishing) return;
  const bool known = connection.isSocket();
  connection.answering_last = connection.state == Connection::State::Http;
  connection.state = Connection::State::Finishing;
  if (!connection.pacing) paceOf(connection).set(connection, now_);
  http_->dropRequest(connection);
  enqueue(connection);
  if (known) leave(connection);
}

void EpollListener::end(Connection& connection) {
  if (connection.state == Connection::State::Gone) return;
  const bool known = connection.isSocket();
  connection.state = Connection::State::Gone;
  DeadlineList::clear(connection);
  http_->dropRequest(connection);
  poller_.remove(connection.stream.fd());  // a forked child may hold the file for longer than we do
  connection.stream.close();
  if (connection.kept > 0)
    shared_->addresses.keep(connection.address, std::exchange(connection.kept, 0), 0);
  shared_->addresses.leave(connection.address, connection.refused, connection.opened);
  to_reap_.push_back(connection.id);
  if (known) leave(connection);
}

void EpollListener::leave(Connection& connection) {
  shared_->connections.fetch_sub(1, std::memory_order_relaxed);
  handler_.onDisconnected(connection.id);
}

// Not before the end of the turn: a function further down the stack may still look at it.
void EpollListener::reap() {
  for (const SocketId id : to_reap_) {
    connections_[id].reset();
    connections_.give(id);
  }
  to_reap_.clear();
}

}  // namespace kith::net
