// SPDX-License-Identifier: Apache-2.0
#include "server/hub/delivery.hpp"

#include <algorithm>

#include "base/close_codes.hpp"
#include "server/hub/presence.hpp"
#include "server/hub/replay.hpp"

namespace kith::hub {
namespace {

using wire::Command;
using wire::Field;

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

/// The queue of a peer that is away, or each of its devices.
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
                          : !must_watch && wire::whyBadPeerId(id).empty();
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
  Entry& entry = command.transient ? beginTransient(from, nullptr) : beginAppend(from, command);
  entry.refused = !for_all;
  entry.receipt_wanted = command.receipt_wanted && command.to_peer_ids.size() == 1;
  std::size_t deliveries = 0;
  receivers_.clear();
  participants_.assign(1, from.peer->id);
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    const std::string_view id = targets_[i];
    Peer* const peer = target_peers_[i];
    const bool online = peer && !peer->sessions.empty();
    deliveries += peer ? placesOf(*peer) : 1;
    // Who comes online later asks the storage for the message, so only these get it live.
    if (online) entry.peers.emplace_back(peer);
    receivers_.push_back({id, online});
    if (peer == from.peer.get()) {
      entry.self_addressed = true;
    } else {
      participants_.push_back(id);
    }
  }
  if (!command.transient) conversations_.choose(participants_);
  encodeFrames(entry, from, command);
  if (!entry.copy.tail.empty()) deliveries += from.peer->sessions.size() - 1;
  if (command.transient) {
    finishTransient(entry);
  } else {
    store(entry, command, conversations_.id(), targets_);
  }
  return deliveries;
}

std::size_t Delivery::toGroup(Session& from, const Command& command, Group* group) {
  const Peer& sender = *from.peer;
  const bool inside = group && (group->open ? from.open_group.get() == group : group->has(sender));
  if (command.dedupe.size() > kTokenBytes) {
    return refuse(from, command, base::kUnparseableRawMessage);
  }
  if (!group || (!inside && !from.is_super)) {
    return refuse(from, command, base::kInvalidMessagingTarget);
  }
  // All messages of an open group are logged, transient ones too (§9.3).
  const bool stored = group->open || !command.transient;
  Entry& entry = stored ? beginAppend(from, command) : beginTransient(from, group);
  entry.quiet = command.transient;
  entry.group = Ref<Group>(group);
  if (!group->open) entry.members = Members(group->members);
  encodeFrames(entry, from, command);
  std::size_t deliveries = group->live.size();
  receivers_.clear();
  for (const auto& member : group->members->peers) {
    deliveries += placesOf(*member);
    if (member.get() != &sender) receivers_.push_back({member->id, !member->sessions.empty()});
  }
  if (stored) {
    store(entry, command, group->id, {});
  } else {
    finishTransient(entry);
  }
  return deliveries > 0 ? deliveries - 1 : 0;  // the sending session hears nothing
}

std::size_t Delivery::refuse(Session& from, const Command& command, int code) {
  if (command.transient) return 0;  // nobody waits for an answer (§3.2 R3)
  // An ack all the same: JS would drop the socket without it (§17 Q3).
  const MessageIdText id = makeMessageIdText(context_.random);
  Command ack = Context::replyTo(command, from, wire::Cmd::Ack);
  ack.set(Field::Uid, &Command::uid, view(id));
  ack.set(Field::Time, &Command::time, std::int64_t{context_.now.wall.count()});
  setCode(ack, code);
  context_.writer.reply(*from.connection, ack);
  return 0;
}

Entry& Delivery::beginTransient(Session& from, const Group* group) {
  // It must not overtake what this connection, or a change of the group, still waits for (§9.2).
  const bool waits = from.connection->pending > 0 || (group && group->changes > 0);
  Entry& entry =
      waits ? context_.sequencer.push(Entry::Kind::Transient, Ref<Connection>(from.connection))
            : transient_;
  entry.session = Ref<Session>(&from);
  entry.id = makeMessageIdText(context_.random);
  entry.timestamp = context_.now.wall.count();
  return entry;
}

void Delivery::finishTransient(Entry& entry) {
  if (&entry != &transient_) return;
  onTransient(entry);
  clear(entry);
}

void Delivery::onTransient(Entry& entry) {
  if (!entry.members) {
    for (const auto& peer : entry.peers) {
      for (Session* to : peer->sessions) context_.writer.notify(*to, entry.frame);
    }
    return;
  }
  for (const auto& member : entry.members) {
    if (member.get() == entry.session->peer.get()) continue;  // no copies of these (§17 Q22)
    for (Session* to : member->sessions) context_.writer.notify(*to, entry.frame);
  }
}

Entry& Delivery::beginAppend(Session& from, const Command& command) {
  Entry& entry = context_.sequencer.push(Entry::Kind::Append, Ref<Connection>(from.connection));
  entry.session = Ref<Session>(&from);
  entry.i.assign(command.i);
  entry.id = makeMessageIdText(context_.random);
  entry.timestamp = context_.now.wall.count();
  return entry;
}

void Delivery::encodeFrames(Entry& entry, const Session& from, const Command& command) {
  Command frame;
  frame.cmd = wire::Cmd::Direct;
  frame.set(Field::FromPeerId, &Command::from_peer_id, std::string_view(from.peer->id));
  if (entry.group) {
    frame.set(Field::RoomId, &Command::room_id, std::string_view(entry.group->id));
  }
  frame.set(Field::Msg, &Command::msg, command.msg);
  frame.set(Field::Id, &Command::id, view(entry.id));
  frame.set(Field::Timestamp, &Command::timestamp, entry.timestamp);
  if (command.transient || (entry.group && entry.group->open)) {
    frame.set(Field::Transient, &Command::transient, true);
  }
  wire::Encoder& encoder = context_.writer.encoder();
  encoder.encodeShared(frame, entry.frame);
  const bool has_copy =
      !entry.group && !command.transient && !entry.self_addressed && from.peer->sessions.size() > 1;
  if (!has_copy) return;
  frame.set(Field::ToPeerIds, &Command::to_peer_ids, wire::IdList(targets_));
  encoder.encodeShared(frame, entry.copy);
}

