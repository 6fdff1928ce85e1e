// SPDX-License-Identifier: Apache-2.0
// The strand's half of SessionImpl: completions and callbacks, on the executor, one at a time.
#include <kith/limits.hpp>

#include <exception>
#include <utility>
#include <variant>

#include "client/group_impl.hpp"
#include "client/session_impl.hpp"

namespace kith::client {
namespace {

template <typename... Each>
bool isOneOf(const engine::SessionEvent& event) {
  return (std::holds_alternative<Each>(event) || ...);
}

}  // namespace

/// Calls the receiver's function for an event.
class Teller {
 public:
  Teller(SessionImpl& impl, Session& session, MessageReceiver& receiver)
      : impl_(impl), session_(session), receiver_(receiver) {}

  void operator()(engine::Opened& e) {
    call("onSessionOpen", [&] { receiver_.onSessionOpen(session_, e.event); });
  }
  void operator()(engine::Resumed& e) {
    call("onSessionResumed", [&] { receiver_.onSessionResumed(session_, e.event); });
  }
  void operator()(engine::Paused& e) {
    call("onSessionPaused", [&] { receiver_.onSessionPaused(session_, e.event); });
  }
  void operator()(engine::Closed& e) {
    call("onSessionClosed", [&] { receiver_.onSessionClosed(session_, e.event); });
  }
  void operator()(engine::Retrying& e) {
    call("onReconnecting", [&] { receiver_.onReconnecting(session_, e.event); });
  }
  void operator()(engine::Presence& e) {
    if (e.event.online) {
      call("onStatusOnline", [&] { receiver_.onStatusOnline(session_, e.event.peers); });
    } else {
      call("onStatusOffline", [&] { receiver_.onStatusOffline(session_, e.event.peers); });
    }
  }
  void operator()(engine::Watched& e) {
    call("onPeersWatched", [&] { receiver_.onPeersWatched(session_, e.peers); });
  }
  void operator()(engine::Unwatched& e) {
    call("onPeersUnwatched", [&] { receiver_.onPeersUnwatched(session_, e.peers); });
  }
  void operator()(engine::Incoming&) {}  // has its own way: SessionImpl::incoming()
  void operator()(engine::SendDone& e) {
    if (e.message.group_id.empty()) {
      return call("onMessageSent",
                  [&] { receiver_.onMessageSent(session_, e.message, e.receipt); });
    }
    Group& group = impl_.groupHere(e.message.group_id);
    call("onGroupMessageSent", [&] { receiver_.onGroupMessageSent(group, e.message, e.receipt); });
  }
  void operator()(engine::SendFailed& e) {
    if (e.message.group_id.empty()) {
      return call("onMessageFailure",
                  [&] { receiver_.onMessageFailure(session_, e.message, e.error); });
    }
    Group& group = impl_.groupHere(e.message.group_id);
    call("onGroupMessageFailure",
         [&] { receiver_.onGroupMessageFailure(group, e.message, e.error); });
  }
  void operator()(engine::Delivered& e) {
    call("onMessageDelivered", [&] { receiver_.onMessageDelivered(session_, e.event); });
  }
  void operator()(engine::Failed& e) {
    call("onError", [&] { receiver_.onError(session_, e.error); });
  }
  void operator()(engine::GroupJoined& e) {
    Group& group = impl_.groupHere(e.group_id);
    call("onJoined", [&] { receiver_.onJoined(group); });
  }
  void operator()(engine::GroupInvited& e) {
    Group& group = impl_.groupHere(e.group_id);
    call("onInvitedToGroup", [&] { receiver_.onInvitedToGroup(group, e.by); });
  }
  void operator()(engine::GroupLeft& e) {
    Group& group = impl_.groupHere(e.group_id);
    call("onLeft", [&] { receiver_.onLeft(group, e.by); });
  }
  void operator()(engine::PeersInvited& e) {
    Group& group = impl_.groupHere(e.group_id);
    call("onInvited", [&] { receiver_.onInvited(group, e.peers); });
  }
  void operator()(engine::PeersKicked& e) {
    Group& group = impl_.groupHere(e.group_id);
    call("onKicked", [&] { receiver_.onKicked(group, e.peers); });
  }
  void operator()(engine::MembersJoined& e) {
    Group& group = impl_.groupHere(e.group_id);
    call("onMembersJoined", [&] { receiver_.onMembersJoined(group, e.event); });
  }
  void operator()(engine::MembersLeft& e) {
    Group& group = impl_.groupHere(e.group_id);
    call("onMembersLeft", [&] { receiver_.onMembersLeft(group, e.event); });
  }
  void operator()(engine::Rejected& e) {
    Group& group = impl_.groupHere(e.group_id);
    call("onReject", [&] { receiver_.onReject(group, e.event); });
  }

 private:
  template <typename Callback>
  void call(const char* name, Callback&& callback) {
    impl_.manager().guard().run(name, impl_.peerId(), std::forward<Callback>(callback));
  }

