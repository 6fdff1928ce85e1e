// SPDX-License-Identifier: Apache-2.0
#include "net/server/threaded_listener.hpp"

#include <kith/limits.hpp>

#include <algorithm>
#include <utility>

namespace kith::net {
namespace {

// A batch of commands is handed over when it has so many bytes, be the turn over or not.
constexpr std::size_t kBatchBytes = 256u * 1024;
// The lowest bits of a request tell whose it is.
constexpr int kThreadBits = 6;
static_assert(1u << kThreadBits == limits::kIoThreads);

}  // namespace

ThreadedListener::ThreadedListener(const ListenOptions& options, ListenerHandler& handler,
                                   std::shared_ptr<SharedPort> shared)
    : handler_(handler) {
  for (std::size_t i = 0; i < options.threads; ++i) {
    threads_.push_back(std::make_unique<IoThread>(options, Shard{i, options.threads}, shared,
                                                  static_cast<AcceptPolicy&>(*this), poller_));
  }
}

// The threads may still pass accepted on to each other, so none goes before all have ended.
ThreadedListener::~ThreadedListener() {
  for (const auto& thread : threads_) thread->stop();
  for (std::size_t id = 1; id < known_.size(); ++id) {
    if (known_[id].state == Known::State::Nobody) continue;
    --connections_;
    handler_.onDisconnected(static_cast<SocketId>(id));
  }
}

Result<void> ThreadedListener::open() {
  if (!poller_.ok()) {
    return Error{Errc::InvalidArgument, 0, "listen: no files are left to wait with", false};
  }
  if (Result<void> opened = threads_.front()->open(); !opened) return opened;
  for (const auto& thread : threads_) {
    if (Result<void> started = thread->start(); !started) return started;
  }
  return {};
}

void ThreadedListener::setDeadline(base::Millis deadline, base::Millis) { deadline_ = deadline; }

void ThreadedListener::serve() {
  if (tellAll()) return;
  base::Millis patience{-1};
  if (deadline_ != base::kNever) {
    patience = std::max(deadline_ - base::systemNow().mono, base::Millis{0});
  }
  poller_.wait(patience);
  tellAll();
}

/// True: something had come in.
bool ThreadedListener::tellAll() {
  bool any = false;
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    threads_[i]->take(telling_);
    if (telling_.empty()) continue;
    any = true;
    for (EventBatch& events : telling_) tell(i, events);
    threads_[i]->giveBack(telling_);
  }
  return any;
}

void ThreadedListener::tell(std::size_t thread, EventBatch& events) {
  for (const EventBatch::Event& event : events.list) tell(thread, events, event);
}

void ThreadedListener::tell(std::size_t thread, EventBatch& events,
                            const EventBatch::Event& event) {
  if (event.what == EventBatch::What::Http) {
    const auto& [request, call] = events.calls[event.at];
    return handler_.onHttp(request << kThreadBits | thread, call);
  }
  if (event.what > EventBatch::What::Http) return tellNews(thread, events, event);
  if (known_.size() <= event.socket) known_.resize(event.socket + 1);
  Known& known = known_[event.socket];
  if (event.what == EventBatch::What::Connected) {
    known.state = Known::State::Open;
    known.sent_in = threads_[thread]->batch() - 1;
    ++connections_;
    handler_.onConnected(event.socket, events.accepted[event.at]);
  } else if (event.what == EventBatch::What::Disconnected) {
    known.state = Known::State::Nobody;
    --connections_;
    threads_[thread]->commands().add(CommandBatch::What::Release, event.socket);
    handler_.onDisconnected(event.socket);
  } else if (known.state == Known::State::Open) {
    tellOpen(event, known, events);
  }
}

void ThreadedListener::tellNews(std::size_t thread, const EventBatch& events,
                                const EventBatch::Event& event) {
  const EventBatch::RequestEvent& request_events = events.request_events[event.at];
  const RequestId request = request_events.request << kThreadBits | thread;
  switch (event.what) {
    case EventBatch::What::Body:
      return handler_.onBody(
          request, std::string_view(events.bytes).substr(request_events.at, request_events.size),
          request_events.last);
    case EventBatch::What::PartsDrained: return handler_.onPartsDrained(request);
    default: return handler_.onRequestGone(request);
  }
}