void Delivery::store(Entry& entry, const Command& command, std::string_view conversation,
                     std::span<const std::string_view> addressed) {
  const Peer& sender = *entry.session->peer;
  storage::NewMessage message;
  message.app_id = sender.app.options.id;
  message.id = view(entry.id);
  message.timestamp = entry.timestamp;
  message.from = sender.id;
  message.conv_id = conversation;
  if (entry.group) message.group_id = entry.group->id;
  message.text = command.msg;
  message.dedupe = command.dedupe;
  message.receipt_wanted = entry.receipt_wanted;
  message.log_only = entry.group && entry.group->open;
  message.receivers = receivers_;
  message.addressed = addressed;
  context_.asked_storage = true;
  context_.storage.append(entry.token, message);
}

void Delivery::onAppended(Entry& entry, const Result<storage::Appended>& result) {
  if (!result) {
    // Not an ack with a code: after a close the client keeps the message and sends it again.
    return context_.close(*entry.connection, base::kInternalError);
  }
  if (!entry.quiet) {
    sendAck(entry, result->duplicate ? std::string_view(result->id) : view(entry.id),
            result->duplicate ? result->timestamp : entry.timestamp);
  }
  if (result->duplicate) return;
  ++context_.stats.messages;
  deliver(entry, result->sequence);
}

void Delivery::sendAck(Entry& entry, std::string_view id, std::int64_t time) {
  Command ack = Context::notice(*entry.session, wire::Cmd::Ack);
  ack.i = entry.i.get();
  ack.set(Field::Uid, &Command::uid, id);
  ack.set(Field::Time, &Command::time, time);
  if (entry.refused) setCode(ack, base::kInvalidMessagingTarget);
  context_.writer.replyNow(*entry.connection, ack);
}

void Delivery::deliver(Entry& entry, storage::Sequence sequence) {
  const Peer* sender = entry.session->peer.get();
  if (entry.group && entry.group->open) {
    for (Session* to : entry.group->live) {
      if (to != entry.session.get()) context_.writer.notify(*to, entry.frame);
    }
    return;
  }
  const IdKey key = idKey(view(entry.id));
  if (entry.members) {
    for (const auto& member : entry.members) {
      if (member.get() != sender) deliverTo(*member, entry.frame, key, sequence, nullptr);
    }
    return copyToOwnDevices(entry, entry.frame);
  }
  ReceiptWish wish;
  if (entry.receipt_wanted) wish = {sender->id, std::string(view(entry.id))};
  for (const auto& peer : entry.peers) {
    deliverTo(*peer, entry.frame, key, sequence, entry.receipt_wanted ? &wish : nullptr);
  }
  if (!entry.copy.tail.empty()) copyToOwnDevices(entry, entry.copy);
}

void Delivery::deliverTo(const Peer& peer, const wire::SharedFrame& frame, IdKey id,
                         storage::Sequence sequence, const ReceiptWish* wish) {
  for (Session* to : peer.sessions) {
    // A session that still reads its queue finds the message there.
    if (to->replaying) continue;
    expectAck(context_, *to, id, sequence, wish);
    context_.writer.notify(*to, frame);
  }
}

void Delivery::copyToOwnDevices(Entry& entry, const wire::SharedFrame& frame) {
  for (Session* to : entry.session->peer->sessions) {
    if (to != entry.session.get()) context_.writer.notify(*to, frame);
  }
}

bool Delivery::acknowledge(Session& session, const Command& command) {
  sequences_.clear();
  Outstanding::Entry found;
  const auto one = [&](std::string_view id) {
    if (session.outstanding.take(idKey(id), found, context_.spares)) settle(session, found);
  };
  if (command.has(Field::Ids)) {
    for (const auto id : command.ids) one(id);
  } else if (command.has(Field::Id)) {
    one(command.id);
  } else {
    // D0: everything this peer got on this connection (§17 Q28).
    session.outstanding.takeAll([&](Outstanding::Entry& entry) { settle(session, entry); });
  }
  if (sequences_.empty()) return false;
  context_.asked_storage = true;
  context_.storage.acknowledge(session.peer->app.options.id, session.peer->id, sequences_);
  return true;
}

void Delivery::settle(Session& session, Outstanding::Entry& entry) {
  sequences_.push_back(entry.sequence);
  // The queue is per peer: the first device that acknowledges does it for all (§8).
  const App& app = session.peer->app;
  Outstanding::Entry same;
  for (Session* other : session.peer->sessions) {
    if (other != &session) other->outstanding.take(entry.key, same, context_.spares);
  }
  if (!entry.receipt || !context_.switchesOf(app).receipts) return;
  const Peer* sender = app.findPeer(entry.receipt->sender);
  if (!sender) return;  // receipts are not kept for who is away (§17 Q10)
  for (Session* to : sender->sessions) {
    Command receipt = Context::notice(*to, wire::Cmd::Rcp);
    receipt.set(Field::Id, &Command::id, std::string_view(entry.receipt->id));
    receipt.set(Field::Time, &Command::time, std::int64_t{context_.now.wall.count()});
    context_.writer.notify(*to, receipt);
  }
}

}  // namespace kith::hub
