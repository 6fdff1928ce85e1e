// SPDX-License-Identifier: Apache-2.0
#include "server/front/front.hpp"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <thread>
#include <utility>

#include "base/close_codes.hpp"
#include "base/redact.hpp"
#include "base/url.hpp"

namespace kith::front {
namespace {

// Bytes of frames that wait in a backlog before the kernel has to keep the rest.
constexpr std::size_t kBacklogBytes = 64u * 1024;
// Rounds of one turn: storage in memory answers at once, and an answer may lead to more calls.
constexpr int kRounds = 64;
constexpr base::Millis kStopTick{20};
// Frames of one read that are answered together: the other side works on the first while we work on
// the next. Of many connections more are, so that each gets its frames in few writes.
constexpr int kFramesOfOne = 16;
constexpr int kFramesPerStep = 256;

base::Millis sleptSoFar() {
  const auto millis = [](clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return std::chrono::duration_cast<base::Millis>(std::chrono::seconds(time.tv_sec) +
                                                    std::chrono::nanoseconds(time.tv_nsec));
  };
  return millis(CLOCK_BOOTTIME) - millis(CLOCK_MONOTONIC);
}

/// Where files are kept; empty = nowhere.
std::string folderOf(const Settings& settings) {
  return settings.data == ":memory:" ? std::string() : settings.data + "/files";
}

}  // namespace

Front::Front(Settings settings)
    : settings_(std::move(settings)),
      registry_(settings_.apps, settings_.switches, [this] { wake(); }),
      desks_{
          {}, {folderOf(settings_), [this] { wake(); }}, {settings_.outbound, [this] { wake(); }}},
      refusals_(settings_.log),
      now_(base::systemNow()),
      clock_(now_, sleptSoFar) {}

Front::~Front() = default;

// A storage in memory wakes us from inside a turn, which looks at the flag before it ends.
void Front::wake() {
  woken_.store(true, std::memory_order_release);
  if (loop_thread_.load(std::memory_order_relaxed) == std::this_thread::get_id()) return;
  const base::Lock lock(wake_mutex_);
  if (to_wake_ != nullptr) to_wake_->wake();
}

void Front::stop(base::Millis grace) {
  grace_.store(grace.count(), std::memory_order_relaxed);
  stopping_.store(true, std::memory_order_release);
  wake();
}

// Between two frames, so that a command is carried out by one set of rules.
void Front::takeApps() {
  if (registry_.version() == apps_version_) return;
  const apps::AppsPtr apps = registry_.current();
  apps_version_ = apps->version();
  hub_->setApps(*apps, now_);
  rest_->setApps(apps);
}

Result<void> Front::openApps(const std::string& folder) {
  if (!folder.empty()) {
    if (Result<void> opened = registry_.open(folder); !opened) return opened;
  }
  if (!registry_.current()->apps().empty() || !settings_.admin_key.empty()) return {};
  return Error{Errc::InvalidArgument, 0, "apps is empty; the server needs at least one app", false};
}

// Names of settings only: their values may be keys.
void Front::changeApp(apps::AppChange change) {
  changing_ = "app '" + base::cleanWords(change.id) + "' was ";
  changing_ += change.add ? "added over HTTP:" : "changed over HTTP:";
  for (const json::JsonMember& member : change.settings.members) {
    changing_.append(" ").append(base::cleanWords(member.name));
  }
  changer_->begin(std::move(change));
}

// The change was published before: what comes after the answer finds it.
void Front::finishChange() {
  const std::optional<apps::ChangeOutcome> outcome = changer_->take();
  if (!outcome) return;
  if (outcome->fault == apps::ChangeFault::None) {
    settings_.log.log(LogLevel::Info, "front", changing_);
  }
  rest::AdminApi::Reply answer = admin_->finish(*outcome);
  reply(answer.request, std::move(answer.reply));
}

std::string Front::metricsAddress() const {
  if (!settings_.metrics) return {};
  return base::formatHostPort(settings_.metrics->host, metrics_port_.load());
}

Result<std::vector<std::uint16_t>> Front::open(std::unique_ptr<storage::Storage> storage) {
  loop_thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  storage_ = std::make_unique<StorageMux>(std::move(storage), metrics_);
  auto shared = net::SharedPort::make(settings_.listen);
  if (!shared) return shared.error();
  shared_ = std::move(shared).value();
  auto listener = net::Listener::open(settings_.listen, *this, shared_);
  if (!listener) return listener.error();
  listener_ = std::move(listener).value();
  core::Output& output = *this;
  hub_ = std::make_unique<core::Hub>(settings_.hub, output, *storage_, random_);
  rest::RestHost& rest_host = *this;
  rest::AdminHost& admin_host = *this;
  const rest::RestHosts hosts{rest_host, *this, *this, *this};
  admin_ = std::make_unique<rest::AdminApi>(random_, admin_host);
  changer_ = std::make_unique<AppChanger>(registry_, [this] { wake(); });
  rest_ = std::make_unique<rest::RestApi>(
      rest::RestOptions{registry_.current(), settings_.listen.connections,
                        settings_.hub.frame_bytes, settings_.public_url, settings_.route_ttl,
                        !settings_.listen.tls_cert.empty(), settings_.admin_key,
                        settings_.admin_remote, kHttpToken},
      *storage_, hosts, random_, admin_->routes());
  takeApps();
  storage_->setSinks(*hub_, *rest_);
  if (settings_.metrics) {
    auto monitor = Monitor::start(settings_.metrics->host, settings_.metrics->port,
                                  [this] { return metrics_.text(*shared_); });
    if (!monitor) return monitor.error();
    monitor_ = std::move(monitor).value();
    metrics_port_.store(monitor_->port());
  }
  const base::Lock lock(wake_mutex_);
  to_wake_ = listener_.get();
  return listener_->ports();
}

void Front::run() {
  turn();
  while (phase_ != Phase::Closing || (listener_->connections() > 0 && now_.mono < stop_at_)) {
    listener_->serve();
    turn();
  }
}

// The hub hears of what the context's end disconnects, so it goes last but one.
void Front::close() {
  {
    const base::Lock lock(wake_mutex_);
    to_wake_ = nullptr;
  }
  monitor_.reset();
  desks_.files.end();
  desks_.outbound.end();
  listener_.reset();
  rest_.reset();
  changer_.reset();
  admin_.reset();
  hub_.reset();
  storage_.reset();
}

// Whatever the storage is told afterwards has the new time.
void Front::readClock() {
  now_ = base::systemNow();
  const base::Millis jump = clock_.observe(now_);
  if (jump == base::Millis{0}) return;
  storage_->submit(storage::kNoToken, storage::ClockJumped{jump.count()});
  settings_.log.log(LogLevel::Warn, "front", [&] {
    return "the clock was set by " + std::to_string(jump.count() / 1000) +
           " s; what was accepted since the start keeps its age";
  });
}

void Front::turn() {
  readClock();
  hub_->setNow(now_);
  if (stopping_.load(std::memory_order_acquire)) advanceStop();
  takeApps();
  finishChange();
  for (FileDesk::Done& done : desks_.files.take()) reply(done.request, std::move(done.reply));
  for (OutboundDesk::Done& done : desks_.outbound.take()) {
    reply(done.request, std::move(done.reply));
  }
  if (phase_ != Phase::Closing) rest_->beginReads();
  runUntilQuiet();
  // What the fast lane wanted has left; the rest of the turn is for the slow one.
  if (hub_->hasWaiting()) {
    hub_->endTurn(now_, core::Lanes::Both);
    runUntilQuiet();
    if (hub_->hasWaiting()) listener_->wake();
  } else {
    hub_->endTurn(now_, core::Lanes::Both);
  }
  if (phase_ != Phase::Closing && rest_->hasReadsToBegin()) listener_->wake();
  base::Millis deadline = hub_->deadline();
  if (phase_ != Phase::Serving) deadline = std::min(deadline, now_.mono + kStopTick);
  listener_->setDeadline(deadline, now_.mono);
}

void Front::runUntilQuiet() {
  int rounds = 0;
  while (step() && ++rounds < kRounds) {
  }
  if (rounds == kRounds) listener_->wake();
}

// True: there is more to do already.
bool Front::step() {
  unstepped_ = of_one_ = 0;
  if (woken_.exchange(false, std::memory_order_acquire)) storage_->drain();
  if (storage_behind_ && !storageIsBehind()) resumeStalled();
  feedResumed();
  if (hub_->deadline() <= now_.mono) hub_->timeReached(now_);
  hub_->endTurn(now_, core::Lanes::Fast);
  storage_->flush();
  // Before the answer leaves: its reader finds it counted.
  publishStats();
  const bool flushed = listener_->flush();
  metrics_.flushed();
  return !flushed || !resumed_.empty() || woken_.load(std::memory_order_acquire);
}

void Front::publishStats() {
  const storage::StorageStats storage = storage_->stats();
  metrics_.publish(hub_->stats(), storage, storage_->outstanding(), backlogs_.size());
  storage_watch_.observe(storage, now_.mono, settings_.log);
  refusals_.observeConnections(shared_->dropped.load(std::memory_order_relaxed),
                               shared_->refused.load(std::memory_order_relaxed), now_.mono);
}

// First what was asked for is answered, then the storage is closed for good, then the connections.
void Front::advanceStop() {
  if (phase_ == Phase::Closing) return;
  if (phase_ == Phase::Serving) {
    phase_ = Phase::Draining;
    stop_at_ = now_.mono + base::Millis(grace_.load(std::memory_order_relaxed));
    listener_->stopAccepting();
    hub_->goAway(now_);
  }
  if (woken_.exchange(false, std::memory_order_acquire)) storage_->drain();
  const bool owes = storage_->outstanding() > 0 || rest_->hasReadsToBegin() || changer_->busy() ||
                    desks_.files.busy() || desks_.outbound.busy();
  if (owes && now_.mono < stop_at_) return;
  storage_->close();
  storage_->drain();
  hub_->endTurn(now_);
  listener_->closeAll(base::kGoingAway, "server stops");
  phase_ = Phase::Closing;
}

void Front::onConnected(net::SocketId socket, const net::Accepted& how) {
  readClock();
  settings_.log.log(LogLevel::Debug, "front", [&] {
    return "connection " + std::to_string(socket) + " comes from " + how.remote.text();
  });
  hub_->connected(socket, dialects_.of(how), now_);
}

// A binary message is read like a text (avos-v1 §2).
void Front::onFrame(net::SocketId socket, char* frame, std::size_t size, ws::FrameKind) {
  if (phase_ != Phase::Serving) return;
  takeApps();
  const auto waiting = backlogs_.find(socket);
  if (waiting != backlogs_.end()) return keep(socket, waiting->second, frame, size);
  if (storageIsBehind()) {
    Backlog& backlog = backlogs_[socket];
    stall(socket, backlog);
    return keep(socket, backlog, frame, size);
  }
  readClock();
  if (hub_->received(socket, frame, size, now_) == core::Flow::Wait) {
    backlogs_.emplace(socket, Backlog{});
  }
  stepIfMany(socket);
}

void Front::stepIfMany(net::SocketId socket) {
  if (std::exchange(last_read_, socket) != socket) of_one_ = 0;
  if (++of_one_ >= kFramesOfOne || ++unstepped_ >= kFramesPerStep) step();
}

// Once it is, it stays so until half of what it owes has come: no stop and go at the limit.
bool Front::storageIsBehind() {
  const std::size_t limit = settings_.listen.connections.storage_requests;
  storage_behind_ = storage_->outstanding() >= (storage_behind_ ? (limit + 1) / 2 : limit);
  return storage_behind_;
}

void Front::keep(net::SocketId socket, Backlog& backlog, const char* frame, std::size_t size) {
  if (backlog.at > kBacklogBytes) backlog.bytes.erase(0, std::exchange(backlog.at, 0));
  backlog.bytes.append(reinterpret_cast<const char*>(&size), sizeof size);
  backlog.bytes.append(frame, size).push_back('\0');
  if (backlog.bytes.size() - backlog.at < kBacklogBytes || backlog.paused) return;
  backlog.paused = true;
  listener_->pauseReading(socket, true);
}

void Front::feedResumed() {
  while (!resumed_.empty()) {
    feeding_.swap(resumed_);
    for (const net::SocketId socket : feeding_) feedBacklog(socket);
    feeding_.clear();
  }
}

void Front::feedBacklog(net::SocketId socket) {
  auto found = backlogs_.find(socket);
  if (found == backlogs_.end()) return;
  while (found->second.at < found->second.bytes.size()) {
    Backlog& backlog = found->second;
    if (storageIsBehind()) return stall(socket, backlog);
    std::size_t size = 0;
    std::memcpy(&size, backlog.bytes.data() + backlog.at, sizeof size);
    char* frame = backlog.bytes.data() + backlog.at + sizeof size;
    backlog.at += sizeof size + size + 1;
    if (hub_->received(socket, frame, size, now_) == core::Flow::Wait) return;
  }
  const bool paused = found->second.paused;
  backlogs_.erase(found);
  if (paused) listener_->pauseReading(socket, false);
}

void Front::stall(net::SocketId socket, Backlog& backlog) {
  if (!backlog.stalled) backlog.stalled = stalled_.insert(stalled_.end(), socket);
}

void Front::resumeStalled() {
  for (const net::SocketId socket : stalled_) {
    backlogs_[socket].stalled.reset();
    resumed_.push_back(socket);
  }
  stalled_.clear();
}

void Front::onHeard(net::SocketId socket) {
  readClock();
  hub_->heard(socket, now_);
}

void Front::onDrained(net::SocketId socket) { hub_->drained(socket, now_); }

// Its number may be used anew before the storage has caught up: a place that the old one left
// would feed the new one against Flow::Wait.
void Front::onDisconnected(net::SocketId socket) {
  if (const auto found = backlogs_.find(socket); found != backlogs_.end()) {
    if (found->second.stalled) stalled_.erase(*found->second.stalled);
    backlogs_.erase(found);
  }
  readClock();
  hub_->disconnected(socket, now_);
}

void Front::onHttp(net::RequestId request, const net::HttpCall& call) {
  takeApps();
  rest_->answer(request, call);
}

void Front::onBody(net::RequestId request, std::string_view bytes, bool) {
  takeApps();
  rest_->body(request, bytes);
}

void Front::onRequestGone(net::RequestId request) { rest_->gone(request); }

void Front::reply(net::RequestId request, net::HttpReply reply) {
  metrics_.replied(reply.status);
  listener_->reply(request, std::move(reply));
}

bool Front::carryOut(net::RequestId request, const core::ServiceCommand& command) {
  const bool full = desks_.commands.size() >= settings_.listen.connections.http_requests;
  if (full || storageIsBehind()) return false;
  readClock();
  hub_->command(desks_.commands.add(request), desks_.commands.dialect(), command, now_);
  return true;
}

void Front::answered(core::ConnectionId command, std::initializer_list<std::string_view> parts) {
  std::optional<ServiceDesk::Answer> answer = desks_.commands.finish(command, parts);
  if (answer) reply(answer->request, std::move(answer->reply));
}

rest::FileHost::Begun Front::work(net::RequestId request, std::size_t bytes,
                                  rest::FileHost::Work work) {
  return desks_.files.begin(request, bytes, std::move(work));
}

rest::OutboundHost::Begun Front::ask(net::RequestId request, net::AddressKey from,
                                     rest::OutboundHost::Work work) {
  return desks_.outbound.begin(request, from, std::move(work));
}

void Front::takeBody(net::RequestId request, std::uint64_t limit) {
  listener_->takeBody(request, limit, net::BodyMode::Whole);
}

void Front::refused(const net::HttpCall& call, std::string_view app_id, std::string_view why,
                    bool forged) {
  refusals_.addRead(call, app_id, why, now_.mono);
  // Not for a bad clock or a client that does not sign: many may be behind one address.
  if (forged) shared_->addresses.recordAbuse(call.from, now_.mono);
}

void Front::write(core::ConnectionId to, std::initializer_list<std::string_view> parts,
                  core::FrameForm form) {
  if (form == core::FrameForm::Answer) return answered(to, parts);
  const bool binary = form == core::FrameForm::Binary;
  listener_->send(to, parts, binary ? ws::FrameKind::Binary : ws::FrameKind::Text);
}

void Front::close(core::ConnectionId connection, std::uint16_t code, std::string_view reason) {
  settings_.log.log(LogLevel::Debug, "front", [&] {
    return "connection " + std::to_string(connection) + " is closed with " + std::to_string(code);
  });
  metrics_.closed(code);
  if (code == base::kSignatureFailed) listener_->signatureRefused(connection);
  listener_->close(connection, code, reason);
}

void Front::resume(core::ConnectionId connection) { resumed_.push_back(connection); }

void Front::opened(core::ConnectionId connection) { listener_->sessionOpened(connection); }

void Front::signatureRefused(const core::RefusedSignature& what) {
  metrics_.refusedSignature(what.fault);
  refusals_.add(what, now_.mono);
}

}  // namespace kith::front
