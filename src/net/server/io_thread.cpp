// SPDX-License-Identifier: Apache-2.0
#include "net/server/io_thread.hpp"

#include <system_error>
#include <unistd.h>
#include <utility>

namespace kith::net {
namespace {

// Of either kind so many bytes may wait for the other thread: enough to keep it busy, and little
// beside what the connections' own output may take.
constexpr std::size_t kMostBytes = 4u << 20;

}  // namespace

IoThread::IoThread(const ListenOptions& options, Shard part, std::shared_ptr<SharedPort> shared,
                   AcceptPolicy& accept_policy, Poller& handlers_poller)
    : shard_(part),
      handlers_poller_(handlers_poller),
      listener_(options, *this, std::move(shared), &accept_policy) {}

IoThread::~IoThread() { stop(); }

Result<void> IoThread::start() {
  try {
    worker_ = base::startWorker("kith-server-io", [this] { run(); });
    return {};
  } catch (const std::system_error& problem) {
    return Error{Errc::Internal, 0, std::string("listen: no thread: ") + problem.what(), false};
  }
}

void IoThread::stop() {
  {
    const base::Lock lock(mutex_);
    ending_ = true;
  }
  changed_.notifyAll();
  listener_.wake();
  if (worker_.thread.joinable()) worker_.thread.join();
  const base::Lock lock(mutex_);
  for (const AcceptedSocket& accepted : accepted_) ::close(accepted.fd);
  accepted_.clear();
}

void IoThread::post() {
  if (filling_.empty()) return;
  {
    base::Lock lock(mutex_);
    while (orders_queue_.weight() >= kMostBytes && !ending_) changed_.wait(lock);
    orders_queue_.put(filling_);
  }
  ++batch_;
  changed_.notifyAll();
  listener_.wake();
}

void IoThread::take(std::vector<EventBatch>& events) {
  bool was_behind = false;
  {
    const base::Lock lock(mutex_);
    was_behind = events_queue_.weight() >= kMostBytes;
    events_queue_.take(events);
  }
  if (was_behind) changed_.notifyAll();
}

void IoThread::giveBack(std::vector<EventBatch>& events) {
  const base::Lock lock(mutex_);
  events_queue_.giveBack(events);
}

void IoThread::adopt(int fd, const IpAddress& remote, bool refused) {
  {
    const base::Lock lock(mutex_);
    accepted_.push_back({fd, remote, refused});
  }
  listener_.wake();
}

// Commands come before reading: what answers the last turn leaves before the next is begun.
void IoThread::run() {
  while (takeOrders()) {
    const bool idle = orders_.empty() && arriving_.empty();
    const base::Millis now = base::systemNow().mono;
    listener_.setDeadline(idle ? base::kNever : now, now);
    for (const AcceptedSocket& each : arriving_)
      listener_.adopt(each.fd, each.remote, each.refused);
    for (CommandBatch& commands : orders_) carryOut(commands);
    const bool behind = handlerIsBehind();
    if (!behind) listener_.serve();
    while (!listener_.flush()) {
    }
    handOver();
    if (behind) waitForHandler();
  }
}

/// False when it is time to end: what was ordered before that is carried out and sent.
bool IoThread::takeOrders() {
  const base::Lock lock(mutex_);
  orders_queue_.giveBack(orders_);
  arriving_.clear();
  if (ending_ && orders_queue_.empty()) return false;
  const bool was_full = orders_queue_.weight() >= kMostBytes;
  orders_queue_.take(orders_);
  arriving_.swap(accepted_);
  if (was_full) changed_.notifyAll();
  return true;
}

void IoThread::carryOut(CommandBatch& commands) {
  for (const CommandBatch::Command& command : commands.list) carryOut(commands, command);
  for (auto& [request, order] : commands.orders) carryOut(request, order);
  ++carried_out_;
}

void IoThread::carryOut(const CommandBatch& commands, const CommandBatch::Command& command) {
  using What = CommandBatch::What;
  if (command.what == What::StopAccepting) return listener_.stopAccepting();
  if (command.what == What::CloseAll) {
    return listener_.closeAll(command.code, commands.textOf(command));
  }
  const std::size_t slot = shard_.slotOf(command.socket);
  if (command.what == What::Release) return free_slots_.push_back(slot);
  const SocketId local = locals_[slot];
  if (local == 0) return;
  switch (command.what) {
    case What::Send: return listener_.send(local, {commands.textOf(command)}, command.kind);
    case What::Close: return listener_.close(local, command.code, commands.textOf(command));
    case What::Pause: return listener_.pauseReading(local, true);
    case What::Resume: return listener_.pauseReading(local, false);
    case What::SessionOpened: return listener_.sessionOpened(local);
    case What::SignatureRefused: return listener_.signatureRefused(local);
    default: return;
  }
}

void IoThread::carryOut(RequestId request, CommandBatch::Order& order) {
  if (auto* const reply = std::get_if<HttpReply>(&order)) {
    listener_.reply(request, std::move(*reply));
  } else if (auto* const part = std::get_if<CommandBatch::BodyPart>(&order)) {
    listener_.sendPart(request, std::move(part->bytes), part->last);
  } else if (const auto* const body = std::get_if<CommandBatch::TakeBody>(&order)) {
    listener_.takeBody(request, body->limit, body->mode);
  } else {
    listener_.bodyDone(request, std::get<CommandBatch::BodyDone>(order).bytes);
  }
}

void IoThread::handOver() {
  if (events_.empty()) return;
  {
    const base::Lock lock(mutex_);
    events_queue_.put(events_);
  }
  handlers_poller_.wake();
}

bool IoThread::handlerIsBehind() {
  const base::Lock lock(mutex_);
  return events_queue_.weight() >= kMostBytes;
}

void IoThread::waitForHandler() {
  base::Lock lock(mutex_);
  while (events_queue_.weight() >= kMostBytes && orders_queue_.empty() && !ending_) {
    changed_.wait(lock);
  }
}

void IoThread::onConnected(SocketId local, const Accepted& how) {
  std::size_t slot = locals_.size();
  if (free_slots_.empty()) {
    locals_.push_back(0);
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  locals_[slot] = local;
  if (slots_.size() <= local) slots_.resize(local + 1);
  slots_[local] = slot;
  events_.addConnected(idOf(local), how);
}

void IoThread::onFrame(SocketId local, char* frame, std::size_t size, ws::FrameKind kind) {
  events_.addFrame(idOf(local), {frame, size}, kind);
}

void IoThread::onHeard(SocketId local) { events_.add(EventBatch::What::Heard, idOf(local)); }

void IoThread::onDrained(SocketId local) {
  events_.add(EventBatch::What::Drained, idOf(local), carried_out_);
}

// Its number stays taken until the handler has heard of it.
void IoThread::onDisconnected(SocketId local) {
  locals_[slots_[local]] = 0;
  events_.add(EventBatch::What::Disconnected, idOf(local));
}

void IoThread::onHttp(RequestId request, const HttpCall& call) { events_.addCall(request, call); }

void IoThread::onBody(RequestId request, std::string_view bytes, bool last) {
  events_.addRequestEvent(EventBatch::What::Body, request, bytes, last);
}

void IoThread::onPartsDrained(RequestId request) {
  events_.addRequestEvent(EventBatch::What::PartsDrained, request);
}

void IoThread::onRequestGone(RequestId request) {
  events_.addRequestEvent(EventBatch::What::RequestGone, request);
}

}  // namespace kith::net
