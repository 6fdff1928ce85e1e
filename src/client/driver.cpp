// SPDX-License-Identifier: Apache-2.0
#include "client/driver.hpp"

#include <kith/limits.hpp>

#include <algorithm>
#include <utility>

#include "base/redact.hpp"
#include "base/url.hpp"
#include "client/manager_impl.hpp"
#include "client/session_impl.hpp"
#include "wire/codec.hpp"

namespace kith::client {
namespace {

constexpr std::string_view kRoom = "client";
constexpr std::size_t kKeptCapacity = 1024;
constexpr base::Millis kQuiet{1000};

engine::EngineOptions engineOptions(const Options& options) {
  engine::EngineOptions result;
  result.app_id = options.app_id;
  result.server = options.server;
  result.has_signer = options.signature_factory != nullptr;
  result.has_store = options.store != nullptr;
  result.reconnect = options.reconnect;
  result.keepalive = options.keepalive;
  result.outbox = options.outbox;
  result.inbox = options.inbox;
  result.connect_timeout = options.connect_timeout;
  result.command_timeout = options.command_timeout;
  result.signature_timeout = options.signature_timeout;
  return result;
}

}  // namespace

/// One connection and the ear at it. When it is no longer wanted it goes deaf at once and dies a
/// little later, because its own callback may be on the stack.
class Driver::Link final : public net::TransportHandler {
 public:
  explicit Link(Driver& driver) : driver_(&driver) {}
  void attach(std::unique_ptr<net::Transport> transport) { transport_ = std::move(transport); }
  net::Transport& transport() { return *transport_; }
  void goDeaf() { driver_ = nullptr; }

  void onUp() override {
    if (driver_ != nullptr) driver_->linkUp();
  }
  void onFrame(char* frame, std::size_t size) override {
    if (driver_ != nullptr) driver_->linkFrame(frame, size);
  }
  void onHeard() override {
    if (driver_ != nullptr) driver_->linkHeard();
  }
  void onDown(int code, Error error) override {
    if (driver_ != nullptr) driver_->linkDown(code, std::move(error));
  }
  void onTurnEnd() override {
    if (driver_ != nullptr) driver_->linkTurnEnd();
  }

