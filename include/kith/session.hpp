// SPDX-License-Identifier: Apache-2.0
// One peer's place in the service. Made by SessionManager::session(), shared by all that hold it.
#pragma once

#include <kith/conversation_data.hpp>
#include <kith/event.hpp>
#include <kith/export.hpp>
#include <kith/message.hpp>
#include <kith/result.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace kith {

class Conversation;
class Group;
class MessageReceiver;
class SessionManager;
namespace client {
class SessionImpl;
class ManagerImpl;
}  // namespace client

/// Completion of an operation without a value. Runs once, on the executor.
using Completion = std::function<void(Result<void>)>;
/// Completion of an operation on peers: those it took effect for. Runs once, on the executor.
using PeersCompletion = std::function<void(Result<std::vector<std::string>>)>;
/// Completion of `send()`. Runs once, on the executor.
using SendCompletion = std::function<void(Result<Receipt>)>;

/// Completion of `createConversation()`. Runs once, on the executor.
using ConversationCompletion = std::function<void(Result<std::shared_ptr<Conversation>>)>;
/// Completion of `conversations()`. Runs once, on the executor.
using ConversationsCompletion = std::function<void(Result<std::vector<ConversationInfo>>)>;
/// Completion of `unread()`: conversations in which something waits, the newest message first. Runs
/// once, on the executor.
using UnreadCompletion = std::function<void(Result<std::vector<UnreadCount>>)>;

/// What `send()` says at once.
struct SendTicket {
  /// The id this message carries through every resend; empty when it was refused at once.
  std::string client_id;
  /// `Ok`, or why it was refused at once (`QueueFull`, `NotOpen`, `InvalidArgument`...). The
  /// completion says the same with the detail.
  Errc refused{Errc::Ok};
  /// True when the message was taken.
  explicit operator bool() const noexcept { return refused == Errc::Ok; }
};

/// Where a session is in its life (avos-v1 §7).
enum class SessionState {
  /// Not opened yet.
  Idle,
  /// `open()` was called and the server has not answered yet.
  Opening,
  /// The server knows us.
  Open,
  /// The connection is away; it will come back.
  Paused,
  /// Closed for good. `open()` starts a new life.
  Closed,
};

/// A peer that talks. Messages go out in the order of `send()` per conversation, and come in once.
///
/// Every operation may be called from any thread and from any callback, returns at once, and
/// completes once. Completions and callbacks run on the manager's executor.
class KITH_EXPORT Session : public std::enable_shared_from_this<Session> {
 public:
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// This peer's id.
  const std::string& peerId() const noexcept;

  /// Sets what hears this session's events; null for nothing. Takes effect with the next event.
  /// Messages that come while there is none wait, unacknowledged and bounded by `InboxOptions`,
  /// for the next receiver. Thread: any. Blocks: never. Callback: none. Lifetime: shares
  /// `receiver`.
  void setReceiver(std::shared_ptr<MessageReceiver> receiver);

  /// Opens the session and watches `watch` (0 to 100 peers). Goes on trying until the server
  /// answers. With `Options::store` the stored watch list joins (as far as 100 peers allow),
  /// messages that were not sent go out first, and messages that were not shown are shown at once.
  /// Errors: InvalidPeerId, TooManyPeers, AlreadyOpen, SignatureRefused, SignatureFailed,
  /// AppNotAvailable, Closed.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void open(std::vector<std::string> watch = {}, Completion done = {});

  /// Closes the session: what waits fails with `Closed`, then `done` runs, and nothing after it
  /// (R2). Closing a closed session succeeds. This peer is done here: in `Options::store` only
  /// messages that came and were not shown stay.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void close(Completion done = {});

  /// Adds peers to the watch list; yields those online. Errors: NotOpen, InvalidPeerId,
  /// TooManyPeers, SignatureRefused, SignatureFailed, Closed.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void watch(std::vector<std::string> peers, PeersCompletion done = {});

  /// Takes peers off the watch list; yields them. Errors: NotOpen, InvalidPeerId, Closed.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void unwatch(std::vector<std::string> peers, PeersCompletion done = {});

