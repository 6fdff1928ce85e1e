// SPDX-License-Identifier: Apache-2.0
// What a storage in memory has of one app: the history with its bound, conversations and their
// members, peers, tokens. One thread. A row stays while it is in the history; beyond that a few of
// a conversation stay for members that have not acknowledged them.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash_index.hpp"
#include "server/storage/memory_conversations.hpp"
#include "server/storage/memory_messages.hpp"
#include "server/storage/objects_memory.hpp"
#include "server/storage/requests.hpp"
#include "server/storage/text_map.hpp"

namespace kith::storage {

/// Messages of one app that stay in the history of a memory storage.
inline constexpr std::size_t kMemoryHistory = 100'000;
/// Dedupe tokens of one app that a memory storage knows.
inline constexpr std::size_t kMemoryTokens = 200'000;

/// Has the cache fetch what a later call is going to need; null is fine. The tables are larger than
/// the cache, and waiting for what is not in it was most of their cost. Why inline: HashIndex.
[[gnu::always_inline]] inline void prefetch(const void* thing) { __builtin_prefetch(thing, 1); }

/// Where the clock was set, and from which times ages count since then.
class Ages {
 public:
  void jumped(Position last, std::int64_t by_ms);
  /// The time to count an age from.
  std::int64_t from(Position position, std::int64_t timestamp) const;
  std::int64_t from(const Message& row) const { return from(row.position, row.timestamp); }
  /// The first row in [from, to] that counts from `oldest` or later, or to + 1.
  Seq firstYoung(const Conversation& log, Seq from, Seq to, std::int64_t oldest) const;

 private:
  struct Jump {
    Position last;  ///< that was there before it
    std::int64_t by;
  };
  std::vector<Jump> jumps_;
};

/// What all apps share.
struct MemoryShared {
  explicit MemoryShared(std::uint64_t secret) : seed(secret) {}
  const std::uint64_t seed;  ///< of the hashes: ids that meet cannot be chosen from outside
  Blocks blocks;
  Ages ages;
  Position last_position{0};
  ConversationKey last_key{0};
};

class MemoryApp final : public GroupRows {
 public:
  MemoryApp(std::string_view app_id, MemoryShared& shared) : id(app_id), shared_(shared) {}
  ~MemoryApp() override;
  MemoryApp(const MemoryApp&) = delete;
  MemoryApp& operator=(const MemoryApp&) = delete;

  const std::string id;
  AppLimits limits;
  MemoryObjects objects{*this};

  std::vector<std::string> membersOf(std::string_view group,
                                     std::string_view viewer) const override;
  std::vector<std::string> groupsOf(std::string_view peer, std::size_t limit) const override;
  std::optional<StoredMessage> lastMessageOf(std::string_view group) const override;

  const AppLog& log() const { return log_; }
  std::uint64_t hashOf(std::string_view text) const;
  /// Where it is, and later itself, for an Append that comes soon.
  [[gnu::always_inline]] void prefetchPlace(std::uint64_t hash) const {
    conversations_.prefetch(hash);
  }
  void prefetchConversation(std::uint64_t hash) const;

  /// Null where there is none.
  Conversation* findConversation(std::string_view conv_id, std::uint64_t hash) const;
  Conversation* findConversation(std::string_view conv_id) const {
    return findConversation(conv_id, hashOf(conv_id));
  }
  Conversation* findConversation(ConversationKey key) const;
  /// What commands can be about under this id. Null: it is a pair, a channel, or not there.
  Conversation* findGroup(std::string_view id) const;
  /// Of a service conversation.
  std::vector<Conversation*> channelsOf(const Conversation& service) const;
  Peer* findPeer(std::string_view peer_id) const;
  Member* findMember(const Conversation& conversation, const Peer& peer) const;
  Member* findMember(const Conversation& conversation, std::string_view peer_id) const;

  Member* findWaiting(const Peer& peer, ConversationKey key) const;