 private:
  Driver* driver_;
  std::unique_ptr<net::Transport> transport_;
};

Driver::Driver(ManagerImpl& manager)
    : manager_(manager), engine_(engineOptions(manager.options()), *this, random_) {}

Driver::~Driver() = default;

base::Instant Driver::now() {
  if (!now_) now_ = manager_.loop()->now();
  return *now_;
}

// --- the application's side ---

bool Driver::carryOut(std::vector<Submission>& submissions) {
  bool messages = false;
  for (Submission& submission : submissions) {
    if (auto* call = std::get_if<SendCall>(&submission)) {
      send(*call);
      messages = true;
    } else if (auto* shown = std::get_if<ShownCall>(&submission)) {
      engine_.delivered(shown->session->ref(), shown->count, now());
      messages = true;
    } else if (auto* setup = std::get_if<SetupCall>(&submission)) {
      setup->run(*this);
    } else {
      std::get<DriverCall>(submission)(this);
    }
    submission = ShownCall{};  // frees what it held
  }
  settle();
  return messages;
}

void Driver::send(SendCall& call) {
  const engine::SessionRef ref = call.session->ref();
  const engine::OpId op =
      ops_.add(SendOp{std::move(call.session), std::move(call.done), call.bytes});
  engine_.send(ref, std::move(call.message), std::move(call.client_id), op, now());
}

void Driver::addSession(const std::shared_ptr<SessionImpl>& session, const std::string& peer_id) {
  session->keptByDriver() = session;
  sessions_.add(base::hashNumber(session->ref()), session.get());
  engine_.addSession(session->ref(), peer_id);
}

void Driver::removeSession(engine::SessionRef ref) {
  const std::shared_ptr<SessionImpl> session = find(ref);
  if (session == nullptr) return;
  cancelReads(session.get());
  engine_.removeSession(ref, now());
  flushStaged();
  latest_ = nullptr;
  sessions_.remove(base::hashNumber(ref), session.get());
  sessions_.shrink();
  session->keptByDriver() = nullptr;
  if (leaving_.size() > sessions_.size() + 64) {
    leaving_.erase(std::remove_if(leaving_.begin(), leaving_.end(),
                                  [](const auto& weak) { return weak.expired(); }),
                   leaving_.end());
  }
  leaving_.push_back(session);
}

void Driver::closeSession(const std::shared_ptr<SessionImpl>& session, Finish finish) {
  cancelReads(session.get());
  engine_.close(session->ref(), ops_.add(CloseOp{session, std::move(finish)}), now());
  ++session->driverLife();
}

void Driver::closeAll(Finish finish) {
  closing_ = true;
  cancelAllReads();
  engine_.closeAll(ops_.add(CloseOp{nullptr, std::move(finish)}), now());
}

// --- engine::Output ---

void Driver::connect(const std::string& url) {
  retireLink();
  const Options& options = manager_.options();
  manager_.log().log(LogLevel::Debug, kRoom,
                     [&] { return "connecting to " + base::redactUrl(url); });
  net::ConnectRequest request;
  request.url = url;
  request.tls = options.tls;
  request.proxy = options.proxy;
  request.timeout = options.connect_timeout;
  request.max_frame_bytes = limits::kClientFrameBytes;
  warnOfAnyCertificate(url);
  link_ = std::make_unique<Link>(*this);
  link_->attach(manager_.loop()->connect(request, *link_));
}

void Driver::warnOfAnyCertificate(std::string_view url) const {
  if (!manager_.options().tls.dangerously_accept_any_certificate) return;
  if (const auto parsed = base::parseUrl(url, "url"); !parsed || !parsed->tls()) return;
  manager_.log().log(LogLevel::Warn, kRoom,
                     "TlsOptions::dangerously_accept_any_certificate is set: whoever sits on the "
                     "line can read and change everything");
}

void Driver::disconnect(std::uint16_t code, std::string_view reason) {
  if (link_ != nullptr) link_->transport().close(code, reason);
}

void Driver::abandon() { retireLink(); }

void Driver::sendFrame(const wire::Command& command) {
  if (link_ == nullptr) return;
  // All managers of an io thread share these: the transport copies what it gets.
  static thread_local wire::Encoder encoder;
  static thread_local std::string frame;
  frame.clear();
  encoder.encode(command, frame);
  link_->transport().send(frame);
}

void Driver::sendPing() {
  if (link_ != nullptr) link_->transport().ping();
}

void Driver::done(engine::OpId id, engine::Outcome&& outcome) {
  Op op = ops_.take(id);
  if (auto* sent = std::get_if<SendOp>(&op)) {
    sent->session->releaseQueue(sent->bytes);
    if (!sent->done) return;
    Result<Receipt> result = outcome.result.ok() ? Result<Receipt>(std::move(outcome.receipt))
                                                 : Result<Receipt>(outcome.result.error());
    staging(sent->session).emplace_back(SendEnd{std::move(sent->done), std::move(result)});
  } else if (auto* call = std::get_if<CallOp>(&op)) {
    finishCall(call->session, call->name, std::move(call->finish), std::move(outcome));
  } else if (auto* close = std::get_if<CloseOp>(&op)) {
    closes_.push_back({std::move(close->session), std::move(close->finish), std::move(outcome)});
  }
}

void Driver::notify(engine::SessionRef ref, Event&& event) {
  const std::shared_ptr<SessionImpl>& session = find(ref);
  if (session == nullptr) return;
  staging(session).emplace_back(std::in_place_type<EventItem>, std::move(event),
                                session->driverLife());
}

const std::shared_ptr<SessionImpl>& Driver::find(engine::SessionRef ref) {
  static const std::shared_ptr<SessionImpl> nobody;
  if (latest_ == nullptr || latest_->ref() != ref) {
    SessionImpl* found = sessions_.find(
        base::hashNumber(ref), [ref](const SessionImpl& session) { return session.ref() == ref; });
    if (found == nullptr) return nobody;
    latest_ = found;
  }
  return latest_->keptByDriver();
}

void Driver::forgetSessions() {
  latest_ = nullptr;
  const base::HashIndex<SessionImpl> all = std::exchange(sessions_, {});
  all.each([](SessionImpl& session) {
    const std::shared_ptr<SessionImpl> goes = std::move(session.keptByDriver());
  });
}

// --- the link ---

void Driver::linkUp() {
  manager_.log().log(LogLevel::Debug, kRoom, "connected");
  engine_.transportUp(now());
  settle();
}

void Driver::linkFrame(char* frame, std::size_t size) {
  // Shared like the encoder: what the command views is used up when this returns.
  static thread_local wire::Decoder decoder;
  Result<wire::Command> command = decoder.decode(frame, size);
  if (command.ok()) {
    engine_.received(*command, now());
  } else {
    manager_.log().log(LogLevel::Warn, kRoom, [&] {
      return "the server sent what is no frame: " + command.error().detail;
    });
    engine_.receivedGarbage(command.error(), now());
  }
}

void Driver::linkHeard() { engine_.heard(now()); }

void Driver::linkDown(int code, Error error) {
  manager_.log().log(closing_ ? LogLevel::Debug : LogLevel::Warn, kRoom, [&] {
    return "connection ended: close code " + std::to_string(code) + ", " +
           std::string(errcName(error.code)) + ": " + error.detail;
  });
  retireLink();
  engine_.transportDown(code, std::move(error), now());
  settle();
}

void Driver::linkTurnEnd() {
  settle();
  if (!std::exchange(overrun_, false)) return;
  manager_.log().log(LogLevel::Warn, kRoom,
                     "the server sends more events than the application's callbacks take; the "
                     "connection is opened anew");
  engine_.overrun(now());
  settle();
}

void Driver::retireLink() {
  now_.reset();
  if (link_ == nullptr) return;
  link_->goDeaf();
  manager_.loop()->post(
      [dead = std::shared_ptr<Link>(std::move(link_))]() mutable { dead.reset(); });
}

// --- what happened goes up ---

std::vector<Item>& Driver::staging(const std::shared_ptr<SessionImpl>& session) {
  std::vector<Item>& staged = session->staged();
  if (staged.empty()) touched_.push_back(session);
  return staged;
}

void Driver::finishCall(const std::shared_ptr<SessionImpl>& session, const char* name,
                        Finish finish, engine::Outcome outcome) {
  if (!finish) return;
  Call call{name, [finish = std::move(finish), outcome = std::move(outcome)]() mutable {
              finish(outcome);
            }};
  if (session != nullptr) {
    staging(session).emplace_back(std::move(call));
  } else {
    manager_.strand().push(std::move(call));
  }
}

void Driver::settle() {
  flushJobs();
  looks_ = !looking_;
  flushStaged();
  flushCloses();
  looks_ = false;
  manager_.publish(engine_.stats());
  if (finished_) {
    // Later, as with the link: its own callback may be on the stack.
    manager_.loop()->post(
        [dead = std::shared_ptr<net::Timer>(std::move(timer_))]() mutable { dead.reset(); });
    retireLink();
    writer_.reset();
    forgetSessions();
    manager_.ended();
    return;
  }
  armTimer();
  if (std::exchange(must_look_, false)) lookAgain();
}

/// Once, so that callbacks that go on calling leave the loop its turn.
void Driver::lookAgain() {
  looking_ = true;
  manager_.carryOut();
  looking_ = false;
}

void Driver::flushStaged() {
  // An executor may run callbacks inside this loop. They reach the engine through the queue only,
  // never in here, but let us not bet the iteration on it.
  std::vector<std::shared_ptr<SessionImpl>> touched = std::exchange(spare_, {});
  touched.swap(touched_);
  for (const auto& session : touched) {
    if (!session->deliverStaged(isBusy(*session))) overrun_ = true;
  }
  touched.clear();
  if (touched.capacity() <= kKeptCapacity) spare_ = std::move(touched);
  now_.reset();
}

/// Items came twice within a second, so there will be more: their memory is kept until it is quiet.
bool Driver::isBusy(SessionImpl& session) {
  const base::Millis time = now().mono;
  const base::Millis before = std::exchange(session.lastDelivery(), time);
  if (time - before >= kQuiet) return false;
  if (!std::exchange(session.keepsItems(), true)) busy_.push_back(session.ref());
  return true;
}

/// With the next alarm: an idle connection has its heartbeats.
void Driver::trimQuiet() {
  const base::Millis time = now().mono;
  const auto trim = [&](engine::SessionRef ref) {
    const std::shared_ptr<SessionImpl>& session = find(ref);
    if (session == nullptr) return true;
    if (time - session->lastDelivery() < kQuiet) return false;
    session->keepsItems() = false;
    session->trimItems();
    return true;
  };
  busy_.erase(std::remove_if(busy_.begin(), busy_.end(), trim), busy_.end());
  if (!busy_.empty()) return;
  busy_.shrink_to_fit();
  spare_.shrink_to_fit();
  manager_.trimQueue();
}

void Driver::flushCloses() {
  for (PendingClose& close : std::exchange(closes_, {})) {
    if (close.session == nullptr && unkept_ != 0) {
      closes_.push_back(std::move(close));  // the manager ends when everything is on the disk
    } else if (close.session != nullptr) {
      if (close.finish) {
        close.session->push(
            Call{"close", [finish = std::move(close.finish),
                           outcome = std::move(close.outcome)]() mutable { finish(outcome); }});
      }
    } else {
      finishManager(std::move(close.finish), std::move(close.outcome));
    }
  }
}

void Driver::finishManager(Finish finish, engine::Outcome outcome) {
  finished_ = true;
  if (!finish) return;
  // The completion is the last callback of all: it waits until every strand has come to an end.
  struct Gate {
    std::atomic<std::size_t> waiting{1};
    std::shared_ptr<ManagerImpl> manager;
    Finish finish;
    engine::Outcome outcome;
    void pass() {
      if (waiting.fetch_sub(1) != 1) return;
      finish(outcome);
    }
  };
  auto gate = std::make_shared<Gate>();
  gate->manager = manager_.shared_from_this();
  gate->finish = std::move(finish);
  gate->outcome = std::move(outcome);
  std::vector<std::shared_ptr<SessionImpl>> strands;
  sessions_.each([&](SessionImpl& session) { strands.push_back(session.keptByDriver()); });
  for (const auto& weak : leaving_) {
    if (auto session = weak.lock()) strands.push_back(std::move(session));
  }
  gate->waiting = strands.size() + 1;
  for (const auto& strand : strands) strand->push(Call{"close", [gate] { gate->pass(); }});
  manager_.strand().push(Call{"close", [gate] { gate->pass(); }});
}

void Driver::armTimer() {
  const base::Millis deadline = engine_.deadline();
  if (deadline == armed_) return;
  armed_ = deadline;
  if (timer_ == nullptr) {
    timer_ = manager_.loop()->makeTimer([this] {
      armed_ = base::kNever;
      engine_.timeReached(now());
      trimQuiet();
      settle();
    });
  }
  timer_->arm(deadline);
}

}  // namespace kith::client
