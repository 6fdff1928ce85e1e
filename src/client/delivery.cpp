// SPDX-License-Identifier: Apache-2.0
#include "client/delivery.hpp"

#include <kith/limits.hpp>

#include <utility>
#include <variant>

#include "client/group_impl.hpp"

namespace kith::client {
namespace {

template <typename... Each>
bool isOneOf(const Event& event) {
  return (std::holds_alternative<Each>(event) || ...);
}

}  // namespace

bool Delivery::setReceiver(std::shared_ptr<MessageReceiver> receiver) {
  const bool set = receiver != nullptr;
  const base::Lock lock(mutex_);
  receiver_.swap(receiver);  // the old one goes with the argument, without the lock
  receiver_version_.fetch_add(1, std::memory_order_release);
  return set;
}

bool Delivery::mayWait(const std::vector<Item>& items) {
  std::uint32_t events = 0;
  for (const Item& item : items) {
    const auto* event = std::get_if<EventItem>(&item);
    if (event != nullptr && !isOneOf<MessageReceived>(event->event)) ++events;
  }
  const std::size_t before = waiting_events_.fetch_add(events, std::memory_order_relaxed);
  return before + events <= limits::kEventsPerSession;
}

void Delivery::run(std::vector<Item>& batch, std::size_t index) {
  Item& item = batch[index];
  if (auto* event = std::get_if<EventItem>(&item)) {
    runEvent(*event);
  } else if (auto* sent = std::get_if<SendEnd>(&item)) {
    host_.guard().run("send", host_.peerId(), [&] { sent->done(std::move(sent->result)); });
  } else if (auto* call = std::get_if<Call>(&item)) {
    applyAhead(batch, index);
    host_.guard().run(call->name, host_.peerId(), call->run);
  }
}

/// A completion comes before the events that follow from it, but inside the completion the session
/// shall look as they say: open() done and isOnline() false would astonish.
void Delivery::applyAhead(const std::vector<Item>& batch, std::size_t index) {
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

void Delivery::apply(const EventItem& item) {
  if (isOneOf<MessageSent, MessageFailed, MessageDelivered>(item.event)) return;
  if (view_.apply(item)) groups_.apply(item.event, host_.peerId());
}

void Delivery::runEvent(EventItem& item) {
  const bool message = isOneOf<MessageReceived>(item.event);
  if (!message) ++slice_events_;
  Session* session = sliceSession();
  if (session == nullptr) return;  // not held any more: its events are dropped
  if (message) return incoming(*session, item);
  apply(item);
  if (MessageReceiver* receiver = sliceReceiver()) dispatch(*session, *receiver, item.event);
}

void Delivery::dispatch(Session& session, MessageReceiver& receiver, Event& event) {
  EventDispatcher(host_.guard(), *this, session, receiver).dispatch(event);
}

/// For this slice; null when the application does not hold the session any more.
Session* Delivery::sliceSession() {
  const bool groups_too = slice_group_ != nullptr && slice_group_.use_count() == 1;
  if (slice_session_.use_count() == (groups_too ? 2 : 1)) {  // held by us alone, and by our group
    slice_group_.reset();
    slice_session_.reset();
  }
  if (slice_session_ == nullptr) slice_session_ = host_.handle();
  return slice_session_.get();
}

MessageReceiver* Delivery::sliceReceiver() {
  const std::uint32_t version = receiver_version_.load(std::memory_order_acquire);
  if (version == slice_receiver_version_) return slice_receiver_.get();
  std::shared_ptr<MessageReceiver> before = std::move(slice_receiver_);  // goes without the lock
  const base::Lock lock(mutex_);
  slice_receiver_ = receiver_;
  slice_receiver_version_ = receiver_version_.load(std::memory_order_relaxed);
  return slice_receiver_.get();
}

/// A group that is not held is made anew each time, which a burst of messages should not pay.
Group& Delivery::groupOf(const std::string& group_id) {
  if (slice_group_ == nullptr || !GroupImpl::of(*slice_group_).isCalled(group_id)) {
    slice_group_ = host_.group(group_id);
  }
  return *slice_group_;
}

// --- messages ---

void Delivery::incoming(Session& session, EventItem& item) {
  showHeld(session);
  if (!held_.empty() || !show(session, item)) held_.push(std::move(item));
}

void Delivery::showHeld() {
  if (Session* session = sliceSession()) showHeld(*session);
}

/// In order.
void Delivery::showHeld(Session& session) {
  while (!held_.empty() && show(session, held_.front())) {
    held_.front() = {};
    held_.pop();
  }
}

/// False: there is no receiver, the message has to wait. A message of an epoch that is over was
/// not acknowledged: the server keeps it and brings it again, so it must not be shown twice.
bool Delivery::show(Session& session, EventItem& item) {
  MessageReceiver* const receiver = sliceReceiver();
  if (receiver == nullptr) return !view_.isCurrent(item.epoch);
  // Before the callback, so that a close() inside it counts the message too. Otherwise nothing is
  // acknowledged until the callback has returned (sliceOver).
  if (view_.countShown(item.epoch)) dispatch(session, *receiver, item.event);
  return true;
}

void Delivery::sliceOver() {
  waiting_events_.fetch_sub(std::exchange(slice_events_, 0), std::memory_order_relaxed);
  slice_receiver_version_ = 0;
  slice_group_.reset();
  slice_receiver_.reset();
  slice_session_.reset();
  view_.acknowledge([this](std::uint32_t count) { host_.acknowledge(count); });
}

}  // namespace kith::client
