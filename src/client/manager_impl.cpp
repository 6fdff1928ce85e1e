// SPDX-License-Identifier: Apache-2.0
#include "client/manager_impl.hpp"

#include <kith/limits.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <string_view>
#include <utility>

#include "base/fork.hpp"
#include "base/text_codes.hpp"
#include "base/text_hash.hpp"
#include "client/check.hpp"
#include "client/rest_read.hpp"
#include "client/session_impl.hpp"
#include "client/thread_random.hpp"

namespace kith::client {
namespace {

constexpr std::size_t kKeptCapacity = 1024;

std::shared_ptr<net::Loop> makeLoop(const Options& options, const Result<void>& checked) {
  if (!checked.ok()) return nullptr;
  if (options.reactor == nullptr) return net::Loop::make({});
  return std::dynamic_pointer_cast<net::Loop>(options.reactor);
}

/// Managers with something to close. A program may leave main() with sessions open, and what still
/// runs then must not find its manager gone.
class Living {
 public:
  void keep(std::shared_ptr<ManagerImpl> manager) {
    const std::lock_guard lock(mutex_);
    const ManagerImpl* key = manager.get();
    managers_.emplace(key, std::move(manager));
  }
  std::shared_ptr<ManagerImpl> release(const ManagerImpl* manager) {
    const std::lock_guard lock(mutex_);
    auto node = managers_.extract(manager);
    return node.empty() ? nullptr : std::move(node.mapped());
  }

