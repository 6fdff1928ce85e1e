// SPDX-License-Identifier: Apache-2.0
// The strand's half of SessionImpl: completions and callbacks, on the executor, one at a time.
#include <kith/limits.hpp>

#include <exception>
#include <utility>
#include <variant>

#include "client/event_teller.hpp"
#include "client/group_impl.hpp"
#include "client/session_impl.hpp"

namespace kith::client {
namespace {

template <typename... Each>
bool isOneOf(const Event& event) {
  return (std::holds_alternative<Each>(event) || ...);
}

}  // namespace

void SessionImpl::runItem(std::vector<Item>& batch, std::size_t index) {
  Item& item = batch[index];
  if (auto* event = std::get_if<EventItem>(&item)) {
    runEvent(*event);
  } else if (auto* sent = std::get_if<SendEnd>(&item)) {
    manager_->guard().run("send", peer_id_, [&] { sent->done(std::move(sent->result)); });
  } else if (auto* call = std::get_if<Call>(&item)) {
    applyAhead(batch, index);
    manager_->guard().run(call->name, peer_id_, call->run);
  }
}

/// A completion comes before the events that follow from it, but inside the completion the session
/// shall look as they say: open() done and isOnline() false would astonish.
void SessionImpl::applyAhead(const std::vector<Item>& batch, std::size_t index) {
  for (std::size_t next = index + 1; next < batch.size(); ++next) {
    const auto* event = std::get_if<EventItem>(&batch[next]);
    if (event == nullptr ||
        !isOneOf<SessionOpened, PeersWatched, PeersUnwatched, PresenceChanged, GroupJoined>(
            event->event)) {
      return;
    }
    apply(*event);
  }
}

bool SessionImpl::deliverStaged(bool more_soon) {
  std::uint32_t events = 0;
  for (const Item& item : staged_) {
    const auto* event = std::get_if<EventItem>(&item);
    if (event != nullptr && !isOneOf<MessageReceived>(event->event)) ++events;
  }
  const std::size_t before = waiting_events_.fetch_add(events, std::memory_order_relaxed);
  pushAll(staged_, more_soon);
  if (!more_soon) staged_.shrink_to_fit();
  return before + events <= limits::kEventsPerSession;
}

void SessionImpl::trimItems() {
  staged_.shrink_to_fit();
  trim();
}

void SessionImpl::runEvent(EventItem& item) {
  const bool message = isOneOf<MessageReceived>(item.event);
  if (!message) ++events_here_;
  Session* session = faceHere();
  if (session == nullptr) return;  // nobody holds it: nobody hears it
  if (message) return incoming(*session, item);
  apply(item);
  if (MessageReceiver* hearing = receiverHere()) tell(*session, *hearing, item.event);
}

void SessionImpl::tell(Session& session, MessageReceiver& hearing, Event& event) {
  EventTeller(manager_->guard(), *this, session, hearing).tell(event);
}

/// The session as the application holds it, for this slice; null when it does not hold it any more.
Session* SessionImpl::faceHere() {
  const bool groups_too = group_here_ != nullptr && group_here_.use_count() == 1;
  if (face_here_.use_count() == (groups_too ? 2 : 1)) {  // nobody but us, and our group
    group_here_.reset();
    face_here_.reset();
  }
  if (face_here_ == nullptr) face_here_ = face();
  return face_here_.get();
}

MessageReceiver* SessionImpl::receiverHere() {
  const std::uint32_t version = receiver_version_.load(std::memory_order_acquire);
  if (version == receiver_version_here_) return receiver_here_.get();
  std::shared_ptr<MessageReceiver> before = std::move(receiver_here_);  // goes without the lock
  const std::lock_guard lock(mutex_);
  receiver_here_ = receiver_;
  receiver_version_here_ = receiver_version_.load(std::memory_order_relaxed);
  return receiver_here_.get();
}

/// A group that nobody holds is made anew each time, which a burst of messages should not pay.
Group& SessionImpl::groupOf(const std::string& group_id) {
  if (group_here_ == nullptr || !GroupImpl::of(*group_here_).isCalled(group_id)) {
    group_here_ = group(group_id);
  }
  return *group_here_;
}

void SessionImpl::openEnded(bool ok, std::uint32_t life) {
  const std::lock_guard lock(mutex_);
  if (life != life_) return;
  if (ok) {
    told_ = SessionState::Open;
  } else {
    wanted_ = false;
    told_ = SessionState::Closed;
  }
}

void SessionImpl::apply(const EventItem& item) {
  if (isOneOf<MessageSent, MessageFailed, MessageDelivered>(item.event)) return;
  const std::lock_guard lock(mutex_);
  if (item.life != life_) return;
  const Event& what = item.event;
  if (const auto* opened = std::get_if<SessionOpened>(&what)) {
    told_ = SessionState::Open;
    watched_ = opened->watched;
    online_ = opened->online;
  } else if (const auto* resumed = std::get_if<SessionResumed>(&what)) {
    told_ = SessionState::Open;
    watched_ = resumed->watched;
    online_ = resumed->online;
  } else if (isOneOf<SessionPaused>(what)) {
    told_ = SessionState::Paused;
    online_ = {};
  } else if (isOneOf<SessionClosed>(what)) {
    wanted_ = false;
    told_ = SessionState::Closed;
    watched_ = {};
    online_ = {};
  } else if (const auto* presence = std::get_if<PresenceChanged>(&what)) {
    for (const std::string& peer : presence->peers) {
      if (presence->online) {
        engine::Roster::insert(online_, peer);
      } else {
        engine::Roster::erase(online_, peer);
      }
    }
  } else if (const auto* watched = std::get_if<PeersWatched>(&what)) {
    for (const std::string& peer : watched->peers) engine::Roster::insert(watched_, peer);
  } else if (const auto* unwatched = std::get_if<PeersUnwatched>(&what)) {
    for (const std::string& peer : unwatched->peers) {
      engine::Roster::erase(watched_, peer);
      engine::Roster::erase(online_, peer);
    }
  } else {
    applyToGroup(what);
  }
}

/// Null when no more groups are remembered: a server may name any number of them.
std::set<std::string>* SessionImpl::membersOf(const std::string& group_id) {
  auto& by_id = groups().by_id;
  const auto found = by_id.find(group_id);
  if (found != by_id.end()) return &found->second.members;
  if (by_id.size() >= limits::kGroupsPerSession) return nullptr;
  return &by_id[group_id].members;
}

void SessionImpl::applyToGroup(const Event& what) {
  if (const auto* joined = std::get_if<GroupJoined>(&what)) {
    if (auto* members = membersOf(joined->group_id)) members->insert(peer_id_);
  } else if (const auto* invited = std::get_if<GroupInvited>(&what)) {
    if (auto* members = membersOf(invited->group_id)) members->insert(peer_id_);
  } else if (const auto* left = std::get_if<GroupLeft>(&what)) {
    if (auto* members = membersOf(left->group_id)) members->clear();
  } else if (const auto* changed = std::get_if<MembersChanged>(&what)) {
    auto* members = membersOf(changed->group_id);
    if (members == nullptr) return;
    for (const std::string& peer : changed->peers) {
      if (!changed->joined) {
        members->erase(peer);
      } else if (members->size() < limits::kGroupsPerSession) {
        members->insert(peer);
      }
    }
  }
}

// --- messages ---

void SessionImpl::incoming(Session& session, EventItem& item) {
  showHeld(session);
  if (!held_.empty() || !show(session, item)) held_.push(std::move(item));
}

/// What waited for a receiver, in order.
void SessionImpl::showHeld(Session& session) {
  while (!held_.empty() && show(session, held_.front())) {
    held_.front() = {};
    held_.pop();
  }
}

/// False: there is no receiver, the message has to wait. A message of a life that is over was not
/// acknowledged: the server keeps it and brings it again, so it must not be shown twice.
bool SessionImpl::show(Session& session, EventItem& item) {
  MessageReceiver* const hearing = receiverHere();
  {
    const std::lock_guard lock(mutex_);
    if (item.life != life_) return true;
    if (hearing == nullptr) return false;
    // Before the callback, so that a close() inside it counts the message too. Otherwise nothing
    // is acknowledged until the callback has returned (sliceOver).
    ++shown_;
  }
  tell(session, *hearing, item.event);
  return true;
}

void SessionImpl::sliceOver() {
  waiting_events_.fetch_sub(std::exchange(events_here_, 0), std::memory_order_relaxed);
  receiver_version_here_ = 0;
  group_here_.reset();
  receiver_here_.reset();
  face_here_.reset();
  const std::lock_guard lock(mutex_);
  acknowledgeShown();
}

// Under the lock: a close() in between would make the count belong to the next life.
void SessionImpl::acknowledgeShown() {
  if (shown_ != 0) manager_->submit(ShownCall{shared(), std::exchange(shown_, 0)});
}

}  // namespace kith::client
