// SPDX-License-Identifier: Apache-2.0
#include "server/core/delivery.hpp"

#include <algorithm>

#include "base/close_codes.hpp"
#include "base/peer_id.hpp"
#include "base/text_codes.hpp"
#include "server/core/presence.hpp"
#include "server/core/replay.hpp"
#include "server/core/will.hpp"

namespace kith::core {
namespace {

// Up to here a list is searched for repeats by looking through it.
constexpr std::size_t kShortList = 16;

/// Why what is sent from outside a group is refused. Clients of a temporary conversation are told
/// by the number that it is over.
int codeOutside(const SendMessage& intent, const Group* group) {
  const bool over = !group && base::isTemporaryId(intent.group);
  return over ? base::kConversationNotFound : base::kInvalidMessagingTarget;
}

/// What receivers get of it.
Notice noticeOf(const PendingCommand& message) {
  const Peer& sender = *message.session->peer;
  const auto& content = std::get<SendMessage>(message.intent.get());
  Message notice;
  notice.from = sender.id;
  if (message.group) {
    if (!message.group->is_pair) notice.group = message.group->id;
    notice.open = message.group->open;
    notice.service = message.group->service;
    notice.conversation = message.group->id;
  } else {
    notice.conversation = message.conversation_id;
  }
  notice.text = content.text;
  notice.id = view(message.id);
  notice.timestamp = message.timestamp;
  notice.transient = content.transient;
  notice.extra = message.extra;
  return {{}, sender.app.options.id, {}, notice};
}

/// What the sender's other devices get of one to peers: it names them.
Notice copyOf(const PendingCommand& message) {
  Notice notice = noticeOf(message);
  std::get<Message>(notice.body).to = std::get<SendMessage>(message.intent.get()).to;
  return notice;
}

/// A peer that is away, or each of its devices.
std::size_t placesOf(const Peer& peer) { return std::max<std::size_t>(1, peer.sessions.size()); }

}  // namespace

void dropRepeats(std::vector<std::string_view>& ids) {
  if (ids.size() < 2) return;
  if (ids.size() <= kShortList) {
    auto end = ids.begin();
    for (auto at = ids.begin(); at != ids.end(); ++at) {
      if (std::find(ids.begin(), end, *at) == end) *end++ = *at;
    }
    ids.erase(end, ids.end());
    return;
  }
  IdSet seen;
  std::erase_if(ids, [&](std::string_view id) { return !seen.insert(id).second; });
}

bool Delivery::chooseTargets(const Session& from, const SendMessage& intent) {
  const App& app = from.peer->app;
  const bool watch_rules = from.connection->dialect->rules().watch_before_send;
  const bool must_watch = watch_rules && app.watchRequired() && !from.is_super;
  targets_.assign(intent.to.begin(), intent.to.end());
  dropRepeats(targets_);
  const std::size_t named = targets_.size();
  target_peers_.clear();
  std::erase_if(targets_, [&](std::string_view id) {
    Peer* const peer = app.findPeer(id);
    // A known peer has an id that was looked at before.
    const bool good = peer
                          ? !must_watch || peer == from.peer.get() || Presence::watches(from, *peer)
                          : !must_watch && base::whyBadPeerId(id).empty();
    if (good) target_peers_.push_back(peer);
    return !good;
  });
  return !targets_.empty() && targets_.size() == named;
}

std::size_t Delivery::toPeers(Session& from, const Serial& i, const SendMessage& intent) {
  if (intent.dedupe.size() > kTokenBytes) {
    return refuse(from, i, intent, base::kUnparseableRawMessage);
  }
  const bool for_all = chooseTargets(from, intent);
  if (targets_.empty()) return refuse(from, i, intent, base::kInvalidMessagingTarget);
  PendingCommand& message = intent.transient ? beginTransient(from, nullptr) : beginAppend(from, i);
  message.for_some = !for_all;
  message.receipt_wanted = intent.receipt_wanted && intent.to.size() == 1;
  std::size_t deliveries = 0;
  receivers_.clear();
  participants_.assign(1, from.peer->id);
  for (std::size_t at = 0; at < targets_.size(); ++at) {
    const std::string_view id = targets_[at];
    Peer* const peer = target_peers_[at];
    const bool online = peer && peer->online();
    deliveries += peer ? placesOf(*peer) : 1;
    // A peer that comes online later asks the storage for the message, so only these get it live.
    if (online) message.peers.emplace_back(peer);
    if (peer == from.peer.get()) {
      message.self_addressed = true;
    } else {
      participants_.push_back(id);
      receivers_.push_back({id, online});
    }
  }
  const bool in_conversation = &message != &transient_;
  if (in_conversation) conversations_.choose(participants_);
  message.has_copy = !intent.transient && !message.self_addressed && from.peer->sessions.size() > 1;
  keepContent(message, intent);
  if (message.has_copy) deliveries += from.peer->sessions.size() - 1;
  const std::string_view conversation = in_conversation ? conversations_.id() : std::string_view();
  const std::uint64_t hash = conversations_.hashOf(conversation);
  if (intent.transient) {
    finishTransient(message, conversation, hash);
  } else {
    store(message, intent, conversation, hash, targets_);
  }
  return deliveries;
}

/// History and copies of v1 name the receivers of a pair.
void Delivery::nameMembers(const Session& from, const Group& pair, PendingCommand& message) {
  for (const auto& [peer, member] : pair.members) {
    if (peer != from.peer.get()) targets_.push_back(peer->id);
  }
  const std::size_t own = from.connection->service ? 0 : 1;
  message.has_copy = !message.quiet && from.peer->sessions.size() > own;
}

// Whether the sender is a member is known at once unless a change of the group is on its way: then
// it is known when the message has its turn behind it.
bool Delivery::mayBeInside(const Session& from, const Group& group) {
  if (from.is_super) return true;
  // Clients of the current protocol need not have come in (leancloud-current §5.3).
  if (group.open) {
    const bool may = from.open_group.get() == &group || from.connection->dialect->rules().current;
    return may && !group.is(StandingKind::Blocked, from.peer->id);
  }
  return group.changes > 0 || group.has(*from.peer);
}

// What an app's server sends in a peer's name is the app's.
bool Delivery::isSilenced(const Session& from, const Group& group) const {
  if (group.standings.empty() || from.connection->service) return false;
  const storage::Standing* const standing = group.standingOf(from.peer->id);
  return standing != nullptr && standing->silences(context_.now.wall.count());
}

std::size_t Delivery::toGroup(Session& from, const Serial& i, const SendMessage& intent,
                              Group* group) {
  if (intent.dedupe.size() > kTokenBytes) {
    return refuse(from, i, intent, base::kUnparseableRawMessage);
  }
  const bool is_service = group && group->service;
  if (is_service && (!from.connection->service || !intent.to.empty())) {
    return toChannels(from, i, intent, *group);
  }
  // What is for some, or for more than its members, must not go to the members of any other group.
  const bool names = from.connection->service && (!intent.to.empty() || intent.for_everyone);
  if (names && !is_service) {
    return refuse(from, i, intent, base::kInvalidMessagingTarget);
  }
  if (!group || !mayBeInside(from, *group)) {
    return refuse(from, i, intent, codeOutside(intent, group));
  }
  if (isSilenced(from, *group)) {
    return refuse(from, i, intent, base::kSilienced);
  }
  // All messages of an open group are logged, transient ones too (§9.3).
  const bool stored = group->open || !intent.transient;
  PendingCommand& message = stored ? beginAppend(from, i) : beginTransient(from, group);
  const bool acked = from.connection->dialect->rules().current;
  message.quiet = intent.transient && !acked;
  message.members_only = !from.is_super && !group->open;
  message.group = Ref<Group>(group);
  message.receipt_wanted = intent.receipt_wanted && from.connection->dialect->rules().current;
  receivers_.clear();
  targets_.clear();
  if (group->is_pair) nameMembers(from, *group, message);
  keepContent(message, intent);
  const std::uint64_t hash = group->hash();
  if (stored) {
    store(message, intent, group->queueName(), hash, targets_);
  } else {
    if (acked) {
      const MessageReply reply{view(message.id), message.timestamp, 0, group->id};
      context_.writer.reply(*from.connection, Context::notice(from, reply, i));
    }
    finishTransient(message, group->queueName(), hash);
  }
  const std::size_t sessions = group->open ? group->live.size() : group->sessions;
  return sessions > 0 ? sessions - 1 : 0;  // the sending session hears nothing
}

std::size_t Delivery::refuse(Session& from, const Serial& i, const SendMessage& intent, int code) {
  // It has no reply in v1 (§3.2 R3).
  if (intent.transient && !from.connection->dialect->rules().current) return 0;
  // A reply all the same: JS would drop the socket without it (§17 Q3).
  const MessageIdText id = makeMessageIdText(context_.random);
  const MessageReply reply{view(id), context_.now.wall.count(), code, intent.group};
  context_.writer.reply(*from.connection, Context::notice(from, reply, i));
  return 0;
}

// The last one counts. It is no part of the history.
void Delivery::keepWill(Session& from, const Serial& i, const SendMessage& intent, Group* group) {
  if (!group || !mayBeInside(from, *group)) {
    refuse(from, i, intent, codeOutside(intent, group));
    return;
  }
  from.will.reset();
  const std::size_t bytes = sizeof(Will) + intent.text.size();
  if (context_.will_bytes + bytes > context_.options.will_bytes) {
    refuse(from, i, intent, base::kMessageSentQuotaExceeded);
    return;
  }
  from.will = std::make_unique<Will>(bytes, context_.will_bytes);
  from.will->message.assign(intent);
  const MessageIdText id = makeMessageIdText(context_.random);
  const MessageReply reply{view(id), context_.now.wall.count(), 0, group->id};
  context_.writer.reply(*from.connection, Context::notice(from, reply, i));
}

void Delivery::dropWill(Session& from, const Serial& i) {
  from.will.reset();
  const MessageIdText id = makeMessageIdText(context_.random);
  const MessageReply reply{view(id), context_.now.wall.count(), 0, {}};
  context_.writer.reply(*from.connection, Context::notice(from, reply, i));
}

void Delivery::sendWill(Session& from, Group* group) {
  const std::unique_ptr<Will> will = std::move(from.will);
  if (!will || !group) return;
  SendMessage message = std::get<SendMessage>(will->message.get());
  message.transient = true;
  message.will = false;
  toGroup(from, {}, message, group);
}

PendingCommand& Delivery::beginTransient(Session& from, const Group* group) {
  // It must not overtake what this connection sent before, or a change of the group (§9.2).
  const bool may_wait = from.connection->undelivered > 0 || (group && group->changes > 0);
  PendingCommand& message = may_wait ? context_.pending.begin(PendingCommand::Kind::Transient,
                                                              Ref<Connection>(from.connection))
                                     : transient_;
  message.session = Ref<Session>(&from);
  message.id = makeMessageIdText(context_.random);
  message.timestamp = context_.now.wall.count();
  return message;
}

void Delivery::finishTransient(PendingCommand& message, std::string_view conversation,
                               std::uint64_t hash) {
  if (&message == &transient_) {
    onTransient(message);
    return clear(message);
  }
  const App& app = message.session->peer->app;
  if (ConversationQueue* queue = context_.conversations.find(app, conversation, hash)) {
    return PendingCommands::queueIn(*queue, message);
  }
  onTransient(message);
  context_.pending.end(message);
}

void Delivery::onTransient(const PendingCommand& message) {
  frame_.forget();
  if (!message.group || message.in_channel) {
    for (const auto& peer : message.peers) {
      for (Session* to : peer->sessions) send(*to, message);
    }
    return;
  }
  const Peer* sender = message.session->peer.get();
  if (message.members_only && !message.group->has(*sender)) return;  // it has left, or was kicked
  for (const Present& present : message.group->online) {
    if (present.peer == sender) continue;  // no copies of these (§17 Q22)
    for (Session* to : present.peer->sessions) send(*to, message);
  }
  if (std::get<SendMessage>(message.intent.get()).for_everyone) sendToOthers(message);
}

PendingCommand& Delivery::beginAppend(Session& from, const Serial& i) {
  PendingCommand& message =
      context_.pending.begin(PendingCommand::Kind::Append, Ref<Connection>(from.connection));
  message.session = Ref<Session>(&from);
  message.i.assign(i);
  message.id = makeMessageIdText(context_.random);
  message.timestamp = context_.now.wall.count();
  return message;
}

void Delivery::keepContent(PendingCommand& message, const SendMessage& intent) {
  SendMessage content;
  content.text = intent.text;
  content.transient = intent.transient || (message.group && message.group->open);
  content.without_copies = intent.without_copies;
  content.for_everyone = intent.for_everyone;
  content.valid_till = intent.valid_till;
  if (message.has_copy) content.to = targets_;
  if (intent.binary || intent.mention_all || !intent.mentions.empty()) {
    message.extra = extraOf(intent).pack();
  }
  message.intent.assign(content);
}

void Delivery::store(PendingCommand& message, const SendMessage& intent,
                     std::string_view conversation, std::uint64_t hash,
                     std::span<const std::string_view> addressed) {
  const Peer& sender = *message.session->peer;
  storage::Append kept;
  kept.app_id = sender.app.options.id;
  kept.id = view(message.id);
  kept.timestamp = message.timestamp;
  kept.from = sender.id;
  kept.from_online = sender.online();
  kept.conv_id = conversation;
  if (message.in_channel) {
    kept.kind = storage::ConversationKind::Channel;
  } else if (message.group) {
    kept.conv_id = message.group->id;
    kept.kind = message.group->open ? storage::ConversationKind::OpenGroup
                                    : storage::ConversationKind::Group;
  } else {
    kept.listed = sender.lists || std::any_of(message.peers.begin(), message.peers.end(),
                                              [](const auto& peer) { return peer->lists; });
  }
  kept.text = intent.text;
  kept.dedupe = intent.dedupe;
  kept.extra = message.extra;
  kept.receipt_wanted = message.receipt_wanted;
  kept.to_self = message.self_addressed;
  kept.members_only = message.members_only;
  kept.receivers = receivers_;
  kept.addressed = addressed;
  if (!message.quiet) PendingCommands::queueReply(message);
  PendingCommands::queueIn(context_.conversations.at(sender.app, conversation, hash), message);
  context_.asked_storage = true;
  context_.storage.submit(message.token, kept);
}

void Delivery::onAppended(PendingCommand& message, Result<storage::Appended>& result) {
  if (!result) {
    message.failed = true;
    // Not an ack with a code: after a close the client keeps the message and sends it again.
    return context_.close(*message.connection, base::kInternalError);
  }
  message.refusal = result->refusal;
  if (message.refusal != storage::Refusal::None) return;
  message.place = {result->position, result->conversation, result->seq, result->timestamp,
                   message.in_channel};
  message.conversation_id = std::move(result->listed);
  if (result->duplicate) {
    message.first_id = std::move(result->id);
    message.timestamp = result->timestamp;
    return;
  }
  ++context_.stats.messages;
  message.timestamp = result->timestamp;
}

void Delivery::sendAck(const PendingCommand& message) {
  const bool repeats = !message.first_id.empty();
  const bool refused = message.for_some || message.refusal != storage::Refusal::None;
  const MessageReply reply{repeats ? std::string_view(message.first_id) : view(message.id),
                           message.timestamp, refused ? base::kInvalidMessagingTarget : 0,
                           message.group ? std::string_view(message.group->id)
                                         : std::string_view(message.conversation_id)};
  context_.writer.replyNow(*message.connection,
                           Context::notice(*message.session, reply, message.i.get()));
}

void Delivery::deliver(const PendingCommand& message) {
  const bool refused = message.refusal != storage::Refusal::None;
  if (message.failed || refused || !message.first_id.empty()) return;
  frame_.forget();
  const Peer* sender = message.session->peer.get();
  if (message.group && message.group->open) {
    const bool all = !std::get<SendMessage>(message.intent.get()).without_copies;
    for (Session* to : message.group->live) {
      if (to != message.session.get() && (all || to->peer.get() != sender)) send(*to, message);
    }
    return;
  }
  const IdKey key = idKey(view(message.id));
  ReceiptRequest wish;
  if (message.receipt_wanted) {
    wish = {sender->id, std::string(view(message.id)),
            message.group ? message.group->id : message.conversation_id};
  }
  if (message.group && !message.in_channel) {
    const ReceiptRequest* const wanted = message.receipt_wanted ? &wish : nullptr;
    for (const Present& present : message.group->online) {
      if (present.peer != sender) deliverTo(*present.peer, message, key, wanted);
    }
    if (std::get<SendMessage>(message.intent.get()).for_everyone) {
      sendToOthers(message);
      record(message);
    }
    return copyToOwnDevices(message);
  }
  for (const auto& peer : message.peers) {
    deliverTo(*peer, message, key, message.receipt_wanted ? &wish : nullptr);
  }
  if (message.has_copy || message.in_channel) copyToOwnDevices(message);
  if (message.in_channel && !message.connection->service) record(message);
}

void Delivery::deliverTo(const Peer& peer, const PendingCommand& message, IdKey id,
                         const ReceiptRequest* wish) {
  const storage::Position position = message.place.position;
  for (Session* to : peer.sessions) {
    // A session that still reads its queue finds the message there.
    if (to->replaying) {
      to->missed = std::max(to->missed, position);
      if (!to->counting) continue;
    }
    // What was asked for before the page is in it, or a session before this one acknowledged it.
    if (position <= to->replayed || message.number < to->page) continue;
    expectAck(context_, *to, id, message.place, wish);
    send(*to, message);
  }
}

void Delivery::send(Session& to, const PendingCommand& message) {
  context_.writer.notify(to, frame_, [&] { return noticeOf(message); });
}

void Delivery::copyToOwnDevices(const PendingCommand& message) {
  if (std::get<SendMessage>(message.intent.get()).without_copies) return;
  if (message.has_copy) frame_.forget();  // it is another frame than the receivers'
  const auto make = [&] { return message.has_copy ? copyOf(message) : noticeOf(message); };
  for (Session* to : message.session->peer->sessions) {
    if (to != message.session.get()) context_.writer.notify(*to, frame_, make);
  }
}

bool Delivery::acknowledge(Session& session, const Acknowledge& intent) {
  ranges_.clear();
  UnackedTable::Entry found;
  if (intent.ids) {
    for (const auto id : *intent.ids) {
      if (session.unacked.take(idKey(id), found, context_.free_tables)) settle(session, found);
    }
  } else {
    // D0: everything this peer got on this connection (§17 Q28).
    session.unacked.takeAll([&](UnackedTable::Entry& entry) { settle(session, entry); });
  }
  return tellSettled(session);
}

bool Delivery::acknowledge(Session& session, const AcknowledgeUpTo& intent, const Group& group) {
  ranges_.clear();
  UnackedTable::Entry found;
  session.unacked.keysOf(
      [&](const StoredPlace& place) {
        // Channels have keys of their own. What came in one before the last message of another
        // has arrived with that, since a connection keeps its order.
        const bool in_group =
            place.conversation == group.key || (group.service && place.in_channel);
        return in_group && place.timestamp >= intent.from && place.timestamp <= intent.to;
      },
      keys_);
  for (const IdKey& key : keys_) {
    if (session.unacked.take(key, found, context_.free_tables)) settle(session, found);
  }
  return tellSettled(session);
}

bool Delivery::tellSettled(const Session& session) {
  if (ranges_.empty()) return false;
  joinRanges();
  context_.asked_storage = true;
  context_.storage.submit(storage::kNoToken, storage::Acknowledge{session.peer->app.options.id,
                                                                  session.peer->id, ranges_});
  return true;
}

/// Makes one of those that follow each other, as those of one frame mostly do.
void Delivery::joinRanges() {
  if (ranges_.size() < 2) return;
  const auto before = [](const storage::SeqRange& a, const storage::SeqRange& b) {
    return a.conversation != b.conversation ? a.conversation < b.conversation : a.first < b.first;
  };
  std::sort(ranges_.begin(), ranges_.end(), before);
  auto last = ranges_.begin();
  for (auto at = last + 1; at != ranges_.end(); ++at) {
    if (at->conversation == last->conversation && at->first <= last->last + 1) {
      last->last = at->last;
    } else {
      *++last = *at;
    }
  }
  ranges_.erase(last + 1, ranges_.end());
}

void Delivery::settle(Session& session, UnackedTable::Entry& entry) {
  ranges_.push_back({entry.place.conversation, entry.place.seq, entry.place.seq});
  // The queue is per peer: the first device that acknowledges does it for all (§8).
  const App& app = session.peer->app;
  UnackedTable::Entry same;
  for (Session* other : session.peer->sessions) {
    if (other != &session) other->unacked.take(entry.key, same, context_.free_tables);
  }
  if (!entry.receipt || !context_.switchesOf(app).receipts) return;
  const Peer* sender = app.findPeer(entry.receipt->sender);
  if (!sender) return;  // receipts are not kept for a peer that is away (§17 Q10)
  for (Session* to : sender->sessions) {
    const Receipt receipt{entry.receipt->id, context_.now.wall.count(), entry.receipt->conversation,
                          session.peer->id};
    context_.writer.notify(*to, Context::notice(*to, receipt));
  }
}

}  // namespace kith::core
