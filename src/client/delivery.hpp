// SPDX-License-Identifier: Apache-2.0
// Completions and events of a session on their way into the application's code. Part of
// SessionImpl; on its strand, where nothing else is said.
#pragma once

#include <kith/receiver.hpp>
#include <kith/session.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/ring.hpp"
#include "base/sync.hpp"
#include "client/event_dispatcher.hpp"
#include "client/group_registry.hpp"
#include "client/item.hpp"
#include "client/session_view.hpp"

namespace kith::client {

/// What a delivery needs of its session. Any thread.
class DeliveryHost {
 public:
  virtual ~DeliveryHost() = default;
  virtual const std::string& peerId() const = 0;
  /// The session as the application holds it; null when it does not hold it any more.
  virtual std::shared_ptr<Session> handle() const = 0;
  virtual std::shared_ptr<Group> group(const std::string& group_id) = 0;
  virtual const dispatch::CallbackGuard& guard() const = 0;
  /// So many messages more were shown. Under the view's lock.
  virtual void acknowledge(std::uint32_t count) = 0;
};

class Delivery final : private GroupFinder {
 public:
  /// `mutex` is the session's.
  Delivery(DeliveryHost& host, SessionView& view, GroupRegistry& groups, base::Mutex& mutex)
      : host_(host), view_(view), groups_(groups), mutex_(mutex) {}

  /// Any thread. True: messages may wait for this receiver: showHeld() is to follow.
  bool setReceiver(std::shared_ptr<MessageReceiver> receiver);
  /// Any thread. False: with these, more events wait than a session may have.
  bool mayWait(const std::vector<Item>& items);

  /// Runs `batch[index]`; what was pushed with it is around it.
  void run(std::vector<Item>& batch, std::size_t index);
  /// Shows what waited for a receiver.
  void showHeld();
  void sliceOver();

 private:
  void runEvent(EventItem& item);
  void apply(const EventItem& item);
  void applyAhead(const std::vector<Item>& batch, std::size_t index);
  void incoming(Session& session, EventItem& item);
  void showHeld(Session& session);
  bool show(Session& session, EventItem& item);
  void dispatch(Session& session, MessageReceiver& receiver, Event& event);
  Session* sliceSession();
  MessageReceiver* sliceReceiver();
  Group& groupOf(const std::string& group_id) override;

  DeliveryHost& host_;
  SessionView& view_;
  GroupRegistry& groups_;

  base::Mutex& mutex_;
  std::shared_ptr<MessageReceiver> receiver_ KITH_GUARDED_BY(mutex_);
  std::atomic<std::uint32_t> receiver_version_{1};  // changes under the lock with receiver_
  std::atomic<std::uint32_t> waiting_events_{0};    // without messages, which the inbox bounds

  // Strand only.
  base::Ring<EventItem> held_;  // messages that came while there was no receiver
  // For as long as a slice: taking these anew for each event costs more than many a callback.
  std::shared_ptr<Session> slice_session_;
  std::shared_ptr<MessageReceiver> slice_receiver_;
  std::shared_ptr<Group> slice_group_;
  std::uint32_t slice_receiver_version_{0};
  std::uint32_t slice_events_{0};  // to be taken off waiting_events_
};

}  // namespace kith::client
