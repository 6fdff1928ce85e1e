// SPDX-License-Identifier: Apache-2.0
#include "client/session_impl.hpp"

#include <kith/limits.hpp>

#include <algorithm>
#include <utility>

#include "client/check.hpp"
#include "client/group_impl.hpp"
#include "client/rest_calls.hpp"
#include "engine/outbox.hpp"

namespace kith::client {
namespace {

Finish finishOf(Completion done) {
  if (!done) return {};
  return [done = std::move(done)](engine::Outcome& outcome) { done(outcome.result); };
}

Finish finishOf(PeersCompletion done) {
  if (!done) return {};
  return [done = std::move(done)](engine::Outcome& outcome) {
    if (!outcome.result.ok()) return done(outcome.result.error());
    done(std::move(outcome.peers));
  };
}

}  // namespace

std::shared_ptr<Session> SessionImpl::make(std::shared_ptr<ManagerImpl> manager,
                                           const std::string& peer_id, engine::SessionRef ref,
                                           const Result<void>& usable) {
  auto impl = std::make_shared<SessionImpl>(std::move(manager), peer_id, ref, usable);
  std::shared_ptr<Session> face(new Session(impl));
  impl->face_ = face;
  return face;
}

SessionImpl::SessionImpl(std::shared_ptr<ManagerImpl> manager, std::string peer_id,
                         engine::SessionRef ref, const Result<void>& usable)
    : manager_(std::move(manager)),
      peer_id_(std::move(peer_id)),
      ref_(ref),
      unusable_(usable.ok() ? nullptr : std::make_unique<const Error>(usable.error())) {}

SessionImpl& SessionImpl::of(Session& session) { return *session.impl_; }

std::shared_ptr<SessionImpl> SessionImpl::shared() {
  return std::static_pointer_cast<SessionImpl>(shared_from_this());
}

Result<void> SessionImpl::ready(const char* name) const {
  if (unusable_ != nullptr) return *unusable_;
  if (wanted_.load(std::memory_order_acquire)) return {};
  return Error{Errc::NotOpen, 0, std::string(name) + ": the session is not open; call open() first",
               false};
}

/// Hands an operation to the driver. `start(driver, op)` runs on the loop.
template <typename Done, typename Start>
void SessionImpl::start(const char* name, Done done, Start start) {
  if (!manager_->hasRoomForCall()) {
    return refuse(
        name, std::move(done),
        Error{Errc::QueueFull, 0,
              std::string(name) + ": too many operations wait; wait for a completion", false});
  }
  manager_->submit(DriverCall([self = shared(), name, done = std::move(done),
                               start = std::move(start)](Driver* driver) mutable {
    if (driver == nullptr) {
      return self->refuse(name, std::move(done), self->manager_->refusal(name));
    }
    start(*driver, driver->addOp(CallOp{self, name, finishOf(std::move(done))}));
  }));
}

void SessionImpl::setReceiver(std::shared_ptr<MessageReceiver> receiver) {
  const bool set = receiver != nullptr;
  {
    const std::lock_guard lock(mutex_);
    receiver_.swap(receiver);
    receiver_version_.fetch_add(1, std::memory_order_release);
  }
  // The old one is released here, without the lock.
  if (!set) return;
  push(Call{"setReceiver", [self = this] {
              if (Session* session = self->faceHere()) self->showHeld(*session);
            }});
}

void SessionImpl::open(std::vector<std::string> watch, Completion done) {
  if (unusable_ != nullptr) return refuse("open", std::move(done), *unusable_);
  if (auto ok = checkPeers(watch, "watch", true); !ok) {
    return refuse("open", std::move(done), ok.error());
  }
  std::uint32_t life = 0;
  {
    std::unique_lock lock(mutex_);
    if (wanted_) {
      lock.unlock();
      return refuse("open", std::move(done),
                    {Errc::AlreadyOpen, 0, "open: the session is open or opening", false});
    }
    wanted_ = ever_opened_ = true;
    life = life_;
  }
  Completion ended = [self = this, life, done = std::move(done)](const Result<void>& result) {
    self->openEnded(result.ok(), life);
    if (done) done(result);
  };
  start("open", std::move(ended),
        [ref = ref_, watch = std::move(watch)](Driver& driver, engine::OpId op) mutable {
          driver.engine().open(ref, std::move(watch), op, driver.now());
        });
}

void SessionImpl::close(Completion done) {
  if (unusable_ != nullptr) return refuse("close", std::move(done), *unusable_);
  closeHere();
  manager_->submit(DriverCall([self = shared(), done = std::move(done)](Driver* driver) mutable {
    if (driver == nullptr) return self->closeUnheard(std::move(done));
    driver->closeSession(self, finishOf(std::move(done)));
  }));
}

/// The driver never hears of it.
void SessionImpl::closeUnheard(Completion done) {
  // The manager's end is this session's end too, and what is told last is told then.
  if (manager_->refusal("close").code == Errc::Closed) return manager_->close(std::move(done));
  // Nor did it hear of the session, for want of a thread.
  if (done) push(Call{"close", [done = std::move(done)] { done(Result<void>{}); }});
}

void SessionImpl::closeHere() {
  const std::lock_guard lock(mutex_);
  acknowledgeShown();
  wanted_ = false;
  told_ = SessionState::Closed;
  ++life_;
  watched_ = {};
  online_ = {};
}

void SessionImpl::dropped() {
  closeHere();
  manager_->dropped(*this);
}

void SessionImpl::watch(std::vector<std::string> peers, PeersCompletion done) {
  if (auto ok = ready("watch"); !ok) return refuse("watch", std::move(done), ok.error());
  if (auto ok = checkPeers(peers, "peers", false); !ok) {
    return refuse("watch", std::move(done), ok.error());
  }
  std::size_t total = 0;
  {
    const std::lock_guard lock(mutex_);
    std::set<std::string_view> all(watched_.begin(), watched_.end());
    all.insert(peers.begin(), peers.end());
    total = all.size();
  }
  if (total > limits::kWatchedPeers) {
    return refuse("watch", std::move(done),
                  {Errc::TooManyPeers, 0,
                   "peers: the session would watch " + std::to_string(total) + " peers; at most " +
                       std::to_string(limits::kWatchedPeers) + " go, unwatch() some",
                   false});
  }
  start("watch", std::move(done),
        [ref = ref_, peers = std::move(peers)](Driver& driver, engine::OpId op) mutable {
          driver.engine().watch(ref, std::move(peers), op, driver.now());
        });
}

void SessionImpl::unwatch(std::vector<std::string> peers, PeersCompletion done) {
  if (auto ok = ready("unwatch"); !ok) return refuse("unwatch", std::move(done), ok.error());
  if (auto ok = checkPeers(peers, "peers", false); !ok) {
    return refuse("unwatch", std::move(done), ok.error());
  }
  start("unwatch", std::move(done),
        [ref = ref_, peers = std::move(peers)](Driver& driver, engine::OpId op) mutable {
          driver.engine().unwatch(ref, std::move(peers), op, driver.now());
        });
}

void SessionImpl::query(std::vector<std::string> peers, PeersCompletion done) {
  if (auto ok = ready("query"); !ok) return refuse("query", std::move(done), ok.error());
  if (auto ok = checkPeers(peers, "peers", false); !ok) {
    return refuse("query", std::move(done), ok.error());
  }
  start("query", std::move(done),
        [ref = ref_, peers = std::move(peers)](Driver& driver, engine::OpId op) mutable {
          driver.engine().query(ref, std::move(peers), op, driver.now());
        });
}

SendTicket SessionImpl::refuseSend(SendCompletion done, Error error) {
  const Errc code = error.code;
  refuse("send", std::move(done), std::move(error));
  return {{}, code};
}

bool SessionImpl::takeRoom(std::size_t bytes) {
  const OutboxOptions& outbox = manager_->options().outbox;
  const std::size_t messages = queued_messages_.fetch_add(1, std::memory_order_relaxed) + 1;
  const std::size_t all_bytes = queued_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (messages <= outbox.max_messages && all_bytes <= outbox.max_bytes) return true;
  releaseQueue(bytes);
  return false;
}

SendTicket SessionImpl::send(Message&& message, SendCompletion&& done) {
  if (auto ok = ready("send"); !ok) return refuseSend(std::move(done), ok.error());
  if (auto ok = checkMessage(message); !ok) return refuseSend(std::move(done), ok.error());
  std::string client_id = manager_->makeClientId();
  if (auto ok = checkFrameSize(message, manager_->options().app_id, peer_id_, client_id); !ok) {
    return refuseSend(std::move(done), ok.error());
  }
  const std::size_t bytes = engine::bytesOf(message);
  if (!takeRoom(bytes)) {
    return refuseSend(std::move(done), {Errc::QueueFull, 0,
                                        "send: the outbox is full; wait for a completion, or raise "
                                        "outbox.max_messages or outbox.max_bytes",
                                        false});
  }
  SendTicket ticket{client_id, Errc::Ok};
  manager_->submit(
      SendCall{shared(), std::move(message), std::move(client_id), bytes, std::move(done)});
  return ticket;
}

void SessionImpl::releaseQueue(std::size_t bytes) {
  queued_messages_.fetch_sub(1, std::memory_order_relaxed);
  queued_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
}

// --- groups ---

std::shared_ptr<Group> SessionImpl::group(const std::string& group_id) {
  const std::shared_ptr<Session> session = face();
  if (group_id.empty()) return GroupImpl::make(session, shared(), group_id);
  const std::lock_guard lock(mutex_);
  auto& [by_id, prune_at] = groups();
  GroupEntry& entry = by_id[group_id];
  if (auto held = entry.face.lock()) return held;
  auto made = GroupImpl::make(session, shared(), group_id);
  entry.face = made;
  if (by_id.size() >= prune_at) {
    for (auto at = by_id.begin(); at != by_id.end();) {
      const bool idle = at->second.face.expired() && at->second.members.empty();
      at = idle ? by_id.erase(at) : std::next(at);
    }
    prune_at = by_id.size() * 2 + 16;
  }
  return made;
}

SessionImpl::Groups& SessionImpl::groups() {
  if (groups_ == nullptr) groups_ = std::make_unique<Groups>();
  return *groups_;
}

void SessionImpl::groupCreated(const std::shared_ptr<Group>& group, const std::string& group_id) {
  GroupImpl::of(*group).endCreation(group_id);
  const std::lock_guard lock(mutex_);
  groups().by_id[group_id].face = group;
}

void SessionImpl::join(const std::shared_ptr<Group>& group, bool open_group, JoinCompletion done) {
  GroupImpl& impl = GroupImpl::of(*group);
  if (auto ok = ready("join"); !ok) return refuse("join", std::move(done), ok.error());
  const std::string group_id = impl.id();
  if (!group_id.empty()) {
    if (open_group) {
      return refuse("createOpen", std::move(done),
                    badArgument("group_id: the group exists already; only a new one can be made "
                                "open"));
    }
    if (auto ok = checkGroupId(group_id); !ok) return refuse("join", std::move(done), ok.error());
  } else if (!impl.beginCreation()) {
    return refuse("join", std::move(done),
                  badArgument("group_id: is empty, but this group is being created already; wait "
                              "for its completion"));
  }
  manager_->submit(DriverCall([self = shared(), group, group_id, open_group,
                               done = std::move(done)](Driver* driver) mutable {
    Finish finish = [self, group, creating = group_id.empty(),
                     done = std::move(done)](engine::Outcome& outcome) {
      if (creating && outcome.result.ok()) self->groupCreated(group, outcome.group_id);
      if (creating && !outcome.result.ok()) GroupImpl::of(*group).endCreation({});
      if (!done) return;
      if (!outcome.result.ok()) return done(outcome.result.error());
      done(outcome.group_id);
    };
    if (driver == nullptr) {
      self->push(Call{"join", [finish = std::move(finish), why = self->manager_->refusal("join")] {
                        engine::Outcome refused;
                        refused.result = why;
                        finish(refused);
                      }});
      return;
    }
    driver->engine().join(self->ref(), group_id, open_group,
                          driver->addOp(CallOp{self, "join", std::move(finish)}), driver->now());
  }));
}

void SessionImpl::leave(const std::string& group_id, Completion done) {
  if (auto ok = ready("leave"); !ok) return refuse("leave", std::move(done), ok.error());
  if (auto ok = checkGroupId(group_id); !ok) return refuse("leave", std::move(done), ok.error());
  start("leave", std::move(done), [ref = ref_, group_id](Driver& driver, engine::OpId op) {
    driver.engine().leave(ref, group_id, op, driver.now());
  });
}

void SessionImpl::changeMembers(GroupAction action, const std::string& group_id,
                                std::vector<std::string> peers, PeersCompletion done) {
  const char* name = action == GroupAction::Invite ? "invite" : "kick";
  if (auto ok = ready(name); !ok) return refuse(name, std::move(done), ok.error());
  if (auto ok = checkGroupId(group_id); !ok) return refuse(name, std::move(done), ok.error());
  if (auto ok = checkPeers(peers, "peers", false); !ok) {
    return refuse(name, std::move(done), ok.error());
  }
  start(name, std::move(done),
        [ref = ref_, action, group_id, peers = std::move(peers)](Driver& driver,
                                                                 engine::OpId op) mutable {
          if (action == GroupAction::Invite) {
            driver.engine().invite(ref, group_id, std::move(peers), op, driver.now());
          } else {
            driver.engine().kick(ref, group_id, std::move(peers), op, driver.now());
          }
        });
}

SendTicket SessionImpl::sendToGroup(std::string group_id, Message message, SendCompletion done) {
  if (unusable_ != nullptr) return refuseSend(std::move(done), *unusable_);
  if (auto ok = checkGroupId(group_id); !ok) return refuseSend(std::move(done), ok.error());
  message.group_id = std::move(group_id);
  return send(std::move(message), std::move(done));
}

void SessionImpl::members(const std::string& group_id, PeersCompletion done) {
  if (!done) return;
  if (unusable_ != nullptr) return refuse("members", std::move(done), *unusable_);
  if (auto ok = checkGroupId(group_id); !ok) return refuse("members", std::move(done), ok.error());
  manager_->submit(
      DriverCall([self = shared(), group_id, done = std::move(done)](Driver* driver) mutable {
        if (driver == nullptr) {
          return self->refuse("members", std::move(done), self->manager_->refusal("members"));
        }
        auto told = [self, done = std::move(done)](Result<std::vector<std::string>> peers) {
          self->push(Call{"members", [done, peers = std::move(peers)] { done(peers); }});
        };
        driver->read(self, std::make_unique<MembersRead>(self->manager_->options(), self->peerId(),
                                                         group_id, std::move(told)));
      }));
}

std::vector<std::string> SessionImpl::knownMembers(const std::string& group_id) const {
  const std::lock_guard lock(mutex_);
  if (groups_ == nullptr) return {};
  const auto found = groups_->by_id.find(group_id);
  if (found == groups_->by_id.end()) return {};
  return {found->second.members.begin(), found->second.members.end()};
}

// --- looking in ---

SessionState SessionImpl::state() const {
  const std::lock_guard lock(mutex_);
  if (!wanted_) return ever_opened_ ? SessionState::Closed : SessionState::Idle;
  const bool up = told_ == SessionState::Open || told_ == SessionState::Paused;
  return up ? told_ : SessionState::Opening;
}

bool SessionImpl::isOnline(const std::string& peer) const {
  const std::lock_guard lock(mutex_);
  return engine::Roster::has(online_, peer);
}

bool SessionImpl::isWatching(const std::string& peer) const {
  const std::lock_guard lock(mutex_);
  return engine::Roster::has(watched_, peer);
}

std::vector<std::string> SessionImpl::watchedPeers() const {
  const std::lock_guard lock(mutex_);
  return watched_;
}

std::vector<std::string> SessionImpl::onlinePeers() const {
  const std::lock_guard lock(mutex_);
  return online_;
}

}  // namespace kith::client
