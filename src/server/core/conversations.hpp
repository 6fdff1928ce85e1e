// SPDX-License-Identifier: Apache-2.0
// What clients of the current protocol ask of conversations, beside what they have in common with
// groups: to begin one, to find some, to read what was said (leancloud-current §5.2, §5.3). Hub's
// thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/core/auth.hpp"
#include "server/core/context.hpp"
#include "server/core/conversation_ids.hpp"

namespace kith::core {

/// Messages in one answer, as the vendor's clients ask for at most.
inline constexpr std::int64_t kReadMessages = 100;
/// Members of a temporary conversation (leancloud-current §4).
inline constexpr std::size_t kTemporaryMembers = 10;

class Conversations {
 public:
  Conversations(Context& context, Auth& auth)
      : context_(context), auth_(auth), pairs_(context.seed) {}

  void start(Session& session, const Serial& i, const StartConversation& wish);
  void find(Session& session, const Serial& i, const FindConversations& wish);
  /// A null group does not exist.
  void read(Session& session, const Serial& i, const ReadMessages& wish, const Group* group);

  void countUnread(Session& session, const Serial& i);

  // A null group does not exist.
  void edit(Session& session, const Serial& i, const EditMessage& wish, Group* group);
  void update(Session& session, const Serial& i, const UpdateConversation& wish, Group* group);
  void mute(Session& session, const Serial& i, const MuteConversation& wish, Group* group);
  void count(Session& session, const Serial& i, const CountMembers& wish, const Group* group);
  void list(Session& session, const Serial& i, const ListMembers& wish, const Group* group);
  void askMembership(Session& session, const Serial& i, const AskMembership& wish);

  // The storage has answered.
  void onEdited(PendingCommand& write, const Result<storage::Changed>& result);
  void onUpdated(PendingCommand& write, const Result<storage::ObjectRecord>& object);
  void onStarted(PendingCommand& start, const Result<storage::MembersChanged>& result);
  void onFound(PendingCommand& asked, const Result<objects::FoundObjects>& found);
  void onRead(PendingCommand& asked, Result<storage::HistoryPage>& page);
  void onCounted(PendingCommand& asked, const Result<storage::UnreadList>& list);

  /// It is the turn of its reply: members hear of the conversation behind it.
  void sendReply(const PendingCommand& start);
  void sendWriteReply(const PendingCommand& write);
  /// It is its turn in the conversation.
  void tell(const PendingCommand& write);

 private:
  /// The peer and those that it names, each once, into `ids_`. False: one cannot be a peer.
  bool chooseMembers(const Session& session, const StartConversation& wish);
  /// Its id and its end, and the id that names its members, where one of them matters.
  void nameConversation(const StartConversation& wish, PendingCommand& start);
  void onRefused(PendingCommand& write, const Error& error);
  /// Whether it is about the peer's own conversation; else it has been refused.
  bool isTheirs(Session& session, const Serial& i, const Group& group);
  /// Whether the peer is inside; else it has been refused.
  bool isInside(Session& session, const Serial& i, const Group* group);
  /// A change of the conversation's object.
  void submitUpdate(const PendingCommand& write, std::string_view body);
  template <typename Make>
  void tellCurrent(const PendingCommand& write, Make make);
  void answerMembership(PendingCommand& asked, const objects::FoundObjects& found);
  /// Rounded up; 0 = it has come.
  std::int64_t secondsUntil(std::int64_t end) const;
  void answerError(PendingCommand& asked, const Error& error, int code);

  Context& context_;
  Auth& auth_;
  ConversationIds pairs_;
  SharedNotice frame_;
  std::vector<std::string_view> ids_;
  std::vector<storage::PeerRef> refs_;
  std::string scratch_;
};

}  // namespace kith::core
