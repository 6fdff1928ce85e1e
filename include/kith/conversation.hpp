// SPDX-License-Identifier: Apache-2.0
// A conversation as one session sees it. Made by Session::conversation(), shared by all that hold
// it.
#pragma once

#include <kith/conversation_data.hpp>
#include <kith/export.hpp>
#include <kith/session.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace kith {

/// Completion of `history()`: the oldest message first, whichever way was read. Only an empty page
/// says that there is nothing more: one with long messages is shorter. Runs once, on the executor.
using PageCompletion = std::function<void(Result<std::vector<Message>>)>;

/// Completion of `info()`. Runs once, on the executor.
using InfoCompletion = std::function<void(Result<ConversationInfo>)>;

/// Completion of `marks()`: one for each other member, sorted by peer. Runs once, on the executor.
using MarksCompletion = std::function<void(Result<std::vector<MemberMarks>>)>;

/// What a group, or a pair that has one, is beside its messages and members: a history that is read
/// over the connection, edits, read marks. `Group` is the same thing with v1's calls: both have the
/// same id, and events of the one are events of the other.
///
/// All of this needs kithd. With a server that speaks v1 alone each call completes with
/// `NotSupported`; `SessionManager::capabilities()` says so beforehand once it is connected. A call
/// waits for the connection, up to `Options::command_timeout`, and fails with `NetworkDown` when
/// the connection is lost before the answer: then ask again, nothing here is harmful twice.
class KITH_EXPORT Conversation : public std::enable_shared_from_this<Conversation> {
 public:
  ~Conversation();
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  /// The conversation's id.
  const std::string& id() const noexcept;
  /// The session that this object acts in.
  /// Thread: any. Blocks: never. Callback: none. Lifetime: the conversation keeps it alive.
  std::shared_ptr<Session> session() const;
  /// As `ConversationInfo::ends` where this object is that of `createConversation()`. The epoch
  /// otherwise: of an id alone it is not known whether it ends; `info()` says so. Once a temporary
  /// conversation is over every call about it completes with one error: GroupNotFound, 4323.
  Timestamp ends() const noexcept;

  /// Sends to every other member, as `Group::send()` does. Errors: as `Session::send()`.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  SendTicket send(Message message, SendCompletion done = {});

  /// Reads a page of what was said, in either direction. Pages that go on with
  /// `PageQuery::olderThan()` and `newerThan()` leave nothing out and repeat nothing, also where
  /// many messages have one time. Errors: NotOpen, InvalidArgument, NotSupported, GroupNotFound,
  /// NotAMember, ServerBusy, Timeout, NetworkDown, QueueFull, Closed.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void history(PageQuery query, PageCompletion done);

  /// Gives a message of this peer another text. `message` needs its `id` and `timestamp`, which for
  /// one that was sent are in its Receipt; its mentions, and whether `text` is bytes, are also
  /// taken from it. The other members hear MessageEdited. Errors: as `history()`, MessageTooLong,
  /// Rejected for a message of another peer or one that is not there.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void edit(const Message& message, std::string text, Completion done = {});
  /// Takes a message of this peer back: in the history it has the text `{"_lctype":-127}` from then
  /// on. The other members hear MessageRecalled. `message` and errors: as `edit()`.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void recall(const Message& message, Completion done = {});

  /// This peer has read the conversation up to and with this time, on the server's clock: that of
  /// the last message that was shown. Other devices of the peer hear UnreadChanged. A mark never
  /// goes back. Errors: as `history()`. Thread: any. Blocks: never. Callback: executor, once.
  /// Lifetime: copies its arguments.
  void markRead(Timestamp upto, Completion done = {});
  /// Asks how far the other members have come. Errors: as `history()`, and NotAMember for an open
  /// group, which has no members. Thread: any. Blocks: never. Callback: executor, once.
  /// Lifetime: copies its arguments.
  void marks(MarksCompletion done);

  /// Sets attributes: a JSON object, whose keys may be paths with dots. The other members hear
  /// ConversationUpdated. Errors: as `history()`, and Rejected for what the server sets itself.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void update(std::string attributes, Completion done = {});
  /// Notes that this peer wants no notifications of the conversation; messages come as before.
  /// Errors: as `history()`.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void mute(Completion done = {});
  /// The opposite of `mute()`. Errors: as `history()`.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void unmute(Completion done = {});
  /// Asks for the conversation as the server has it. Errors: as `history()`.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void info(InfoCompletion done);

  /// Makes a member a manager, which may silence and block plain members. The creator alone may do
  /// this. The other members hear StandingChanged, as for all that follows. Errors: as `history()`,
  /// InvalidPeerId, Rejected.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void addManager(std::string peer, Completion done = {});
  /// The opposite of `addManager()`. Errors: as there.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void removeManager(std::string peer, Completion done = {});
  /// Members that may read and not send from now on: what they send fails with `Rejected`. The
  /// creator and managers may do this to those below them; yields those that it took effect for.
  /// Errors: as `history()`, InvalidPeerId, TooManyPeers, and Rejected when it is none of them.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void silence(std::vector<std::string> peers, PeersCompletion done = {});
  /// The opposite of `silence()`. Errors: as there.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void unsilence(std::vector<std::string> peers, PeersCompletion done = {});
  /// Keeps peers out: members among them leave, and none of them comes in. Conditions, yield
  /// and errors: as `silence()`; where an app requires signatures, `SignedAction::Block`.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void block(std::vector<std::string> peers, PeersCompletion done = {});
  /// The opposite of `block()`; it makes no members of them. Errors: as there.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void unblock(std::vector<std::string> peers, PeersCompletion done = {});
  /// Asks which peers are managers, silenced or blocked: sorted, 500 at most. The creator is
  /// `ConversationInfo::creator`. Errors: as `history()`.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void peersThatAre(PeerStanding standing, PeersCompletion done);

 private:
  friend class client::SessionImpl;
  Conversation(std::shared_ptr<Session> session, std::shared_ptr<client::SessionImpl> impl,
               std::string id, Timestamp ends);
  const std::shared_ptr<Session> session_;
  const std::shared_ptr<client::SessionImpl> impl_;
  const std::string id_;
  const Timestamp ends_;
};

}  // namespace kith
