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
// For so long nobody is accepted when the process has no file or memory left for one.
constexpr base::Millis kNoFilesTime{100};

}  // namespace

EpollListener::EpollListener(const ListenOptions& options, ListenerHandler& handler,
                             std::shared_ptr<SharedPort> shared, Usher* usher)
    : options_(options),
      handler_(handler),
      max_connections_(options.max_connections == 0 ? std::numeric_limits<std::size_t>::max()
                                                    : options.max_connections),
      shared_(std::move(shared)),
      usher_(usher),
      handshakes_(options.connections.handshake_timeout),
      ends_(kEndTime),
      guests_(1),
      http_(std::make_unique<HttpSide>(*this)),
      input_(kReadBytes + 1) {}

EpollListener::~EpollListener() {
  for (const auto& guest : guests_) {
    if (guest) end(*guest);
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

// Who comes is taken after those who are there were served.
void EpollListener::serve() {
  const auto events = poller_.wait(patience());
  now_ = base::systemNow().mono;
  bool somebody_comes = false;
  for (const epoll_event& event : events) {
    if (event.data.ptr == this) {
      somebody_comes = true;
    } else {
      onEvents(*static_cast<Guest*>(event.data.ptr), event.events);
    }
  }
  running_.swap(again_);
  for (const SocketId id : running_) {
    Guest* const guest = at(id);
    if (guest != nullptr && std::exchange(guest->again, false)) readOn(*guest);
  }
  running_.clear();
  if (somebody_comes) acceptSome();
  fireDeadlines();
  bury();
}

void EpollListener::fireDeadlines() {
  for (DeadlineList* const list : {&handshakes_, &ends_}) {
    while (Deadline* const due = list->takeDue(now_)) {
      auto& guest = static_cast<Guest&>(*due);
      if (keepsPace(guest, *list)) {
        list->set(guest, now_);
      } else {
        end(guest);
      }
    }
  }
  if (accept_at_ > now_) return;
  accept_at_ = base::kNever;
  listening_.look(true);
}

// What a stretch of time asks for is measured by what the other side has acknowledged: the kernel
// takes a long answer in large and rare pieces. No byte begins the stretch anew.
bool EpollListener::keepsPace(Guest& guest, const DeadlineList& list) const {
  if (DeadlineList::wasSetDue(guest)) return false;
  if (!guest.pacing) return http_->keepsPace(guest, list);
  const std::uint32_t taken = guest.taken();
  const auto got = static_cast<std::int32_t>(taken - guest.pace_from);
  guest.pace_from = taken;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(list.length()).count();
  const auto least = static_cast<std::int64_t>(options_.connections.least_bytes_per_second);
  return got > 0 && got >= least * seconds;
}

DeadlineList& EpollListener::paceOf(const Guest& guest) {
  return guest.state == Guest::State::Http || guest.answering_last ? handshakes_ : ends_;
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
  auto verdict = AddressBook::Verdict::Drop;
  if (accepting_ && static_cast<std::size_t>(fd) < most_files) {
    const bool full = shared_->connections.load(std::memory_order_relaxed) >= max_connections_;
    verdict = shared_->addresses.arrive(keyOf(remote), full, now_);
  }
  if (verdict == AddressBook::Verdict::Drop) {
    shared_->dropped.fetch_add(1, std::memory_order_relaxed);
    ::close(fd);
    return;
  }
  const bool refused = verdict == AddressBook::Verdict::Refuse;
  if (refused) shared_->refused.fetch_add(1, std::memory_order_relaxed);
  if (usher_ == nullptr || !usher_->passOn(fd, remote, refused)) adopt(fd, remote, refused);
}

void EpollListener::adopt(int fd, const IpAddress& remote, bool refused) {
  const SocketId id = freeSlot();
  guests_[id] = std::make_unique<Guest>(id, fd, shared_->tls().get(), pool_, options_.frame_bytes);
  Guest& guest = *guests_[id];
  guest.peer = guest.remote = remote;
  guest.address = keyOf(remote);
  guest.from_proxy = isTrusted(remote);
  if (guest.from_proxy && options_.proxy_protocol) {
    guest.proxy_header = std::make_unique<ProxyHeader>();
  }
  guest.refused = refused;
  guest.events = EPOLLIN;
  handshakes_.set(guest, now_);
  if (!guest.stream.ok() || !poller_.add(fd, EPOLLIN, &guest)) end(guest);
}

SocketId EpollListener::freeSlot() {
  if (free_.empty()) {
    guests_.emplace_back();
    return static_cast<SocketId>(guests_.size() - 1);
  }
  const SocketId id = free_.back();
  free_.pop_back();
  return id;
}

void EpollListener::onEvents(Guest& guest, std::uint32_t events) {
  if (guest.state == Guest::State::Gone) return;
  if ((events & (EPOLLERR | EPOLLHUP)) != 0 && (events & EPOLLIN) == 0) return end(guest);
  bool read = (events & EPOLLIN) != 0;
  if ((events & EPOLLOUT) != 0) {
    read = read || guest.stream.wantsWrite();
    if (guest.out.blocked()) onRoom(guest);
  }
  if (!read) return;
  // TLS may have waited for what has come now.
  if (guest.out.blocked() && guest.stream.isTls()) {
    guest.out.unblock();
    enqueue(guest);
  }
  readOn(guest);
}

// The kernel took more of a long output: the other side is alive.
void EpollListener::onRoom(Guest& guest) {
  guest.out.unblock();
  enqueue(guest);
  if (guest.state == Guest::State::Open) handler_.onHeard(guest.id);
}

void EpollListener::readOn(Guest& guest) {
  if (guest.proxy_header) return readProxyHeader(guest);
  switch (guest.state) {
    case Guest::State::Http: http_->read(guest); break;
    case Guest::State::Open:
    case Guest::State::Closing: readFrames(guest); break;
    case Guest::State::Finishing: break;
    case Guest::State::Lingering: discard(guest); break;
    case Guest::State::Gone: return;
  }
  lookFor(guest);
}

void EpollListener::discard(Guest& guest) {
  const IoResult got = guest.stream.read(input_.data(), kReadBytes);
  if (got.how == Io::End || got.how == Io::Broken) return end(guest);
  if (guest.stream.hasMore()) lookAgain(guest);
}

// Level-triggered: what one read did not take is told again in the next turn, after the others.
void EpollListener::lookFor(Guest& guest) {
  if (guest.state == Guest::State::Gone) return;
  const bool reads =
      !guest.ended && !guest.paused && guest.state != Guest::State::Finishing &&
      !(guest.state == Guest::State::Http && HttpSide::isBusy(guest) && !guest.readsBody());
  const bool writes = guest.out.blocked() || guest.stream.wantsWrite();
  const std::uint32_t events = (reads ? EPOLLIN : 0u) | (writes ? EPOLLOUT : 0u);
  if (events == guest.events) return;
  guest.events = events;
  poller_.change(guest.stream.fd(), events, &guest);
}

void EpollListener::enqueue(Guest& guest) {
  if (std::exchange(guest.queued, true)) return;
  queued_.push_back(guest.id);
}

void EpollListener::lookAgain(Guest& guest) {
  if (std::exchange(guest.again, true)) return;
  again_.push_back(guest.id);
}

bool EpollListener::flush() {
  flushing_.swap(queued_);
  for (const SocketId id : flushing_) {
    Guest* const guest = at(id);
    if (guest == nullptr || !std::exchange(guest->queued, false)) continue;
    if (guest->state == Guest::State::Gone) continue;
    onFlushed(*guest, guest->out.flush(guest->stream));
    account(*guest);
    lookFor(*guest);
  }
  flushing_.clear();
  return queued_.empty();
}

// A WebSocket that is behind may be so for a while (Hub's idle time looks after it), and has its
// share of the output like all others.
bool EpollListener::account(Guest& guest) {
  const std::size_t kept = guest.out.kept() + (guest.http ? guest.http->kept() : 0);
  if (kept == guest.kept || guest.state == Guest::State::Gone) return true;
  const bool fits = shared_->addresses.keep(guest.address, guest.kept, kept);
  guest.kept = kept;
  if (!fits && guest.state == Guest::State::Open) {
    closeSocket(guest, base::kTryAgainLater, "TRY_AGAIN_LATER", true);
  }
  return fits;
}

void EpollListener::onFlushed(Guest& guest, Output::Flushed flushed) {
  if (flushed == Output::Flushed::Waiting) {
    if (guest.state == Guest::State::Open || std::exchange(guest.pacing, true)) return;
    guest.pace_from = guest.taken();
    return paceOf(guest).set(guest, now_);
  }
  // The handler hears of it in the next turn: it may be in the middle of something.
  if (flushed == Output::Flushed::Broken) {
    ends_.setDue(guest);
    return;
  }
  onAllSent(guest);
  if (flushed == Output::Flushed::All && guest.state == Guest::State::Open) {
    handler_.onDrained(guest.id);
  }
}

void EpollListener::onAllSent(Guest& guest) {
  const bool paced = std::exchange(guest.pacing, false);
  switch (guest.state) {
    case Guest::State::Http: return http_->onAllSent(guest, paced);
    case Guest::State::Finishing:
      if (guest.ended) return end(guest);
      guest.stream.endSending();
      guest.state = Guest::State::Lingering;
      ends_.set(guest, now_);
      return;
    default: return;
  }
}

void EpollListener::finish(Guest& guest) {
  if (guest.state >= Guest::State::Finishing) return;
  const bool known = guest.isSocket();
  guest.answering_last = guest.state == Guest::State::Http;
  guest.state = Guest::State::Finishing;
  if (!guest.pacing) paceOf(guest).set(guest, now_);
  http_->dropRequest(guest);
  enqueue(guest);
  if (known) leave(guest);
}

void EpollListener::end(Guest& guest) {
  if (guest.state == Guest::State::Gone) return;
  const bool known = guest.isSocket();
  guest.state = Guest::State::Gone;
  DeadlineList::clear(guest);
  http_->dropRequest(guest);
  poller_.remove(guest.stream.fd());  // a forked child may hold the file for longer than we do
  guest.stream.close();
  if (guest.kept > 0) shared_->addresses.keep(guest.address, std::exchange(guest.kept, 0), 0);
  shared_->addresses.leave(guest.address, guest.refused, guest.opened);
  gone_.push_back(guest.id);
  if (known) leave(guest);
}

void EpollListener::leave(Guest& guest) {
  shared_->connections.fetch_sub(1, std::memory_order_relaxed);
  handler_.onDisconnected(guest.id);
}

// Not before the end of the turn: somebody further down the stack may still look at it.
void EpollListener::bury() {
  for (const SocketId id : gone_) {
    guests_[id].reset();
    free_.push_back(id);
  }
  gone_.clear();
}

}  // namespace kith::net
