// SPDX-License-Identifier: Apache-2.0
#include "server/storage/memory_app.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/text_hash.hpp"
#include "server/storage/channel_rules.hpp"
#include "server/storage/errors.hpp"
#include "server/storage/listed_id.hpp"
#include "server/storage/objects_rules.hpp"

namespace kith::storage {

// --- ages ----------------------------------------------------------------------------------------

void Ages::jumped(Position last, std::int64_t by_ms) {
  if (!jumps_.empty() && jumps_.back().last == last) {
    jumps_.back().by += by_ms;
  } else {
    jumps_.push_back({last, by_ms});
  }
}

std::int64_t Ages::from(Position position, std::int64_t timestamp) const {
  for (const Jump& jump : jumps_) {
    if (position <= jump.last) timestamp += jump.by;
  }
  return timestamp;
}

// Between two jumps the ages of a log do not grow from a row to the next.
Seq Ages::firstYoung(const Conversation& log, Seq from, Seq to, std::int64_t oldest) const {
  const auto isYoung = [&](const Message& row) { return this->from(row) >= oldest; };
  for (const Jump& jump : jumps_) {
    const Seq behind =
        log.firstOf(from, to, [&](const Message& row) { return row.position > jump.last; });
    const Seq found = log.firstOf(from, behind - 1, isYoung);
    if (found < behind) return found;
    from = behind;
  }
  return log.firstOf(from, to, isYoung);
}

// --- finding -------------------------------------------------------------------------------------

std::uint64_t MemoryApp::hashOf(std::string_view text) const {
  return base::hashText(text, shared_.seed);
}

void MemoryApp::prefetchConversation(std::uint64_t hash) const {
  const char* const at = reinterpret_cast<const char*>(
      conversations_.find(hash, [](const Conversation&) { return true; }));
  if (at == nullptr) return;
  constexpr std::size_t kLine = 64;
  for (std::size_t byte = 0; byte < sizeof(Conversation) + kLine; byte += kLine) {
    __builtin_prefetch(at + byte, 1);
  }
}

Conversation* MemoryApp::findConversation(std::string_view conv_id, std::uint64_t hash) const {
  return conversations_.find(hash,
                             [&](const Conversation& each) { return each.isCalled(conv_id); });
}

Conversation* MemoryApp::findConversation(ConversationKey key) const {
  return by_key_.find(base::hashNumber(static_cast<std::uint64_t>(key)),
                      [&](const Conversation& each) { return each.key == key; });
}

Conversation* MemoryApp::findGroup(std::string_view group_id) const {
  Conversation* const found = findConversation(group_id);
  const bool is_group = found != nullptr && found->isGroup() && found->id() == group_id;
  return is_group && found->kind != ConversationKind::Channel ? found : nullptr;
}

std::vector<Conversation*> MemoryApp::channelsOf(const Conversation& service) const {
  std::vector<Conversation*> all;
  if (service.kind != ConversationKind::Service) return all;
  by_key_.each([&](Conversation& each) {
    const bool is_channel = each.kind == ConversationKind::Channel;
    if (is_channel && shownId(each.kind, each.id()) == service.id()) all.push_back(&each);
  });
  return all;
}

Peer* MemoryApp::findPeer(std::string_view peer_id) const {
  return peers_.find(hashOf(peer_id), [&](const Peer& each) { return each.id() == peer_id; });
}

std::uint64_t MemoryApp::hashOfMember(const Conversation& conversation, const Peer& peer) const {
  return base::hashNumber(peer.hash ^ static_cast<std::uint64_t>(conversation.key));
}

Member* MemoryApp::findMember(const Conversation& conversation, const Peer& peer) const {
  if (conversation.isGroup()) {
    return members_.find(hashOfMember(conversation, peer), [&](const Member& each) {
      return each.conversation == &conversation && each.peer == &peer;
    });
  }
  Member* at = conversation.members.first;
  while (at != nullptr && at->peer != &peer) at = at->next;
  return at;
}

/// The member that something waits for, as it mostly is one of the last to which something came.
Member* MemoryApp::findWaiting(const Peer& peer, ConversationKey key) const {
  constexpr int kFew = 8;
  Member* at = peer.waiting;
  for (int i = 0; at != nullptr && i < kFew; ++i, at = at->next_waiting) {
    if (at->key == key) return at;
  }
  if (at == nullptr) return nullptr;
  const Conversation* const conversation = findConversation(key);
  Member* const member = conversation != nullptr ? findMember(*conversation, peer) : nullptr;
  return member != nullptr && member->linked ? member : nullptr;
}

Member* MemoryApp::findMember(const Conversation& conversation, std::string_view peer_id) const {
  const Peer* const peer = findPeer(peer_id);
  return peer != nullptr ? findMember(conversation, *peer) : nullptr;
}

// --- conversations and peers ---------------------------------------------------------------------

Conversation& MemoryApp::makeConversation(std::string_view conv_id, std::uint64_t hash,
                                          ConversationKind kind) {
  Conversation* const made = Conversation::make(shared_.blocks, conv_id, hash);
  made->kind = kind;
  made->key = ++shared_.last_key;
  conversations_.add(hash, made);
  by_key_.add(base::hashNumber(static_cast<std::uint64_t>(made->key)), made);
  return *made;
}

void MemoryApp::removeConversation(Conversation& conversation) {
  while (!conversation.isEmpty()) dropFirst(conversation);
  dropStandings(conversation.key);
  for (MemberList* list : {&conversation.members, &conversation.gone}) {
    while (list->first != nullptr) removeMember(*list, *list->first);
  }
  conversation.shrink(shared_.blocks);
  conversations_.remove(conversation.hash, &conversation);
  if (conversation.listed_id != nullptr) {
    conversations_.remove(conversation.listed_hash, &conversation);
    conversation.forgetListedName(shared_.blocks);
  }
  by_key_.remove(base::hashNumber(static_cast<std::uint64_t>(conversation.key)), &conversation);
  shared_.blocks.give(&conversation, conversation.bytes);
}

void MemoryApp::list(Conversation& pair, std::string_view name) {
  const std::uint64_t hash = hashOf(name);
  pair.nameListed(shared_.blocks, name, hash);
  conversations_.add(hash, &pair);
  pair.kind = ConversationKind::ListedPair;
  pair.waits_for = 0;
  for (Member* at = pair.members.first; at != nullptr; at = at->next) {
    members_.add(hashOfMember(pair, *at->peer), at);
    if (at->linked) continue;
    at->cursor.restart(pair.last);
    at->link();
  }
}

void MemoryApp::becomeGroup(Conversation& pair) {
  if (pair.kind == ConversationKind::ListedPair) pair.kind = ConversationKind::Group;
}

std::string MemoryApp::freeListedId(const Conversation& pair) const {
  return makeListedId(pair.madeAs(),
                      [&](std::string_view name) { return findConversation(name) != nullptr; });
}

Peer& MemoryApp::peerOf(const PeerRef& peer) {
  if (Peer* const known = findPeer(peer.peer_id)) return *known;
  Peer* const made = Peer::make(shared_.blocks, peer.peer_id, hashOf(peer.peer_id));
  made->online = peer.online;
  if (!peer.online) made->leave(0, shared_.blocks);
  peers_.add(made->hash, made);
  return *made;
}

void MemoryApp::removeIfIdle(Peer& peer) {
  if (peer.memberships > 0 || peer.online) return;
  peers_.remove(peer.hash, &peer);
  peer.forgetAbsences(shared_.blocks);
  shared_.blocks.give(&peer, peer.bytes);
}

void MemoryApp::comes(std::string_view peer_id, bool lists) {
  // One that is in no conversation is made when it comes into one (see PeerRef).
  Peer* const peer = lists ? &peerOf({peer_id, true}) : findPeer(peer_id);
  if (peer == nullptr) return;
  peer->lists = peer->lists || lists;
  if (!peer->online) peer->comeBack(shared_.last_position, shared_.blocks);
}

void MemoryApp::goes(std::string_view peer_id) {
  Peer* const peer = findPeer(peer_id);
  if (peer == nullptr || !peer->online) return;
  peer->leave(shared_.last_position, shared_.blocks);
  removeIfIdle(*peer);
}

std::vector<std::string> MemoryApp::membersOf(std::string_view group,
                                              std::string_view viewer) const {
  std::vector<std::string> names;
  const Conversation* const found = findGroup(group);
  if (found == nullptr) return names;
  if (found->kind == ConversationKind::Service) {
    const Member* const own = findMember(*found, viewer);
    if (own != nullptr && own->isHere()) names.emplace_back(viewer);
    return names;
  }
  names.reserve(found->here);
  for (const Member* at = found->members.first; at != nullptr; at = at->next) {
    names.emplace_back(at->peer->id());
  }
  return names;
}

// All groups that it is in are among those in which something may wait.
std::vector<std::string> MemoryApp::groupsOf(std::string_view peer, std::size_t limit) const {
  std::vector<std::string> names;
  const Peer* const found = findPeer(peer);
  const Member* at = found != nullptr ? found->waiting : nullptr;
  for (; at != nullptr && names.size() < limit; at = at->next_waiting) {
    if (!at->conversation->isGroup() || !at->isHere()) continue;
    if (at->conversation->kind == ConversationKind::Channel) continue;
    names.emplace_back(at->conversation->id());
  }
  return names;
}

std::optional<StoredMessage> MemoryApp::lastMessageOf(std::string_view group) const {
  const Conversation* const found = findConversation(group);
  if (found == nullptr) return std::nullopt;
  const Seq first = std::max(found->first, found->last - kLastRows + 1);
  for (Seq at = found->last; at >= first; --at) {
    const Message& row = *found->row(at);
    if (row.isShown()) return row.copy();
  }
  return std::nullopt;
}

// --- members -------------------------------------------------------------------------------------

void MemoryApp::join(Conversation& conversation, Peer& peer, Seq joined) {
  Member* member = findMember(conversation, peer);
  if (member != nullptr) {
    conversation.gone.remove(member);
    const Seq left = std::exchange(member->left, 0);
    if (member->linked) member->acknowledge({left + 1, joined, true});
  } else {
    member = new (shared_.blocks.take(sizeof(Member))) Member{};
    member->peer = &peer;
    member->peer_hash = peer.hash;
    member->key = conversation.key;
    member->conversation = &conversation;
    member->cursor.restart(joined);
    ++peer.memberships;
    if (conversation.isGroup()) members_.add(hashOfMember(conversation, peer), member);
    if (conversation.keepsForMembers()) member->link();
  }
  member->joined = joined;
  conversation.members.append(member);
  ++conversation.here;
  if (!conversation.isGroup()) noteTwo(conversation, *member);
}

void MemoryApp::noteTwo(Conversation& pair, Member& latest) {
  pair.is_two = false;
  if (pair.here > 2) return;
  pair.hashes[pair.here - 1] = latest.peer_hash;
  pair.two[pair.here - 1] = &latest;
  pair.is_two = pair.here == 2 && pair.hashes[0] != pair.hashes[1];
}

void MemoryApp::leave(Member& member, const Message& row) {
  Conversation& conversation = *member.conversation;
  conversation.members.remove(&member);
  --conversation.here;
  member.left = row.seq;
  member.left_position = row.position;
  member.left_time = row.timestamp;
  conversation.gone.append(&member);
}

void MemoryApp::removeMember(MemberList& list, Member& member) {
  Conversation& conversation = *member.conversation;
  Peer& peer = *member.peer;
  if (member.linked) member.unlink();
  list.remove(&member);
  if (member.isHere()) --conversation.here;
  if (conversation.isGroup()) members_.remove(hashOfMember(conversation, peer), &member);
  std::destroy_at(&member);
  shared_.blocks.give(&member, sizeof(Member));
  --peer.memberships;
  removeIfIdle(peer);
}

void MemoryApp::linkReceivers(const Message& row, std::uint64_t sender_hash) {
  Conversation& conversation = *row.conversation;
  const auto link = [&](Member& member) {
    if (member.linked) return;
    member.cursor.restart(row.seq - 1);
    member.link();
    ++conversation.waits_for;
  };
  // The sender's own part in it is not even looked at.
  if (conversation.is_two && !row.to_self) {
    if (conversation.hashes[0] == sender_hash) return link(*conversation.two[1]);
    if (conversation.hashes[1] == sender_hash) return link(*conversation.two[0]);
  }
  for (Member* at = conversation.members.first; at != nullptr; at = at->next) {
    if (row.to_self || at->peer->id() != row.from()) link(*at);
  }
}

bool MemoryApp::settle(Member& member) {
  Conversation& conversation = *member.conversation;
  if (conversation.isGroup()) return false;
  if (member.linked && member.acked() == conversation.last) {
    member.unlink();
    --conversation.waits_for;
  }
  return conversation.past > 0 && trim(conversation);
}

// --- rows ----------------------------------------------------------------------------------------

Message& MemoryApp::add(Conversation& conversation, const NewRow& row) {
  Message* const made = Message::make(shared_.blocks, row);
  made->position = ++shared_.last_position;
  conversation.add(made, shared_.blocks);
  log_.insert(made, shared_.blocks);
  return *made;
}

void MemoryApp::forgetOldest() {
  Message* const oldest = log_.oldest();
  log_.remove(oldest, shared_.blocks);
  if (const Message* next = log_.oldest()) {
    prefetch(next->conversation);
    prefetch(next->in_app.newer);
  }
  Conversation& conversation = *oldest->conversation;
  if (++conversation.past > 1 || stays(conversation)) {
    trim(conversation);
    return;
  }
  // As most do: without a look at where the row lies.
  conversation.dropFirst();
  free(oldest);
  if (conversation.isEmpty() && !conversation.isGroup()) removeConversation(conversation);
}

/// Of a row that is out of the history: whether it waits for a member all the same.
bool MemoryApp::stays(const Conversation& conversation) const {
  if (!conversation.isGroup() && conversation.waits_for == 0) return false;
  const std::size_t most = std::max<std::size_t>(1, limits.offline_messages);
  if (conversation.past > most) return false;
  if (conversation.isGroup()) {
    const bool has_members =
        conversation.members.first != nullptr || conversation.gone.first != nullptr;
    return conversation.keepsForMembers() && has_members;
  }
  const Member* at = conversation.members.first;
  while (at != nullptr && !(at->linked && at->acked() < conversation.first)) at = at->next;
  return at != nullptr;
}

void MemoryApp::free(Message* row) {
  row->forgetEdit(shared_.blocks);
  shared_.blocks.give(row, row->bytes);
}

void MemoryApp::dropFirst(Conversation& conversation) {
  Message* const gone = conversation.row(conversation.first);
  if (conversation.past == 0) log_.remove(gone, shared_.blocks);
  conversation.dropFirst();
  free(gone);
}

/// True: the conversation is gone with its last row.
bool MemoryApp::trim(Conversation& conversation) {
  while (conversation.past > 0 && !stays(conversation)) dropFirst(conversation);
  if (!conversation.isEmpty() || conversation.isGroup()) return false;
  removeConversation(conversation);
  return true;
}

// A peer that was away for longer than so many edits reads the logs.
void MemoryApp::noteEdit(const Message& row) {
  constexpr std::size_t kEdits = 10'000;
  if (edits_.size() == kEdits) edits_.pop_front();
  edits_.push_back({row.conversation->key, row.seq, row.edited->at});
}

// --- tokens --------------------------------------------------------------------------------------

KnownToken* MemoryApp::findToken(const Append& message, std::uint64_t hash) const {
  return tokens_.find(hash, [&](const KnownToken& token) {
    return token.from() == message.from && token.dedupe() == message.dedupe;
  });
}

void MemoryApp::learnToken(const Append& message, const Appended& first, std::uint64_t hash) {
  if (tokens_.size() >= kMemoryTokens) forgetOldestToken();
  KnownToken* const token = KnownToken::make(shared_.blocks, message, first, hash);
  (newest_token_ != nullptr ? newest_token_->newer : oldest_token_) = token;
  newest_token_ = token;
  tokens_.add(hash, token);
}

void MemoryApp::forgetOldestToken() {
  KnownToken* const token = oldest_token_;
  oldest_token_ = token->newer;
  if (oldest_token_ == nullptr) {
    newest_token_ = nullptr;
  } else {
    tokens_.prefetch(oldest_token_->hash);
    prefetch(oldest_token_->newer);
  }
  freeToken(token);
}

void MemoryApp::freeToken(KnownToken* token) {
  tokens_.remove(token->hash, token);
  shared_.blocks.give(token, token->bytes);
}

// --- what time takes away ------------------------------------------------------------------------

void MemoryApp::expireTokens(std::int64_t oldest) {
  KnownToken* left = std::exchange(oldest_token_, nullptr);
  newest_token_ = nullptr;
  while (left != nullptr) {
    KnownToken* const token = std::exchange(left, left->newer);
    token->newer = nullptr;
    if (shared_.ages.from(token->position, token->timestamp) < oldest) {
      freeToken(token);
      continue;
    }
    (newest_token_ != nullptr ? newest_token_->newer : oldest_token_) = token;
    newest_token_ = token;
  }
}

/// The app's own limits of the history: what is beyond waits no longer.
void MemoryApp::expireHistory(std::int64_t now_ms) {
  const auto isBeyond = [&](const Message& oldest) {
    return (limits.history_messages != 0 && log_.size() > limits.history_messages) ||
           (limits.history_age_ms != 0 && oldest.timestamp < now_ms - limits.history_age_ms);
  };
  while (log_.oldest() != nullptr && isBeyond(*log_.oldest())) {
    const Message& oldest = *log_.oldest();
    Conversation& conversation = *oldest.conversation;
    // Before it there are only rows that are out of the history already.
    for (const Seq last = oldest.seq; conversation.first <= last;) dropFirst(conversation);
  }
}

void MemoryApp::expireRows(Conversation& conversation, std::int64_t now_ms) {
  const auto isBeyond = [&](const Message& row) {
    return shared_.ages.from(row) < now_ms - limits.offline_age_ms ||
           (limits.history_messages != 0 && log_.size() >= limits.history_messages) ||
           (limits.history_age_ms != 0 && row.timestamp < now_ms - limits.history_age_ms);
  };
  while (conversation.past > 0 && isBeyond(*conversation.row(conversation.first))) {
    dropFirst(conversation);
  }
}

void MemoryApp::expireGone(Conversation& conversation, std::int64_t oldest) {
  for (Member* at = conversation.gone.first; at != nullptr;) {
    Member& member = *std::exchange(at, at->next);
    if (shared_.ages.from(member.left_position, member.left_time) >= oldest) continue;
    removeMember(conversation.gone, member);
  }
}

void MemoryApp::expire(std::int64_t now_ms) {
  expireTokens(now_ms - kDedupeAgeMs);
  expireHistory(now_ms);
  scratch_.clear();
  by_key_.each([this](Conversation& each) { scratch_.push_back(&each); });
  for (Conversation* conversation : scratch_) {
    expireGone(*conversation, now_ms - limits.offline_age_ms);
    expireRows(*conversation, now_ms);
    conversation->shrink(shared_.blocks);
    trim(*conversation);
  }
  conversations_.shrink();
  by_key_.shrink();
  peers_.shrink();
  members_.shrink();
  tokens_.shrink();
}

MemoryApp::~MemoryApp() {
  while (oldest_token_ != nullptr) forgetOldestToken();
  scratch_.clear();
  by_key_.each([this](Conversation& each) { scratch_.push_back(&each); });
  for (Conversation* conversation : scratch_) removeConversation(*conversation);
  scratch_.clear();
  std::vector<Peer*> online;
  peers_.each([&](Peer& each) { online.push_back(&each); });
  for (Peer* peer : online) {
    peer->online = false;
    removeIfIdle(*peer);
  }
}

}  // namespace kith::storage
