// SPDX-License-Identifier: Apache-2.0
// The way of a message through the hub (avos-v1 §8, §9.2): targets, storage, then the ack and the
// receivers; and what receivers acknowledge. Hub's thread.
#pragma once

#include <string_view>
#include <vector>

#include "server/core/context.hpp"
#include "server/core/conversation_ids.hpp"

namespace kith::core {

/// Longest resend token `dt`, in bytes: the storage keeps it for a day. Those of Kith's clients
/// have some twenty; other clients send none.
inline constexpr std::size_t kTokenBytes = 64;

/// Keeps the order (avos-v1 §17 Q27).
void dropRepeats(std::vector<std::string_view>& ids);

/// What a message, or another text of one, has beside the text. Points into the intent.
template <typename Said>
storage::MessageExtra extraOf(const Said& said) {
  storage::MessageExtra extra;
  extra.binary = said.binary;
  extra.mention_all = said.mention_all;
  extra.mentions.assign(said.mentions.begin(), said.mentions.end());
  return extra;
}

class Delivery {
 public:
  explicit Delivery(Context& context) : context_(context), conversations_(context.seed) {}

  /// A message to peers. Returns to how many sessions it goes, and peers that are away.
  std::size_t toPeers(Session& from, const Serial& i, const SendMessage& intent);
  /// A message to a group; a null one does not exist. Returns to how many sessions it goes: members
  /// that are away cost nothing.
  std::size_t toGroup(Session& from, const Serial& i, const SendMessage& intent, Group* group);
  /// A message to a service conversation that is not for its members: a peer's to the app's server,
  /// or the server's to the peers that it names, subscribed or not. Each stands in the channel of
  /// its peer, under one id.
  std::size_t toChannels(Session& from, const Serial& i, const SendMessage& intent, Group& service);
  /// The message goes when the connection of its session is lost.
  void keepWill(Session& from, const Serial& i, const SendMessage& intent, Group* group);
  /// The session has no will any more.
  void dropWill(Session& from, const Serial& i);
  /// The session's connection is lost. A null group does not exist, or is not in memory, so that no
  /// member that is here has used it for long.
  void sendWill(Session& from, Group* group);
  /// What a receiver has got (§4.3). False: it named nothing that was delivered.
  bool acknowledge(Session& session, const Acknowledge& intent);
  bool acknowledge(Session& session, const AcknowledgeUpTo& intent, const Group& group);

  /// The storage has answered.
  void onAppended(PendingCommand& message, Result<storage::Appended>& result);
  /// It is the turn of its reply. One that repeats another is acknowledged as that one was.
  void sendAck(const PendingCommand& message);
  /// It is its turn in the conversation.
  void deliver(const PendingCommand& message);
  void onTransient(const PendingCommand& message);

 private:
  bool chooseTargets(const Session& from, const SendMessage& intent);
  void nameMembers(const Session& from, const Group& pair, PendingCommand& message);
  static bool mayBeInside(const Session& from, const Group& group);
  bool isSilenced(const Session& from, const Group& group) const;
  /// Returns 0: it goes nowhere.
  std::size_t refuse(Session& from, const Serial& i, const SendMessage& intent, int code);
  PendingCommand& beginTransient(Session& from, const Group* group);
  void finishTransient(PendingCommand& message, std::string_view conversation, std::uint64_t hash);
  PendingCommand& beginAppend(Session& from, const Serial& i);
  void keepContent(PendingCommand& message, const SendMessage& intent);
  void store(PendingCommand& message, const SendMessage& intent, std::string_view conversation,
             std::uint64_t hash, std::span<const std::string_view> addressed);
  void send(Session& to, const PendingCommand& message);
  /// To all that are here and are no members.
  void sendToOthers(const PendingCommand& message);
  /// An object for the app's server of what a peer said to a service conversation, or of what that
  /// said to all that are here.
  void record(const PendingCommand& message);
  void deliverTo(const Peer& peer, const PendingCommand& message, IdKey id,
                 const ReceiptRequest* wish);
  void copyToOwnDevices(const PendingCommand& message);
  void joinRanges();
  void settle(Session& session, UnackedTable::Entry& message);
  bool tellSettled(const Session& session);

  Context& context_;
  ConversationIds conversations_;
  PendingCommand transient_;  ///< for those that do not wait
  // Scratch, kept for its memory.
  SharedNotice frame_;  ///< of the message that is delivered
  std::vector<std::string_view> targets_;
  std::vector<Peer*> target_peers_;  ///< of targets_; null for one without any reference
  std::vector<std::string_view> participants_;
  std::vector<storage::PeerRef> receivers_;
  std::vector<storage::SeqRange> ranges_;
  std::vector<IdKey> keys_;
};

}  // namespace kith::core