  SessionImpl& impl_;
  Session& session_;
  MessageReceiver& receiver_;
};

void SessionImpl::runItem(std::vector<Item>& batch, std::size_t index) {
  Item& item = batch[index];
  if (auto* event = std::get_if<Event>(&item)) {
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
    const auto* event = std::get_if<Event>(&batch[next]);
    if (event == nullptr || !isOneOf<engine::Opened, engine::Watched, engine::Unwatched,
                                     engine::Presence, engine::GroupJoined>(event->event)) {
      return;
    }
    apply(*event);
  }
}

bool SessionImpl::deliverStaged(bool more_soon) {
  std::uint32_t events = 0;
  for (const Item& item : staged_) {
    const auto* event = std::get_if<Event>(&item);
    if (event != nullptr && !isOneOf<engine::Incoming>(event->event)) ++events;
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

void SessionImpl::runEvent(Event& event) {
  if (!isOneOf<engine::Incoming>(event.event)) ++events_here_;
  Session* session = faceHere();
  if (session == nullptr) return;  // nobody holds it: nobody hears it
  if (auto* message = std::get_if<engine::Incoming>(&event.event)) {
    return incoming(*session, message->message, event.life);
  }
  apply(event);
  if (MessageReceiver* hearing = receiverHere()) {
    std::visit(Teller(*this, *session, *hearing), event.event);
  }
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
Group& SessionImpl::groupHere(const std::string& group_id) {
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

void SessionImpl::apply(const Event& event) {
  if (isOneOf<engine::SendDone, engine::SendFailed, engine::Delivered>(event.event)) return;
  const std::lock_guard lock(mutex_);
  if (event.life != life_) return;
  const engine::SessionEvent& what = event.event;
  if (const auto* opened = std::get_if<engine::Opened>(&what)) {
    told_ = SessionState::Open;
    watched_ = event.watched;
    online_ = opened->event.online;
  } else if (const auto* resumed = std::get_if<engine::Resumed>(&what)) {
    told_ = SessionState::Open;
    watched_ = event.watched;
    online_ = resumed->event.online;
  } else if (isOneOf<engine::Paused>(what)) {
    told_ = SessionState::Paused;
    online_ = {};
  } else if (isOneOf<engine::Closed>(what)) {
    wanted_ = false;
    told_ = SessionState::Closed;
    watched_ = {};
    online_ = {};
  } else if (const auto* presence = std::get_if<engine::Presence>(&what)) {
    for (const std::string& peer : presence->event.peers) {
      if (presence->event.online) {
        engine::Roster::insert(online_, peer);
      } else {
        engine::Roster::erase(online_, peer);
      }
    }
  } else if (const auto* watched = std::get_if<engine::Watched>(&what)) {
    for (const std::string& peer : watched->peers) engine::Roster::insert(watched_, peer);
  } else if (const auto* unwatched = std::get_if<engine::Unwatched>(&what)) {
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

void SessionImpl::applyToGroup(const engine::SessionEvent& what) {
  if (const auto* joined = std::get_if<engine::GroupJoined>(&what)) {
    if (auto* members = membersOf(joined->group_id)) members->insert(peer_id_);
  } else if (const auto* invited = std::get_if<engine::GroupInvited>(&what)) {
    if (auto* members = membersOf(invited->group_id)) members->insert(peer_id_);
  } else if (const auto* left = std::get_if<engine::GroupLeft>(&what)) {
    if (auto* members = membersOf(left->group_id)) members->clear();
  } else if (const auto* came = std::get_if<engine::MembersJoined>(&what)) {
    auto* members = membersOf(came->group_id);
    for (const std::string& peer : came->event.peers) {
      if (members != nullptr && members->size() < limits::kGroupsPerSession) members->insert(peer);
    }
  } else if (const auto* went = std::get_if<engine::MembersLeft>(&what)) {
    auto* members = membersOf(went->group_id);
    for (const std::string& peer : went->event.peers) {
      if (members != nullptr) members->erase(peer);
    }
  }
}

// --- messages ---

void SessionImpl::incoming(Session& session, Message& message, std::uint32_t life) {
  showHeld(session);
  if (!held_.empty() || !show(session, message, life)) held_.push({std::move(message), life});
}

/// What waited for a receiver, in order.
void SessionImpl::showHeld(Session& session) {
  while (!held_.empty() && show(session, held_.front().message, held_.front().life)) {
    held_.front() = {};
    held_.pop();
  }
}

/// False: there is no receiver, the message has to wait. A message of a life that is over was not
/// acknowledged: the server keeps it and brings it again, so it must not be shown twice.
bool SessionImpl::show(Session& session, const Message& message, std::uint32_t life) {
  MessageReceiver* const hearing = receiverHere();
  {
    const std::lock_guard lock(mutex_);
    if (life != life_) return true;
    if (hearing == nullptr) return false;
    // Before the callback, so that a close() inside it counts the message too. Otherwise nothing
    // is acknowledged until the callback has returned (sliceOver).
    ++shown_;
  }
  if (message.group_id.empty()) {
    manager_->guard().run("onMessage", peer_id_, [&] { hearing->onMessage(session, message); });
  } else {
    Group& in = groupHere(message.group_id);
    manager_->guard().run("onGroupMessage", peer_id_,
                          [&] { hearing->onGroupMessage(in, message); });
  }
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