  Conversation& makeConversation(std::string_view conv_id, std::uint64_t hash,
                                 ConversationKind kind);
  /// A pair with all of its members becomes a ListedPair.
  void list(Conversation& pair, std::string_view name);
  std::string freeListedId(const Conversation& pair) const;
  /// Its members change. Whether its name as a pair is free for another one, isCalled() says.
  void becomeGroup(Conversation& pair);
  /// Of one that is there already the rest of `peer` does not count.
  Peer& peerOf(const PeerRef& peer);
  /// For one more row; of the history the oldest goes when it is full, and a pair with its last
  /// one.
  void makeRoom() {
    if (log_.size() >= kMemoryHistory) forgetOldest();
  }
  /// With all that it has.
  void removeConversation(Conversation& conversation);
  /// A row at the end of the log.
  Message& add(Conversation& conversation, const NewRow& row);
  /// A row of a pair waits for those that had acknowledged all before it.
  void linkReceivers(const Message& row, std::uint64_t sender_hash);
  /// From `joined` on. `peer` is no member.
  void join(Conversation& conversation, Peer& peer, Seq joined);
  void leave(Member& member, const Message& row);
  /// The member has acknowledged something: lets go of what waits no longer. True: with the
  /// conversation, and perhaps the peer.
  bool settle(Member& member);

  std::vector<Standing> standingsOf(ConversationKey group) const;
  bool keepsOut(ConversationKey group, std::string_view peer, std::string_view by) const;
  GroupIds declinedBy(const ListDeclined& request) const;
  MembersChanged setStandings(ConversationKey group, const SetStanding& request);
  void noteEdit(const Message& row);
  /// The newest ones, the newest first, as long as `use` says so.
  template <typename Use>
  void eachEdit(Use use) const {
    for (auto at = edits_.rbegin(); at != edits_.rend() && use(*at); ++at) {
    }
  }
  /// A row of a log that was edited, and when.
  struct Edit {
    ConversationKey conversation;
    Seq seq;
    std::int64_t at;
  };

  void comes(std::string_view peer_id, bool lists);
  void goes(std::string_view peer_id);

  KnownToken* findToken(const Append& message, std::uint64_t hash) const;
  void learnToken(const Append& message, const Appended& first, std::uint64_t hash);

  void expire(std::int64_t now_ms);

 private:
  void noteTwo(Conversation& pair, Member& latest);
  void free(Message* row);
  bool stays(const Conversation& conversation) const;
  void forgetOldest();
  void dropFirst(Conversation& conversation);
  bool trim(Conversation& conversation);
  void expireRows(Conversation& conversation, std::int64_t now_ms);
  void expireHistory(std::int64_t now_ms);
  void expireGone(Conversation& conversation, std::int64_t oldest);
  void expireTokens(std::int64_t oldest);
  std::uint64_t hashOfMember(const Conversation& conversation, const Peer& peer) const;
  void removeMember(MemberList& list, Member& member);
  void removeIfIdle(Peer& peer);
  void noteDeclined(ConversationKey group, const std::string& peer, bool on);
  void dropStandings(ConversationKey group);
  void forgetOldestToken();
  void freeToken(KnownToken* token);

  MemoryShared& shared_;
  AppLog log_;
  base::HashIndex<Conversation> conversations_;
  base::HashIndex<Conversation> by_key_;
  base::HashIndex<Peer> peers_;      ///< members of something, and online ones
  base::HashIndex<Member> members_;  ///< of groups
  base::HashIndex<KnownToken> tokens_;
  KnownToken* oldest_token_{nullptr};
  KnownToken* newest_token_{nullptr};
  std::deque<Edit> edits_;
  std::map<ConversationKey, TextMap<Standing>> standings_;
  TextMap<std::set<ConversationKey>> declined_;  ///< of these, by the peers that say so
  std::vector<Conversation*> scratch_;
};

}  // namespace kith::storage
