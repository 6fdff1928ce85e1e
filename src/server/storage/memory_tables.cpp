// SPDX-License-Identifier: Apache-2.0
#include "server/storage/memory_tables.hpp"

#include <random>
#include <utility>

#include "base/text_hash.hpp"
#include "server/storage/errors.hpp"

namespace kith::storage {
namespace {

std::uint64_t makeSeed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace

MemoryTables::MemoryTables(Answers& answers) : answers_(answers), shared_(makeSeed()) {}

MemoryApp* MemoryTables::findApp(std::string_view app_id) {
  if (last_app_ != nullptr && last_app_->id == app_id) return last_app_;
  const auto found = apps_.find(app_id);
  return found != apps_.end() ? last_app_ = &found->second : nullptr;
}

void MemoryTables::execute(Token, const ConfigureApp& request) {
  const auto [app, added] = apps_.try_emplace(std::string(request.app_id), request.app_id, shared_);
  app->second.limits = request.limits;
}

// --- messages ------------------------------------------------------------------------------------

void MemoryTables::execute(Token token, const Append& message) {
  MemoryApp* const app = findApp(message.app_id);
  if (app == nullptr) return answer(token, message, unknownApp(message.app_id));
  const std::uint64_t hash = app->hashOf(message.conv_id);
  app->prefetchPlace(hash);
  const std::uint64_t sender_hash = app->hashOf(message.from);
  app->prefetchConversation(hash);
  std::uint64_t token_hash = 0;
  if (!message.dedupe.empty()) {
    token_hash = base::hashText(message.dedupe, sender_hash);
    const KnownToken* const first = app->findToken(message, token_hash);
    if (first != nullptr) return answer(token, message, first->answer());
  }
  // A message of a pair is not refused, so that the oldest one can go while memory is fetched.
  if (message.kind == ConversationKind::Pair) app->makeRoom();
  Conversation* const conversation = app->findConversation(message.conv_id, hash);
  Appended result;
  result.refusal = refusalOf(*app, conversation, message);
  if (result.refusal == Refusal::None) {
    result = append(*app, message, conversation, hash, sender_hash);
    if (!message.dedupe.empty()) app->learnToken(message, result, token_hash);
  }
  answer(token, message, std::move(result));
}

Refusal MemoryTables::refusalOf(const MemoryApp& app, const Conversation* conversation,
                                const Append& message) const {
  if (message.kind == ConversationKind::Pair) return Refusal::None;
  const bool to_channel = message.kind == ConversationKind::Channel;
  if (conversation == nullptr) return to_channel ? Refusal::None : Refusal::NoGroup;
  const bool is_channel = conversation->kind == ConversationKind::Channel;
  if (!conversation->isGroup() || is_channel != to_channel) return Refusal::NoGroup;
  if (!message.members_only) return Refusal::None;
  const Member* const sender = app.findMember(*conversation, message.from);
  return sender != nullptr && sender->isHere() ? Refusal::None : Refusal::NotMember;
}

Appended MemoryTables::append(MemoryApp& app, const Append& message, Conversation* conversation,
                              std::uint64_t conversation_hash, std::uint64_t sender_hash) {
  if (conversation == nullptr) {
    conversation =
        &(message.kind == ConversationKind::Channel ? makeChannel(app, message, conversation_hash)
                                                    : makePair(app, message, conversation_hash));
  } else {
    conversation->prefetchNext();
  }
  if (conversation->kind == ConversationKind::Pair && isToBeListed(*conversation, message)) {
    listPair(app, *conversation, app.freeListedId(*conversation), message.from, message.timestamp);
  }
  if (message.kind != ConversationKind::Pair) app.makeRoom();
  const Message& row =
      app.add(*conversation, {RowKind::Message, message.id, message.timestamp, message.from,
                              sender_hash, message.text, message.receipt_wanted, message.to_self,
                              message.addressed, message.extra});
  if (!conversation->isGroup()) app.linkReceivers(row, sender_hash);
  ++appended_;
  Appended kept{false, Refusal::None, row.position, conversation->key, row.seq, {}, row.timestamp};
  const bool by_pair = message.kind == ConversationKind::Pair;
  if (by_pair && conversation->kind == ConversationKind::ListedPair) {
    kept.listed = conversation->id();
  }
  return kept;
}

bool MemoryTables::isToBeListed(const Conversation& pair, const Append& message) {
  if (message.listed) return true;
  const Member* at = pair.members.first;
  while (at != nullptr && !at->peer->lists) at = at->next;
  return at != nullptr;
}

/// The pair keeps its rows, and has an object from now on.
void MemoryTables::listPair(MemoryApp& app, Conversation& pair, std::string_view id,
                            std::string_view by, std::int64_t now_ms) {
  CreateGroup object;
  object.group_id = id;
  object.by = by;
  object.now_ms = now_ms;
  object.pair = pair.madeAs();
  static_cast<void>(app.objects.makeGroup(object));  // it has no fields that could be wrong
  app.list(pair, id);
}

Conversation& MemoryTables::makePair(MemoryApp& app, const Append& message, std::uint64_t hash) {
  Conversation& pair = app.makeConversation(message.conv_id, hash, ConversationKind::Pair);
  app.join(pair, app.peerOf({message.from, message.from_online}), 0);
  for (const PeerRef& receiver : message.receivers) {
    Peer& peer = app.peerOf(receiver);
    if (app.findMember(pair, peer) == nullptr) app.join(pair, peer, 0);
  }
  return pair;
}

Conversation& MemoryTables::makeChannel(MemoryApp& app, const Append& message, std::uint64_t hash) {
  Conversation& channel = app.makeConversation(message.conv_id, hash, ConversationKind::Channel);
  for (const PeerRef& peer : message.receivers) app.join(channel, app.peerOf(peer), 0);
  return channel;
}

// --- what waits ----------------------------------------------------------------------------------

void MemoryTables::execute(Token, const PeerOnline& request) {
  if (MemoryApp* const app = findApp(request.app_id)) {
    app->comes(request.peer_id, request.lists);
  }
}

void MemoryTables::execute(Token, const PeerOffline& request) {
  if (MemoryApp* const app = findApp(request.app_id)) app->goes(request.peer_id);
}

void MemoryTables::execute(Token token, const ReadPending& request) {
  MemoryApp* const app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  Peer* const peer = app->findPeer(request.peer_id);
  if (peer == nullptr) return answer(token, request, PendingPage{});
  answer(token, request, pending_.read(*app, *peer, request));
  expired_.store(pending_.expired(), std::memory_order_relaxed);
}

void MemoryTables::execute(Token, const Acknowledge& request) {
  MemoryApp* const app = findApp(request.app_id);
  Peer* peer = app != nullptr ? app->findPeer(request.peer_id) : nullptr;
  if (peer == nullptr) return;
  if (request.settles) peer->settle(shared_.blocks);
  for (const SeqRange& range : request.ranges) {
    Member* const member = app->findWaiting(*peer, range.conversation);
    if (member == nullptr) continue;
    member->acknowledge({range.first, range.last});
    if (!app->settle(*member)) continue;
    peer = app->findPeer(request.peer_id);
    if (peer == nullptr) return;
  }
}

// --- groups --------------------------------------------------------------------------------------

template <typename Change>
Refusal MemoryTables::refusalOf(const MemoryApp& app, const Conversation* group,
                                const Change& request) const {
  if (group == nullptr) return Refusal::NoGroup;
  if (!request.members_only) return Refusal::None;
  const Member* const by = app.findMember(*group, request.by);
  return by != nullptr && by->isHere() ? Refusal::None : Refusal::NotMember;
}

/// A row that says what was changed; `names_` are those that it is about.
const Message& MemoryTables::note(MemoryApp& app, Conversation& group, RowKind kind,
                                  std::string_view by, std::int64_t now_ms, std::string_view text) {
  return app.add(group, {kind, {}, now_ms, by, 0, text, false, false, names_, {}});
}

/// Those of them that are no members, once each: `new_peers_`, and `names_`.
void MemoryTables::chooseNew(const MemoryApp& app, const Conversation& group,
                             std::span<const PeerRef> peers, std::string_view by) {
  new_peers_.clear();
  names_.clear();
  for (const PeerRef& peer : peers) {
    const Member* const member = app.findMember(group, peer.peer_id);
    if (member != nullptr && member->isHere()) continue;
    if (app.keepsOut(group.key, peer.peer_id, by)) continue;
    new_peers_.push_back(peer);
  }
  TextMap<bool> seen;
  std::erase_if(new_peers_, [&](const PeerRef& peer) {
    return !seen.emplace(std::string(peer.peer_id), true).second;
  });
  for (const PeerRef& peer : new_peers_) names_.push_back(peer.peer_id);
}

/// Those that chooseNew() has chosen.
MembersChanged MemoryTables::addMembers(MemoryApp& app, Conversation& group, std::string_view by,
                                        std::int64_t now_ms) {
  if (new_peers_.empty()) return {};
  app.becomeGroup(group);
  const Message& row = note(app, group, RowKind::Joined, by, now_ms);
  for (const PeerRef& peer : new_peers_) app.join(group, app.peerOf(peer), row.seq);
  return {Refusal::None, row.seq, row.timestamp, {names_.begin(), names_.end()}, {}};
}

void MemoryTables::execute(Token token, const CreateGroup& request) {
  MemoryApp* const app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  if (!request.pair.empty()) {
    if (request.life_ms == 0) return createPair(token, *app, request);
    if (bringTemporary(token, *app, request)) return;
  }
  const std::uint64_t hash = app->hashOf(request.group_id);
  if (app->findConversation(request.group_id, hash) != nullptr) {
    return answer(token, request, groupExists());
  }
  if (Result<void> made = app->objects.makeGroup(request); !made) {
    return answer(token, request, made.error());
  }
  auto kind = request.open ? ConversationKind::OpenGroup : ConversationKind::Group;
  if (request.service) kind = ConversationKind::Service;
  Conversation& group = app->makeConversation(request.group_id, hash, kind);
  chooseNew(*app, group, request.members, request.by);
  answer(token, request, addMembers(*app, group, request.by, request.now_ms));
}

bool MemoryTables::bringTemporary(Token token, const MemoryApp& app, const CreateGroup& request) {
  std::string last = app.objects.temporaryOf(request.pair);
  const GroupFacts facts = app.objects.factsOf(last);
  std::optional<MembersChanged> there = stillThere(std::move(last), facts, request.now_ms);
  if (!there) return false;
  answer(token, request, *std::move(there));
  return true;
}

void MemoryTables::createPair(Token token, MemoryApp& app, const CreateGroup& request) {
  const std::uint64_t hash = app.hashOf(request.pair);
  Conversation* pair = app.findConversation(request.pair, hash);
  MembersChanged result;
  if (pair != nullptr) {
    if (pair->kind == ConversationKind::Pair) {
      listPair(app, *pair, app.freeListedId(*pair), request.by, request.now_ms);
    }
    result.existing = pair->id();
    result.timestamp = app.objects.factsOf(pair->id()).made;
    return answer(token, request, std::move(result));
  }
  if (app.findConversation(request.group_id) != nullptr) {
    return answer(token, request, groupExists());
  }
  if (Result<void> made = app.objects.makeGroup(request); !made) {
    return answer(token, request, made.error());
  }
  pair = &app.makeConversation(request.pair, hash, ConversationKind::Pair);
  chooseNew(app, *pair, request.members, request.by);
  const Message& row = note(app, *pair, RowKind::Joined, request.by, request.now_ms);
  for (const PeerRef& peer : new_peers_) app.join(*pair, app.peerOf(peer), row.seq);
  app.list(*pair, request.group_id);
  result = {Refusal::None, row.seq, row.timestamp, {names_.begin(), names_.end()}, {}};
  answer(token, request, std::move(result));
}

void MemoryTables::execute(Token token, const LoadGroup& request) {
  MemoryApp* const app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  const Conversation* const group = app->findGroup(request.group_id);
  if (group == nullptr) return answer(token, request, FoundGroup{});
  GroupRecord record;
  record.id = group->id();
  record.open = group->kind == ConversationKind::OpenGroup;
  record.service = group->kind == ConversationKind::Service;
  if (group->kind == ConversationKind::ListedPair) record.pair = group->madeAs();
  record.key = group->key;
  record.members.reserve(group->here);
  for (const Member* at = group->members.first; at != nullptr; at = at->next) {
    record.members.emplace_back(at->peer->id());
  }
  GroupFacts facts = app->objects.factsOf(record.id);
  record.creator = std::move(facts.creator);
  record.ends = facts.ends;
  record.standings = app->standingsOf(record.key);
  answer(token, request, FoundGroup(std::move(record)));
}

void MemoryTables::execute(Token token, const SetStanding& request) {
  MemoryApp* const app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  const Conversation* const group = app->findGroup(request.group_id);
  MembersChanged result;
  if (group == nullptr) {
    result.refusal = Refusal::NoGroup;
  } else {
    result = app->setStandings(group->key, request);
  }
  answer(token, request, std::move(result));
}

void MemoryTables::execute(Token token, const ListDeclined& request) {
  const MemoryApp* const app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  answer(token, request, app->declinedBy(request));
}

void MemoryTables::execute(Token token, const RemoveConversation& request) {
  MemoryApp* const app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  Conversation* const group = app->findGroup(request.group_id);
  if (group == nullptr) return answer(token, request, conversationMissing());
  app->objects.removeGroup(request.group_id);
  for (Conversation* const channel : app->channelsOf(*group)) app->removeConversation(*channel);
  app->removeConversation(*group);
  answer(token, request, Changed{});
}

void MemoryTables::execute(Token token, const AddMembers& request) {
  MemoryApp* const app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  Conversation* const group = app->findGroup(request.group_id);
  MembersChanged result;
  result.refusal = refusalOf(*app, group, request);
  if (result.refusal != Refusal::None) return answer(token, request, std::move(result));
  chooseNew(*app, *group, request.peers, request.by);
  if (request.most != 0 && !new_peers_.empty() && group->here + new_peers_.size() > request.most) {
    result.refusal = Refusal::Full;
    return answer(token, request, std::move(result));
  }
  answer(token, request, addMembers(*app, *group, request.by, request.now_ms));
}

void MemoryTables::execute(Token token, const RemoveMembers& request) {
  MemoryApp* const app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  Conversation* const group = app->findGroup(request.group_id);
  MembersChanged result;
  result.refusal = refusalOf(*app, group, request);
  if (result.refusal != Refusal::None) return answer(token, request, std::move(result));
  leaving_.clear();
  names_.clear();
  for (const std::string_view peer_id : request.peer_ids) {
    Member* const member = app->findMember(*group, peer_id);
    if (member == nullptr || !member->isHere()) continue;
    member->left = group->last + 1;  // named again it is no member
    leaving_.push_back(member);
    names_.push_back(peer_id);
  }
  if (leaving_.empty()) return answer(token, request, std::move(result));
  app->becomeGroup(*group);
  const Message& row = note(*app, *group, RowKind::Left, request.by, request.now_ms);
  for (Member* member : leaving_) app->leave(*member, row);
  answer(token, request,
         MembersChanged{Refusal::None, row.seq, row.timestamp, {names_.begin(), names_.end()}, {}});
}

void MemoryTables::execute(Token token, const NoteUpdate& request) {
  MemoryApp* const app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  Conversation* const group = app->findGroup(request.group_id);
  MembersChanged result;
  if (group == nullptr) {
    result.refusal = Refusal::NoGroup;
    return answer(token, request, std::move(result));
  }
  names_.clear();
  const Message& row =
      note(*app, *group, RowKind::Updated, request.by, request.now_ms, request.text);
  result.seq = row.seq;
  result.timestamp = row.timestamp;
  answer(token, request, std::move(result));
}

// --- time ----------------------------------------------------------------------------------------

void MemoryTables::execute(Token, const Expire& request) {
  for (auto& [app_id, app] : apps_) {
    for (const std::string& id : app.objects.temporaryBefore(request.now_ms - kTemporaryLifeMs)) {
      if (Conversation* const group = app.findConversation(id)) app.removeConversation(*group);
      app.objects.removeGroup(id);
    }
    app.expire(request.now_ms);
  }
}

void MemoryTables::execute(Token, const ClockJumped& request) {
  shared_.ages.jumped(shared_.last_position, request.by_ms);
}

}  // namespace kith::storage