 private:
  std::mutex mutex_;
  std::unordered_map<const ManagerImpl*, std::shared_ptr<ManagerImpl>> managers_;
};

Living& living() { return base::OfProcess<Living>::get(); }

// Names sort like what they count: the server keeps them in order. Those of the first 14 million
// messages fit into a std::string without an allocation.
constexpr std::string_view kDigits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kFewDigits = 4;
constexpr std::size_t kManyDigits = 11;
constexpr std::uint64_t kFewNames = 62u * 62 * 62 * 62;

/// 64 random bits: two processes, or two lives of one, never name two messages alike.
std::string makeHead() {
  ThreadRandom random;
  std::array<unsigned char, 8> bytes{};
  random.fill(bytes.data(), bytes.size());
  return base::base64url(bytes);
}

}  // namespace

/// Takes its own out of `options`.
ManagerStrand::ManagerStrand(Options& options)
    : slot_(std::exchange(options.executor, nullptr)),
      log_(std::exchange(options.log, nullptr), options.log_level),
      told_(std::exchange(options.on_callback_exception, nullptr)),
      guard_([this](std::string_view callback, std::string_view whom,
                    const std::exception_ptr& thrown) { callbackThrew(callback, whom, thrown); }) {}

void ManagerStrand::callbackThrew(std::string_view callback, std::string_view whom,
                                  const std::exception_ptr& thrown) const {
  log_.log(LogLevel::Warn, "dispatch", [&] {
    return "callback " + std::string(callback) + " of " + std::string(whom) +
           " threw an exception; see Options::on_callback_exception";
  });
  if (told_) told_(thrown);
}

ManagerImpl::ManagerImpl(Options options)
    : strand_(std::make_shared<ManagerStrand>(options)),
      options_(std::move(options)),
      checked_(checkOptions(options_)),
      loop_(makeLoop(options_, checked_)),
      client_id_head_(makeHead()),
      driver_(*this) {}

ManagerImpl::~ManagerImpl() = default;

std::string ManagerImpl::makeClientId() {
  std::array<char, 32> name{};
  char* at = std::copy(client_id_head_.begin(), client_id_head_.end(), name.begin());
  std::uint64_t number = client_ids_.fetch_add(1, std::memory_order_relaxed);
  const std::size_t width = number < kFewNames ? kFewDigits : kManyDigits;
  if (width == kManyDigits) *at++ = '~';  // behind every digit
  for (char* digit = at + width; digit > at; number /= kDigits.size()) {
    *--digit = kDigits[number % kDigits.size()];
  }
  return {name.data(), at + width};
}

std::shared_ptr<Session> ManagerImpl::session(const std::string& peer_id) {
  const std::lock_guard lock(sessions_mutex_);
  const std::uint64_t hash = base::hashText(peer_id, 0);
  SessionImpl* const before =
      sessions_.find(hash, [&](const SessionImpl& session) { return session.peerId() == peer_id; });
  if (before != nullptr) {
    if (auto face = before->face()) return face;
    // Its destructor, which runs now, has not got to dropped() yet.
    sessions_.remove(hash, before);
  }
  Result<void> usable = checked_.ok() ? checkPeerId(peer_id, "peer_id") : checked_;
  if (usable.ok() && sessions_.size() >= limits::kSessionsPerManager) {
    usable = badArgument("peer_id: the manager has as many sessions as it takes");
  }
  auto face = SessionImpl::make(shared_from_this(), peer_id, next_ref_++, usable);
  SessionImpl& made = SessionImpl::of(*face);
  sessions_.add(hash, &made);
  if (!usable.ok()) return face;
  // Under the lock: another thread that gets this session must not overtake us with its open().
  const engine::SessionRef replaced = before != nullptr ? before->ref() : 0;
  submit(SetupCall{[impl = made.shared(), replaced](Driver& driver) {
    if (replaced != 0) driver.removeSession(replaced);
    driver.addSession(impl, impl->peerId());
  }});
  return face;
}

void ManagerImpl::dropped(SessionImpl& session) {
  {
    const std::lock_guard lock(sessions_mutex_);
    const std::uint64_t hash = base::hashText(session.peerId(), 0);
    const auto is_it = [&](const SessionImpl& other) { return &other == &session; };
    if (sessions_.find(hash, is_it) != nullptr) sessions_.remove(hash, &session);
    sessions_.shrink();
  }
  if (!session.usable()) return;
  submit(SetupCall{[ref = session.ref()](Driver& driver) { driver.removeSession(ref); }});
}

void ManagerImpl::networkChanged() {
  if (!checked_.ok()) return;
  submit(DriverCall([](Driver* driver) {
    if (driver != nullptr) driver->engine().networkChanged(driver->now());
  }));
}

void ManagerImpl::pause(Completion done) {
  auto answer = [this](Completion& waiting, const Result<void>& result) {
    if (!waiting) return;
    strand_->push(Call{"pause", [waiting = std::move(waiting), result] { waiting(result); }});
  };
  if (!checked_.ok()) return answer(done, checked_);
  submit(DriverCall([this, answer, done = std::move(done)](Driver* driver) mutable {
    if (driver == nullptr) return answer(done, refusal("pause"));
    Finish finish;
    if (done) finish = [done = std::move(done)](engine::Outcome& outcome) { done(outcome.result); };
    driver->engine().pause(driver->addOp(CallOp{nullptr, "pause", std::move(finish)}),
                           driver->now());
  }));
}

void ManagerImpl::resume() {
  if (!checked_.ok()) return;
  submit(DriverCall([](Driver* driver) {
    if (driver != nullptr) driver->engine().resume(driver->now());
  }));
}

void ManagerImpl::close(Completion done) {
  std::vector<std::shared_ptr<Session>> faces;  // dropped without the lock
  {
    const std::lock_guard lock(sessions_mutex_);
    sessions_.each([&](const SessionImpl& session) {
      if (auto face = session.face()) faces.push_back(std::move(face));
    });
  }
  for (const auto& face : faces) SessionImpl::of(*face).closeHere();

  bool wake = false;
  bool over = false;
  {
    const std::lock_guard lock(queue_mutex_);
    if (done) closers_.push_back(std::move(done));
    if (!closed_) {
      closed_ = true;
      told_ = !kept_;  // never used: there is nothing to wait for
      if (!told_) {
        wake = !std::exchange(woken_, true);
        queue_.emplace_back(DriverCall([self = shared_from_this()](Driver* driver) {
          if (driver == nullptr) return self->closedUnheard();
          driver->closeAll([self](engine::Outcome&) { self->closeTold(); });
        }));
      }
    }
    over = told_;
  }
  if (over) strand_->push(Call{"close", [self = shared_from_this()] { self->closeTold(); }});
  if (wake) wakeUp();
}

void ManagerImpl::closeTold() {
  std::vector<Completion> closers;
  {
    const std::lock_guard lock(queue_mutex_);
    told_ = true;
    closers.swap(closers_);
  }
  for (const Completion& done : closers) {
    guard().run("close", "manager", [&] { done(Result<void>{}); });
  }
}

void ManagerImpl::history(const std::string& peer_id, HistoryQuery query, HistoryCompletion done) {
  if (!done) return;
  auto answer = [self = shared_from_this(), done](Result<std::vector<Message>> messages) {
    self->strand_->push(
        Call{"history", [done, messages = std::move(messages)] { done(messages); }});
  };
  if (!checked_.ok()) return answer(checked_.error());
  if (auto ok = checkPeerId(peer_id, "peer_id"); !ok) return answer(ok.error());
  if (auto ok = checkHistory(query); !ok) return answer(ok.error());
  submit(DriverCall([this, answer, peer_id, query = std::move(query)](Driver* driver) mutable {
    if (driver == nullptr) return answer(refusal("history"));
    driver->read(nullptr,
                 std::make_unique<HistoryRead>(options_, peer_id, std::move(query), answer));
  }));
}

ManagerStats ManagerImpl::stats() const {
  ManagerStats stats;
  stats.connects = connects_.load(std::memory_order_relaxed);
  stats.disconnects = disconnects_.load(std::memory_order_relaxed);
  stats.frames_in = frames_in_.load(std::memory_order_relaxed);
  stats.frames_out = frames_out_.load(std::memory_order_relaxed);
  stats.duplicates = duplicates_.load(std::memory_order_relaxed);
  const std::lock_guard lock(sessions_mutex_);
  stats.sessions = sessions_.size();
  return stats;
}

bool ManagerImpl::hasRoomForCall() {
  const std::lock_guard lock(queue_mutex_);
  return queue_.size() < limits::kCallsPerManager;
}

template <typename Call>
void ManagerImpl::take(Call&& call) {
  bool wake = false;
  bool refused = false;
  {
    const std::lock_guard lock(queue_mutex_);
    refused = closed_;
    if (!refused) {
      if (!std::exchange(kept_, true)) living().keep(shared_from_this());
      wake = !std::exchange(woken_, true);  // a burst costs one wake-up
      queue_.emplace_back(std::forward<Call>(call));
    }
  }
  if (refused) refuse(std::forward<Call>(call));
  if (wake) wakeUp();
}

void ManagerImpl::submit(Submission&& submission) { take(std::move(submission)); }
void ManagerImpl::submit(SetupCall&& call) { take(std::move(call)); }
void ManagerImpl::submit(SendCall&& call) { take(std::move(call)); }
void ManagerImpl::submit(ShownCall&& call) { take(std::move(call)); }

void ManagerImpl::wakeUp() {
  if (loop_->onLoopThread() && driver_.willLook()) return;
  if (loop_->post([self = shared_from_this()] { self->carryOut(); })) return;
  // A process that exits runs no more callbacks.
  if (!loop_->ended()) refuseWaiting();
}

/// There is no io thread. With the next submission it is tried again.
void ManagerImpl::refuseWaiting() {
  std::vector<Submission> refused;
  {
    const std::lock_guard lock(queue_mutex_);
    woken_ = false;
    refused.swap(queue_);
    for (Submission& submission : refused) {
      if (std::holds_alternative<SetupCall>(submission)) queue_.push_back(std::move(submission));
    }
  }
  for (Submission& submission : refused) refuse(std::move(submission));
}

Error ManagerImpl::refusal(const char* name) {
  const std::lock_guard lock(queue_mutex_);
  if (closed_) return {Errc::Closed, 0, std::string(name) + ": the manager is closed", false};
  return {Errc::NetworkDown, 0,
          std::string(name) + ": the system gives the process no more threads; try again later",
          false};
}

/// The close() cannot reach the driver, which never ran.
void ManagerImpl::closedUnheard() {
  strand_->push(Call{"close", [self = shared_from_this()] { self->closeTold(); }});
  ended();
}

void ManagerImpl::refuse(Submission&& submission) {
  if (auto* call = std::get_if<SendCall>(&submission)) {
    call->session->releaseQueue(call->bytes);
    call->session->refuse("send", std::move(call->done), refusal("send"));
  } else if (auto* other = std::get_if<DriverCall>(&submission)) {
    (*other)(nullptr);
  }
}

void ManagerImpl::carryOut() {
  std::vector<Submission> batch = std::exchange(batch_, {});  // the driver may look again meanwhile
  {
    const std::lock_guard lock(queue_mutex_);
    batch.swap(queue_);
    woken_ = false;
  }
  const bool more_soon = driver_.carryOut(batch);
  batch.clear();
  // What is no message is rare, and 10,000 idle managers should keep nothing for it.
  if (more_soon && batch.capacity() <= kKeptCapacity) batch_ = std::move(batch);
}

void ManagerImpl::trimQueue() {
  std::vector<Submission>().swap(batch_);
  const std::lock_guard lock(queue_mutex_);
  if (queue_.empty()) queue_.shrink_to_fit();
}

void ManagerImpl::publish(const engine::EngineStats& stats) {
  connects_.store(stats.connects, std::memory_order_relaxed);
  disconnects_.store(stats.disconnects, std::memory_order_relaxed);
  frames_in_.store(stats.frames_in, std::memory_order_relaxed);
  frames_out_.store(stats.frames_out, std::memory_order_relaxed);
  duplicates_.store(stats.duplicates, std::memory_order_relaxed);
}

void ManagerImpl::ended() {
  executor().loosen();
  {
    const std::lock_guard lock(queue_mutex_);
    kept_ = false;
  }
  std::shared_ptr<ManagerImpl> self = living().release(this);
  // Later: the driver and its link are on the stack.
  loop_->post([self = std::move(self)]() mutable { self.reset(); });
}

}  // namespace kith::client
