// SPDX-License-Identifier: Apache-2.0
// The body of Session, and its strand: what the application asks goes down to the driver, what
// happens comes back here and is told on the executor.
#pragma once

#include <kith/group.hpp>
#include <kith/receiver.hpp>
#include <kith/session.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/event_teller.hpp"
#include "client/item.hpp"
#include "client/manager_impl.hpp"
#include "client/ops.hpp"
#include "dispatch/strand.hpp"
#include "engine/events.hpp"
#include "engine/ring.hpp"
#include "engine/roster.hpp"

namespace kith::client {

class SessionImpl final : public dispatch::Strand<Item>, private GroupFinder {
 public:
  static std::shared_ptr<Session> make(std::shared_ptr<ManagerImpl> manager,
                                       const std::string& peer_id, engine::SessionRef ref,
                                       const Result<void>& usable);
  SessionImpl(std::shared_ptr<ManagerImpl> manager, std::string peer_id, engine::SessionRef ref,
              const Result<void>& usable);
  static SessionImpl& of(Session& session);

  ManagerImpl& manager() { return *manager_; }
  /// See ManagerImpl.
  bool isElsewhere() const { return manager_->isElsewhere(); }
  const std::string& peerId() const { return peer_id_; }
  engine::SessionRef ref() const { return ref_; }
  /// Its peer id and the manager's options are good.
  bool usable() const { return unusable_ == nullptr; }
  std::shared_ptr<SessionImpl> shared();
  std::shared_ptr<Session> face() const { return face_.lock(); }

  // --- the application; any thread ---
  void setReceiver(std::shared_ptr<MessageReceiver> receiver);
  void open(std::vector<std::string> watch, Completion done);
  void close(Completion done);
  void watch(std::vector<std::string> peers, PeersCompletion done);
  void unwatch(std::vector<std::string> peers, PeersCompletion done);
  void query(std::vector<std::string> peers, PeersCompletion done);
  SendTicket send(Message&& message, SendCompletion&& done);
  /// Empty id = a group that is not created yet.
  std::shared_ptr<Group> group(const std::string& group_id);
  /// The manager closes: as close(), but the driver is told by the manager.
  void closeHere();
  /// The application dropped its last reference.
  void dropped();

  // --- what GroupImpl asks for it ---
  void join(const std::shared_ptr<Group>& group, bool open_group, JoinCompletion done);
  void leave(const std::string& group_id, Completion done);
  void changeMembers(GroupAction action, const std::string& group_id,
                     std::vector<std::string> peers, PeersCompletion done);
  SendTicket sendToGroup(std::string group_id, Message message, SendCompletion done);
  void members(const std::string& group_id, PeersCompletion done);
  std::vector<std::string> knownMembers(const std::string& group_id) const;

  SessionState state() const;
  bool isOnline(const std::string& peer) const;
  bool isWatching(const std::string& peer) const;
  std::vector<std::string> watchedPeers() const;
  std::vector<std::string> onlinePeers() const;
  std::size_t bufferedBytes() const { return queued_bytes_.load(std::memory_order_relaxed); }

  // --- the driver; loop thread ---
  void releaseQueue(std::size_t bytes);
  std::vector<Item>& staged() { return staged_; }
  /// Hands over what is staged. False: more events wait than a session may have.
  bool deliverStaged(bool more_soon);
  /// Itself, while the driver has it.
  std::shared_ptr<SessionImpl>& keptByDriver() { return kept_by_driver_; }
  /// When that was last.
  base::Millis& lastDelivery() { return last_delivery_; }
  bool& keepsItems() { return keeps_items_; }
  /// It was quiet for a while: gives memory back.
  void trimItems();
  std::uint32_t& driverLife() { return driver_life_; }
  /// A completion that says `error`, unless nobody waits.
  template <typename Done>
  void refuse(const char* name, Done done, Error error) {
    if (!done) return;
    push(Call{name, [done = std::move(done), error = std::move(error)] { done(error); }});
  }

 protected:
  std::shared_ptr<Executor> executor() override { return manager_->executor().get(); }
  void runItem(std::vector<Item>& batch, std::size_t index) override;
  void sliceOver() override;

 private:
  struct GroupEntry {
    std::weak_ptr<Group> face;
    std::set<std::string> members;
  };
  struct Groups {
    std::map<std::string, GroupEntry> by_id;
    std::size_t prune_at{16};
  };

  /// What every operation on an open session needs.
  Result<void> ready(const char* name) const;
  template <typename Done, typename Start>
  void start(const char* name, Done done, Start start);
  void closeUnheard(Completion done);
  SendTicket refuseSend(SendCompletion done, Error error);
  bool takeRoom(std::size_t bytes);

  // on the executor
  void runEvent(EventItem& item);
  void tell(Session& session, MessageReceiver& hearing, Event& event);
  void applyAhead(const std::vector<Item>& batch, std::size_t index);
  void apply(const EventItem& item);
  void applyToGroup(const Event& what);
  Groups& groups();
  std::set<std::string>* membersOf(const std::string& group_id);
  void incoming(Session& session, EventItem& item);
  bool show(Session& session, EventItem& item);
  void showHeld(Session& session);
  void acknowledgeShown();
  void openEnded(bool ok, std::uint32_t life);
  void groupCreated(const std::shared_ptr<Group>& group, const std::string& group_id);
  Session* faceHere();
  MessageReceiver* receiverHere();
  Group& groupOf(const std::string& group_id) override;

  const std::shared_ptr<ManagerImpl> manager_;
  const std::string peer_id_;
  const engine::SessionRef ref_;
  const std::unique_ptr<const Error> unusable_;  // why its peer id or the options are no good
  std::weak_ptr<Session> face_;                  // set once, by make()

  mutable std::mutex mutex_;
  std::shared_ptr<MessageReceiver> receiver_;       // guarded
  std::atomic<std::uint32_t> receiver_version_{1};  // changes under the lock with receiver_
  std::atomic<bool> wanted_{false};  // changes under the lock: open() was called, nothing ended it
  bool ever_opened_{false};          // guarded
  SessionState told_{SessionState::Idle};  // guarded
  std::uint32_t life_{0};                  // guarded: close() calls so far
  std::uint32_t shown_{0};                 // guarded: messages to acknowledge
  engine::Roster::Peers watched_;          // guarded
  engine::Roster::Peers online_;           // guarded
  std::unique_ptr<Groups> groups_;         // guarded; from the first one on

  std::atomic<std::size_t> queued_bytes_{0};
  std::atomic<std::uint32_t> queued_messages_{0};
  std::atomic<std::uint32_t> waiting_events_{0};  // without messages, which the inbox bounds

  // Strand only.
  engine::Ring<EventItem> held_;  // messages that came while there was no receiver
  // For as long as a slice: taking these anew for each event costs more than many a callback.
  std::shared_ptr<Session> face_here_;
  std::shared_ptr<MessageReceiver> receiver_here_;
  std::shared_ptr<Group> group_here_;
  std::uint32_t receiver_version_here_{0};
  std::uint32_t events_here_{0};  // to be taken off waiting_events_

  std::shared_ptr<SessionImpl> kept_by_driver_;          // loop thread only
  std::vector<Item> staged_;                             // loop thread only
  base::Millis last_delivery_{base::Millis::min() / 2};  // loop thread only
  std::uint32_t driver_life_{0};                         // loop thread only
  bool keeps_items_{false};                              // loop thread only
};

}  // namespace kith::client