void ThreadedListener::tellOpen(const EventBatch::Event& event, Known& known, EventBatch& events) {
  switch (event.what) {
    case EventBatch::What::Frame:
      return handler_.onFrame(event.socket, events.bytes.data() + event.at, event.size, event.kind);
    case EventBatch::What::Heard: return handler_.onHeard(event.socket);
    case EventBatch::What::Drained:
      // Something else may be on its way to it. The numbers may have begun anew.
      if (static_cast<std::int32_t>(event.at - known.sent_in) >= 0) {
        handler_.onDrained(event.socket);
      }
      return;
    default: return;
  }
}

bool ThreadedListener::flush() {
  for (const auto& thread : threads_) thread->post();
  return true;
}

ThreadedListener::Known* ThreadedListener::findOpen(SocketId socket) {
  if (socket >= known_.size() || known_[socket].state != Known::State::Open) return nullptr;
  return &known_[socket];
}

void ThreadedListener::send(SocketId socket, std::initializer_list<std::string_view> parts,
                            ws::FrameKind kind) {
  Known* const known = findOpen(socket);
  if (known == nullptr) return;
  IoThread& thread = threadOf(socket);
  thread.commands().addFrame(socket, parts, kind);
  known->sent_in = thread.batch();
  if (thread.commands().weight() >= kBatchBytes) thread.post();
}

void ThreadedListener::close(SocketId socket, std::uint16_t code, std::string_view reason) {
  Known* const known = findOpen(socket);
  if (known == nullptr) return;
  known->state = Known::State::Closing;
  threadOf(socket).commands().add(CommandBatch::What::Close, socket, {reason}, code);
}

void ThreadedListener::order(SocketId socket, CommandBatch::What what) {
  if (findOpen(socket) != nullptr) threadOf(socket).commands().add(what, socket);
}

void ThreadedListener::pauseReading(SocketId socket, bool paused) {
  order(socket, paused ? CommandBatch::What::Pause : CommandBatch::What::Resume);
}

void ThreadedListener::sessionOpened(SocketId socket) {
  order(socket, CommandBatch::What::SessionOpened);
}

void ThreadedListener::signatureRefused(SocketId socket) {
  order(socket, CommandBatch::What::SignatureRefused);
}

void ThreadedListener::order(RequestId request, CommandBatch::Order order) {
  IoThread& thread = *threads_[request & (limits::kIoThreads - 1)];
  thread.commands().addOrder(request >> kThreadBits, std::move(order));
  if (thread.commands().weight() >= kBatchBytes) thread.post();
}

void ThreadedListener::reply(RequestId request, HttpReply reply) {
  order(request, std::move(reply));
}

void ThreadedListener::takeBody(RequestId request, std::uint64_t limit, BodyMode mode) {
  order(request, CommandBatch::TakeBody{limit, mode});
}

void ThreadedListener::bodyDone(RequestId request, std::size_t bytes) {
  order(request, CommandBatch::BodyDone{bytes});
}

void ThreadedListener::sendPart(RequestId request, std::string bytes, bool last) {
  order(request, CommandBatch::BodyPart{std::move(bytes), last});
}

void ThreadedListener::stopAccepting() {
  for (const auto& thread : threads_) thread->commands().add(CommandBatch::What::StopAccepting, 0);
}

void ThreadedListener::closeAll(std::uint16_t code, std::string_view reason) {
  for (Known& known : known_) {
    if (known.state == Known::State::Open) known.state = Known::State::Closing;
  }
  for (const auto& thread : threads_) {
    thread->commands().add(CommandBatch::What::CloseAll, 0, {reason}, code);
  }
}

// One after the other: a connection stays for long, and which will be the busy ones is not known.
bool ThreadedListener::passOn(int fd, const IpAddress& remote, bool refused) {
  const std::size_t chosen = next_++ % threads_.size();
  if (chosen == 0) return false;
  threads_[chosen]->adopt(fd, remote, refused);
  return true;
}

}  // namespace kith::net
