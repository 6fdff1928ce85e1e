// SPDX-License-Identifier: Apache-2.0
// The body of Session, and its strand: what the application asks is checked and handed to the io
// thread; what happens comes back here and is told on the executor (Delivery).
#pragma once

#include <kith/conversation.hpp>
#include <kith/group.hpp>
#include <kith/receiver.hpp>
#include <kith/session.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backends/conversation_request.hpp"
#include "base/sync.hpp"
#include "client/delivery.hpp"
#include "client/group_registry.hpp"
#include "client/item.hpp"
#include "client/session_host.hpp"
#include "client/session_view.hpp"
#include "dispatch/strand.hpp"

namespace kith::client {

class SessionImpl final : public dispatch::Strand<Item>, private DeliveryHost {
 public:
  static std::shared_ptr<Session> make(std::shared_ptr<SessionHost> host,
                                       const std::string& peer_id, SessionRef ref,
                                       const Result<void>& usable);
  SessionImpl(std::shared_ptr<SessionHost> host, std::string peer_id, SessionRef ref,
              const Result<void>& usable);
  static SessionImpl& of(Session& session);

  /// See SessionHost.
  bool isElsewhere() const { return host_->isElsewhere(); }
  const std::string& peerId() const override { return peer_id_; }
  SessionRef ref() const { return ref_; }
  /// Its peer id and the manager's options are good.
  bool usable() const { return unusable_ == nullptr; }
  std::shared_ptr<SessionImpl> shared();
  std::shared_ptr<Session> handle() const override { return handle_.lock(); }
  const SessionView& view() const { return view_; }
  const GroupRegistry& groups() const { return groups_; }

  // --- the application; any thread ---
  void setReceiver(std::shared_ptr<MessageReceiver> receiver);
  void open(std::vector<std::string> watch, Completion done);
  void close(Completion done);
  void watch(std::vector<std::string> peers, PeersCompletion done);
  void unwatch(std::vector<std::string> peers, PeersCompletion done);
  void query(std::vector<std::string> peers, PeersCompletion done);
  SendTicket send(Message&& message, SendCompletion&& done);
  /// Empty id = a group that is not created yet.
  std::shared_ptr<Group> group(const std::string& group_id) override;
  std::size_t bufferedBytes() const { return queued_bytes_.load(std::memory_order_relaxed); }
  /// The manager closes: as close(), but the io thread is told by the manager.
  void closeLocally();
  /// The application dropped its last reference.
  void dropped();

  // --- what a Group asks for itself (session_groups.cpp) ---
  void join(const std::shared_ptr<Group>& group, bool open_group, JoinCompletion done);
  void leave(const std::string& group_id, Completion done);
  void changeMembers(GroupAction action, const std::string& group_id,
                     std::vector<std::string> peers, PeersCompletion done);
  SendTicket sendToGroup(std::string group_id, Message message, SendCompletion done);
  void members(const std::string& group_id, PeersCompletion done);

  // --- what a Conversation asks (conversation.cpp) ---
  std::shared_ptr<Conversation> conversation(const std::string& id, Timestamp ends = {});
  void createConversation(NewConversation what, ConversationCompletion done);
  /// `finish` has a completion, or is empty.
  void ask(const char* name, backends::ConversationRequest request, Finish finish);
  /// Whether it may be sent, with an id of so many bytes beside it.
  Result<void> checkSize(const Message& message, const std::string& id) const;
  /// The same as ask() about a conversation, whose id is looked at.
  void askOf(const char* name, const std::string& id, backends::ConversationRequest request,
             Finish finish);
  void changeStanding(const char* name, backends::ChangeStanding change, Finish finish);
  void setWill(Message message, Completion done);

  // --- the io thread ---
  /// A message of so many bytes is over.
  void releaseQueue(std::size_t bytes);
  /// Takes all of `items`. False: more events wait than a session may have.
  bool deliver(std::vector<Item>& items, bool more_soon);
  /// There is no io thread that could close the session.
  void closeWithoutThread(Finish finish);
  /// The operation ends with `error` before it began.
  void refuseOp(const char* name, Finish finish, Error error);
  /// A completion that says `error`, unless there is none.
  template <typename Done>
  void refuse(const char* name, Done done, Error error) {
    if (!done) return;
    push(Call{name, [done = std::move(done), error = std::move(error)] { done(error); }});
  }

 private:
  // Strand
  std::shared_ptr<Executor> executor() override { return host_->strand().slot().get(); }
  void runItem(std::vector<Item>& batch, std::size_t index) override {
    delivery_.run(batch, index);
  }
  void sliceOver() override { delivery_.sliceOver(); }

  // DeliveryHost
  const dispatch::CallbackGuard& guard() const override { return host_->strand().guard(); }
  void acknowledge(std::uint32_t count) override;

  /// What every operation on an open session needs.
  Result<void> ready(const char* name) const;
  Result<void> readyFor(const char* name, const std::vector<std::string>& peers) const;
  using Start = std::function<void(Backend& backend, OpId op)>;
  void start(const char* name, Finish finish, Start start);
  SendTicket refuseSend(SendCompletion done, Error error);
  bool takeRoom(std::size_t bytes);

  const std::shared_ptr<SessionHost> host_;
  const std::string peer_id_;
  const SessionRef ref_;
  const std::unique_ptr<const Error> unusable_;  // why its peer id or the options are no good
  std::weak_ptr<Session> handle_;                // set once, by make()

  base::Mutex mutex_;  // of the three below
  SessionView view_{mutex_};
  GroupRegistry groups_{mutex_};
  Delivery delivery_{*this, view_, groups_, mutex_};
  std::atomic<std::size_t> queued_bytes_{0};
  std::atomic<std::uint32_t> queued_messages_{0};
};

}  // namespace kith::client