  /// Asks which of `peers`, watched or not, are online. Errors: NotOpen, InvalidPeerId,
  /// TooManyPeers, Timeout, NetworkDown, Closed.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void query(std::vector<std::string> peers, PeersCompletion done);

  /// Sends a message to peers or, when `message.group_id` is set, to a group. It waits in the
  /// outbox while the session is paused, and in `Options::store` until it is accepted, refused or
  /// expired: also when the program ends first. What a later life sends has no completion; its
  /// receiver hears `onMessageSent` or `onMessageFailure`. Errors: InvalidArgument, InvalidPeerId,
  /// MessageTooLong, TooManyPeers, NotOpen, QueueFull, Expired, InvalidTarget, Rejected, Closed.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  SendTicket send(Message message, SendCompletion done = {});

  /// A group that does not exist yet: its `join()` creates it.
  /// Thread: any. Blocks: never. Callback: none. Lifetime: the group keeps the session alive.
  std::shared_ptr<Group> group();
  /// The group with this id; the same object as long as it is held.
  /// Thread: any. Blocks: never. Callback: none. Lifetime: the group keeps the session alive.
  std::shared_ptr<Group> group(const std::string& group_id);

  /// The conversation with this id: that of a group, or of a pair that has one.
  /// Thread: any. Blocks: never. Callback: none. Lifetime: the conversation keeps the session
  /// alive.
  std::shared_ptr<Conversation> conversation(const std::string& id);
  /// Makes a conversation of this peer and others, or finds the unique one that they have. The
  /// others become members without being asked; those of a pair hear nothing. Where an app requires
  /// signatures, `Options::signature_factory` signs the members as it signs a watch list. Errors:
  /// NotOpen, NotSupported, InvalidArgument, InvalidPeerId, TooManyPeers, GroupFull, Rejected,
  /// SignatureRefused, SignatureFailed, Timeout, NetworkDown, QueueFull, Closed.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void createConversation(NewConversation what, ConversationCompletion done);
  /// Looks for conversations. Errors: NotOpen, NotSupported, InvalidArgument, Rejected (a condition
  /// that the server does not know), Timeout, NetworkDown, QueueFull, Closed.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void conversations(ConversationQuery query, ConversationsCompletion done);
  /// Asks what this peer has not read, of its 50 conversations with the newest messages. Counts are
  /// those of the moment: a message that comes live meanwhile may be in them or not. Errors:
  /// NotOpen, NotSupported, ServerBusy, Timeout, NetworkDown, QueueFull, Closed.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void unread(UnreadCompletion done);

  /// Leaves a message that the server says in `message.group_id` when this session's connection is
  /// lost, also by `SessionManager::pause()`; it is transient then and in no history. Not when the
  /// session is closed. There is one: a later one takes its place. It is left anew each time the
  /// session resumes; if the server refuses that, `onError` says so. Errors: as `send()` to a
  /// group, NotSupported, Timeout, NetworkDown.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void setWill(Message message, Completion done = {});
  /// Takes the will back; succeeds also when there is none. Errors: NotOpen, NotSupported, Timeout,
  /// NetworkDown, QueueFull, Closed.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void clearWill(Completion done = {});

  /// Where the session is now, as far as callbacks have told.
  /// Thread: any. Blocks: never. Callback: none. Lifetime: none.
  SessionState state() const;
  /// Open and connected.
  bool isOpen() const;
  /// Opened, and waiting for the connection to come back.
  bool isPaused() const;
  /// `peer` is watched and online, as last told by the server.
  bool isOnline(const std::string& peer) const;
  /// `peer` is on the watch list.
  bool isWatching(const std::string& peer) const;
  /// The watch list, sorted.
  std::vector<std::string> watchedPeers() const;
  /// The watched peers that are online, sorted; empty while paused.
  std::vector<std::string> onlinePeers() const;
  /// Bytes of messages that wait or are unanswered (R18).
  std::size_t bufferedBytes() const;

 private:
  friend class client::SessionImpl;
  friend class client::ManagerImpl;
  explicit Session(std::shared_ptr<client::SessionImpl> impl);
  std::shared_ptr<client::SessionImpl> impl_;
};

}  // namespace kith
