// SPDX-License-Identifier: Apache-2.0
#include "server/core/delivery.hpp"

#include <algorithm>

#include "base/close_codes.hpp"
#include "base/peer_id.hpp"
#include "server/core/presence.hpp"
#include "server/core/replay.hpp"

namespace kith::core {
namespace {

using avos::Command;
using avos::Field;

// Up to here a list is searched for repeats by looking through it.
constexpr std::size_t kShortList = 16;

/// Drops repeats, keeps the order (avos-v1 §17 Q27).
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

/// A peer that is away, or each of its devices.
std::size_t placesOf(const Peer& peer) { return std::max<std::size_t>(1, peer.sessions.size()); }

}  // namespace

bool Delivery::chooseTargets(const Session& from, const Command& command) {
  const App& app = from.peer->app;
  const bool must_watch = app.watchRequired() && !from.is_super;
  targets_.assign(command.to_peer_ids.begin(), command.to_peer_ids.end());
  dropRepeats(targets_);
  const std::size_t named = targets_.size();
  target_peers_.clear();
  std::erase_if(targets_, [&](std::string_view id) {
    Peer* const peer = app.findPeer(id);
    // Whoever is known has an id that was looked at before.
    const bool good = peer
                          ? !must_watch || peer == from.peer.get() || Presence::watches(from, *peer)
                          : !must_watch && base::whyBadPeerId(id).empty();
    if (good) target_peers_.push_back(peer);
    return !good;
  });
  return !targets_.empty() && targets_.size() == named;
}

std::size_t Delivery::toPeers(Session& from, const Command& command) {
  if (command.dedupe.size() > kTokenBytes) {
    return refuse(from, command, base::kUnparseableRawMessage);
  }
  const bool for_all = chooseTargets(from, command);
  if (targets_.empty()) return refuse(from, command, base::kInvalidMessagingTarget);
  PendingCommand& message =
      command.transient ? beginTransient(from, nullptr) : beginAppend(from, command);
  message.for_some = !for_all;
  message.receipt_wanted = command.receipt_wanted && command.to_peer_ids.size() == 1;
  std::size_t deliveries = 0;
  receivers_.clear();
  participants_.assign(1, from.peer->id);
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    const std::string_view id = targets_[i];
    Peer* const peer = target_peers_[i];
    const bool online = peer && peer->online();
    deliveries += peer ? placesOf(*peer) : 1;
    // Who comes online later asks the storage for the message, so only these get it live.
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
  encodeFrames(message, from, command);
  if (!message.copy.tail.empty()) deliveries += from.peer->sessions.size() - 1;
  const std::string_view conversation = in_conversation ? conversations_.id() : std::string_view();
  if (command.transient) {
    finishTransient(message, conversation, conversations_.hash());
  } else {
    store(message, command, conversation, conversations_.hash(), targets_);
  }
  return deliveries;
}

// Whether the sender is a member is known at once unless a change of the group is on its way: then
// it is known when the message has its turn behind it.
bool Delivery::mayBeInside(const Session& from, const Group& group) {
  if (from.is_super) return true;
  if (group.open) return from.open_group.get() == &group;
  return group.changes > 0 || group.has(*from.peer);
}

std::size_t Delivery::toGroup(Session& from, const Command& command, Group* group) {
  if (command.dedupe.size() > kTokenBytes) {
    return refuse(from, command, base::kUnparseableRawMessage);
  }
  if (!group || !mayBeInside(from, *group)) {
    return refuse(from, command, base::kInvalidMessagingTarget);
  }
  // All messages of an open group are logged, transient ones too (§9.3).
  const bool stored = group->open || !command.transient;
  PendingCommand& message = stored ? beginAppend(from, command) : beginTransient(from, group);
  message.quiet = command.transient;
  message.members_only = !from.is_super && !group->open;
  message.group = Ref<Group>(group);
  encodeFrames(message, from, command);
  receivers_.clear();
  const std::uint64_t hash = group->hash();
  if (stored) {
    store(message, command, group->id, hash, {});
  } else {
    finishTransient(message, group->id, hash);
  }
  const std::size_t sessions = group->open ? group->live.size() : group->sessions;
  return sessions > 0 ? sessions - 1 : 0;  // the sending session hears nothing
}

std::size_t Delivery::refuse(Session& from, const Command& command, int code) {
  if (command.transient) return 0;  // nobody waits for an answer (§3.2 R3)
  // An ack all the same: JS would drop the socket without it (§17 Q3).
  const MessageIdText id = makeMessageIdText(context_.random);
  Command ack = Context::replyTo(command, from, avos::Cmd::Ack);
  ack.set(Field::Uid, &Command::uid, view(id));
  ack.set(Field::Time, &Command::time, std::int64_t{context_.now.wall.count()});
  setCode(ack, code);
  context_.writer.reply(*from.connection, ack);
  return 0;
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
  if (!message.group) {
    for (const auto& peer : message.peers) {
      for (Session* to : peer->sessions) context_.writer.notify(*to, message.frame);
    }
    return;
  }
  const Peer* sender = message.session->peer.get();
  if (message.members_only && !message.group->has(*sender)) return;  // it has left, or was kicked
  for (const Present& present : message.group->online) {
    if (present.peer == sender) continue;  // no copies of these (§17 Q22)
    for (Session* to : present.peer->sessions) context_.writer.notify(*to, message.frame);
  }
}

PendingCommand& Delivery::beginAppend(Session& from, const Command& command) {
  PendingCommand& message =
      context_.pending.begin(PendingCommand::Kind::Append, Ref<Connection>(from.connection));
  message.session = Ref<Session>(&from);
  message.i.assign(command.i);
  message.id = makeMessageIdText(context_.random);
  message.timestamp = context_.now.wall.count();
  return message;
}

void Delivery::encodeFrames(PendingCommand& message, const Session& from, const Command& command) {
  Command frame;
  frame.cmd = avos::Cmd::Direct;
  frame.set(Field::FromPeerId, &Command::from_peer_id, std::string_view(from.peer->id));
  if (message.group) {
    frame.set(Field::RoomId, &Command::room_id, std::string_view(message.group->id));
  }
  frame.set(Field::Msg, &Command::msg, command.msg);
  frame.set(Field::Id, &Command::id, view(message.id));
  frame.set(Field::Timestamp, &Command::timestamp, message.timestamp);
  if (command.transient || (message.group && message.group->open)) {
    frame.set(Field::Transient, &Command::transient, true);
  }
  avos::Encoder& encoder = context_.writer.encoder();
  encoder.encodeShared(frame, message.frame);
  const bool has_copy = !message.group && !command.transient && !message.self_addressed &&
                        from.peer->sessions.size() > 1;
  if (!has_copy) return;
  frame.set(Field::ToPeerIds, &Command::to_peer_ids, avos::IdList(targets_));
  encoder.encodeShared(frame, message.copy);
}

void Delivery::store(PendingCommand& message, const Command& command, std::string_view conversation,
                     std::uint64_t hash, std::span<const std::string_view> addressed) {
  const Peer& sender = *message.session->peer;
  storage::Append kept;
  kept.app_id = sender.app.options.id;
  kept.id = view(message.id);
  kept.timestamp = message.timestamp;
  kept.from = sender.id;
  kept.from_online = sender.online();
  kept.conv_id = conversation;
  if (message.group) {
    kept.kind = message.group->open ? storage::ConversationKind::OpenGroup
                                    : storage::ConversationKind::Group;
  }
  kept.text = command.msg;
  kept.dedupe = command.dedupe;
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
  message.place = {result->position, result->conversation, result->seq};
  if (result->duplicate) {
    message.first_id = std::move(result->id);
    message.timestamp = result->timestamp;
    return;
  }
  ++context_.stats.messages;
  if (message.timestamp == result->timestamp) return;
  message.timestamp = result->timestamp;
  avos::setTimestamp(message.frame, message.timestamp);
  avos::setTimestamp(message.copy, message.timestamp);
}

void Delivery::sendAck(const PendingCommand& message) {
  const bool repeats = !message.first_id.empty();
  Command ack = Context::notice(*message.session, avos::Cmd::Ack);
  ack.i = message.i.get();
  ack.set(Field::Uid, &Command::uid,
          repeats ? std::string_view(message.first_id) : view(message.id));
  ack.set(Field::Time, &Command::time, message.timestamp);
  if (message.for_some || message.refusal != storage::Refusal::None) {
    setCode(ack, base::kInvalidMessagingTarget);
  }
  context_.writer.replyNow(*message.connection, ack);
}

void Delivery::deliver(const PendingCommand& message) {
  const bool refused = message.refusal != storage::Refusal::None;
  if (message.failed || refused || !message.first_id.empty()) return;
  if (message.group && message.group->open) {
    for (Session* to : message.group->live) {
      if (to != message.session.get()) context_.writer.notify(*to, message.frame);
    }
    return;
  }
  const Peer* sender = message.session->peer.get();
  const IdKey key = idKey(view(message.id));
  if (message.group) {
    for (const Present& present : message.group->online) {
      if (present.peer != sender) deliverTo(*present.peer, message, key, nullptr);
    }
    return copyToOwnDevices(message, message.frame);
  }
  ReceiptRequest wish;
  if (message.receipt_wanted) wish = {sender->id, std::string(view(message.id))};
  for (const auto& peer : message.peers) {
    deliverTo(*peer, message, key, message.receipt_wanted ? &wish : nullptr);
  }
  if (!message.copy.tail.empty()) copyToOwnDevices(message, message.copy);
}

void Delivery::deliverTo(const Peer& peer, const PendingCommand& message, IdKey id,
                         const ReceiptRequest* wish) {
  const storage::Position position = message.place.position;
  for (Session* to : peer.sessions) {
    // A session that still reads its queue finds the message there.
    if (to->replaying) {
      to->missed = std::max(to->missed, position);
      continue;
    }
    if (position <= to->replayed) continue;
    expectAck(context_, *to, id, message.place, wish);
    context_.writer.notify(*to, message.frame);
  }
}

void Delivery::copyToOwnDevices(const PendingCommand& message, const avos::SharedFrame& frame) {
  for (Session* to : message.session->peer->sessions) {
    if (to != message.session.get()) context_.writer.notify(*to, frame);
  }
}

bool Delivery::acknowledge(Session& session, const Command& command) {
  ranges_.clear();
  UnackedTable::Entry found;
  const auto one = [&](std::string_view id) {
    if (session.unacked.take(idKey(id), found, context_.free_tables)) settle(session, found);
  };
  if (command.has(Field::Ids)) {
    for (const auto id : command.ids) one(id);
  } else if (command.has(Field::Id)) {
    one(command.id);
  } else {
    // D0: everything this peer got on this connection (§17 Q28).
    session.unacked.takeAll([&](UnackedTable::Entry& entry) { settle(session, entry); });
  }
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
  if (!sender) return;  // receipts are not kept for who is away (§17 Q10)
  for (Session* to : sender->sessions) {
    Command receipt = Context::notice(*to, avos::Cmd::Rcp);
    receipt.set(Field::Id, &Command::id, std::string_view(entry.receipt->id));
    receipt.set(Field::Time, &Command::time, std::int64_t{context_.now.wall.count()});
    context_.writer.notify(*to, receipt);
  }
}

}  // namespace kith::core
