// SPDX-License-Identifier: Apache-2.0
#include "support/sim/ledger.hpp"

#include <algorithm>
#include <charconv>

namespace kith::sim {

std::string_view nameOf(Promise promise) {
  switch (promise) {
    case Promise::NothingLost: return "1 nothing lost";
    case Promise::NothingTwice: return "2 nothing twice";
    case Promise::Order: return "3 order";
    case Promise::CompletesOnce: return "4 completes once";
    case Promise::Presence: return "5 presence";
    case Promise::Membership: return "6 membership";
    case Promise::OfflineLimit: return "7 offline limit";
    case Promise::QueuesBounded: return "8 queues";
    case Promise::NothingStuck: return "9 nothing stuck";
    case Promise::SilentAfterClose: return "10 silent after close";
  }
  return "";
}

std::string peerName(std::size_t peer) { return "p" + std::to_string(peer); }

std::size_t peerOf(std::string_view name) {
  std::size_t peer = kMostPeers;
  std::from_chars(name.data() + 1, name.data() + name.size(), peer);
  return peer;
}

std::string namesOf(Peers peers) {
  std::string text;
  for (std::size_t i = 0; i < kMostPeers; ++i) {
    if (peers & bitOf(i)) text.append(text.empty() ? "" : ",").append(peerName(i));
  }
  return text.empty() ? "nobody" : text;
}

std::size_t Ledger::numberOf(std::string_view text) {
  std::size_t number = SIZE_MAX;
  if (!text.empty()) std::from_chars(text.data() + 1, text.data() + text.size(), number);
  return number;
}

void Ledger::fail(Promise promise, std::string what) {
  story_.tell("BROKEN", std::string(nameOf(promise)) + ": " + what);
  if (!broken_) broken_ = Broken{promise, time_.now(), std::move(what)};
}

// --- operations ----------------------------------------------------------------------------------

engine::OpId Ledger::begin(OpKind kind, const Actor& by) {
  ops_.push_back({kind, by, time_.now(), 0, false, 0, {}, 0});
  ++open_;
  return ops_.size();
}

engine::OpId Ledger::beginGroup(OpKind kind, const Actor& by, const std::string& group,
                                Peers whom) {
  const engine::OpId op = begin(kind, by);
  ops_.back().group = group;
  ops_.back().whom = whom;
  return op;
}

std::pair<engine::OpId, std::size_t> Ledger::beginSend(const Actor& by, Peers to, std::string group,
                                                       bool transient) {
  const engine::OpId op = begin(OpKind::Send, by);
  const std::size_t number = messages_.size();
  ops_.back().message = number;
  Sent sent;
  sent.by = by;
  sent.to = to;
  sent.group = std::move(group);
  sent.transient = transient;
  messages_.push_back(std::move(sent));
  ++tally_[transient ? Count::Transient : Count::Sent];
  return {op, number};
}

std::string Ledger::describe(const Op& op) const {
  static constexpr const char* kNames[] = {"open", "close",  "watch",   "unwatch", "query",
                                           "send", "create", "join",    "leave",   "invite",
                                           "kick", "pause",  "closeAll"};
  std::string text = kNames[static_cast<int>(op.kind)];
  if (op.kind == OpKind::Send) text += " m" + std::to_string(op.message);
  if (!op.group.empty()) text += " of " + op.group;
  return text + " by " + peerName(op.by.peer) + " on device " + std::to_string(op.by.device) +
         ", asked at " + std::to_string(op.begun) + " ms";
}

void Ledger::done(engine::OpId id, const engine::Outcome& outcome) {
  if (id == 0) return;
  if (id > ops_.size()) {
    return fail(Promise::CompletesOnce, "operation " + std::to_string(id) + " was never asked for");
  }
  Op& op = ops_[id - 1];
  if (op.dead)
    return fail(Promise::CompletesOnce, describe(op) + ": completes after its process died");
  if (++op.told > 1) return fail(Promise::CompletesOnce, describe(op) + ": completes twice");
  --open_;
  switch (op.kind) {
    case OpKind::Send: return doneSend(op, outcome);
    case OpKind::Create:
    case OpKind::Join:
    case OpKind::Leave:
    case OpKind::Invite:
    case OpKind::Kick: return doneGroup(op, outcome);
    default: return;
  }
}

void Ledger::doneSend(const Op& op, const engine::Outcome& outcome) {
  const Error* error = outcome.result.ok() ? nullptr : &outcome.result.error();
  settle(messages_[op.message], op.message, error, outcome.receipt.message_id);
}

void Ledger::ended(std::size_t number, const Error* error, const std::string& id) {
  if (number >= messages_.size()) {
    return fail(Promise::CompletesOnce, "a send ended that nobody asked for");
  }
  Sent& sent = messages_[number];
  if (!sent.over) return settle(sent, number, error, id);
  if (error != nullptr) {
    if (sent.ok && !sent.stale) {
      fail(Promise::CompletesOnce, "m" + std::to_string(number) + " was accepted, and then failed");
    }
  } else if (sent.ok) {
    if (sent.id != id) {
      fail(Promise::CompletesOnce, "m" + std::to_string(number) + " was accepted under two ids");
    }
  } else if (sent.impossible && !sent.stale) {
    fail(Promise::CompletesOnce,
         "m" + std::to_string(number) + " failed for certain, and then was accepted");
  } else {
    settle(sent, number, error, id);  // its process ended first, and the next one sent it
  }
}

void Ledger::keptBySender(std::size_t number, bool in) {
  Sent& sent = messages_[number];
  // The application hears of it after this commit, unless the process ends first.
  if (!in) sent.let_go = true;
  sent.kept = in;
}

void Ledger::settle(Sent& sent, std::size_t number, const Error* error, const std::string& id) {
  sent.over = true;
  sent.ok = error == nullptr;
  const std::string name = "m" + std::to_string(number);
  if (error != nullptr) {
    ++tally_[error->may_have_arrived ? Count::MayHaveArrived : Count::Failed];
    // With an obligation to watch, a send to several may be taken for some of them.
    sent.impossible = !error->may_have_arrived && !plan_.require_watch;
    if (sent.impossible && sent.position != 0) {
      fail(Promise::CompletesOnce, name + " failed for certain, says the client (" +
                                       std::string(errcName(error->code)) +
                                       "), but the server accepted it");
    }
    return;
  }
  if (sent.transient) return;
  if (sent.position == 0) {
    return fail(Promise::NothingLost, name + " is acknowledged and not committed");
  }
  if (sent.id != id) {
    fail(Promise::NothingLost, name + " is acknowledged with the id " + id +
                                   " of another message, its own is " + sent.id);
  }
}

void Ledger::killed(std::size_t device, std::uint64_t life) {
  for (Op& op : ops_) {
    if (op.told > 0 || op.dead || op.by.device != device || op.by.life != life) continue;
    op.dead = true;
    --open_;
    if (op.kind == OpKind::Send && !messages_[op.message].kept) messages_[op.message].over = true;
  }
  for (Sent& sent : messages_) {
    if (sent.by.device == device && sent.let_go) sent.over = true;
  }
}

void Ledger::dropped(const Actor& by) {
  for (Sent& sent : messages_) {
    if (sent.by.device == by.device && sent.by.peer == by.peer && !sent.over) sent.unheard = true;
  }
}

std::size_t Ledger::open(std::size_t device, std::uint64_t life, engine::SessionRef session) const {
  return static_cast<std::size_t>(std::count_if(ops_.begin(), ops_.end(), [&](const Op& op) {
    return op.told == 0 && !op.dead && op.by.device == device && op.by.life == life &&
           op.by.session == session;
  }));
}

std::string Ledger::firstOpen() const {
  for (const Op& op : ops_) {
    if (op.told == 0 && !op.dead) return describe(op);
  }
  return {};
}

// --- groups --------------------------------------------------------------------------------------

void Ledger::groupMade(std::string_view group, bool open,
                       std::span<const std::string_view> members) {
  Peers peers = 0;
  for (const std::string_view member : members) peers |= bitOf(peerOf(member));
  Group& made = groups_[std::string(group)];
  made.open = open;
  made.changes.emplace_back(time_.now(), peers);
  group_names_.emplace_back(group);
  ++tally_[Count::GroupChanges];
}

void Ledger::groupChanged(std::string_view group, std::span<const std::string_view> peers,
                          bool in) {
  const auto found = groups_.find(group);
  if (found == groups_.end()) return;
  Peers bits = 0;
  for (const auto peer : peers) bits |= bitOf(peerOf(peer));
  const Peers now = found->second.now();
  found->second.changes.emplace_back(time_.now(), in ? now | bits : now & ~bits);
  ++tally_[Count::GroupChanges];
}

Peers Ledger::membersOf(const std::string& group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() || found->second.open ? 0 : found->second.now();
}

bool Ledger::isOpenGroup(const std::string& group) const {
  const auto found = groups_.find(group);
  return found != groups_.end() && found->second.open;
}

/// True when at some moment since `from` all of `whom` were in (or all out).
bool Ledger::wasMember(const Group& group, Peers whom, bool in, Time from) const {
  for (std::size_t i = 0; i < group.changes.size(); ++i) {
    const bool lasted = i + 1 == group.changes.size() || group.changes[i + 1].first >= from;
    if (!lasted) continue;
    const Peers members = group.changes[i].second;
    if (in ? (members & whom) == whom : (members & whom) == 0) return true;
  }
  return false;
}

void Ledger::doneGroup(const Op& op, const engine::Outcome& outcome) {
  if (!outcome.result.ok()) return;
  const bool joins = op.kind == OpKind::Create || op.kind == OpKind::Join;
  const std::string& name = joins ? outcome.group_id : op.group;
  const auto found = groups_.find(name);
  if (found == groups_.end()) {
    return fail(Promise::Membership, describe(op) + ": done, but there is no group " + name);
  }
  const Group& group = found->second;
  if (group.open) return;
  Peers whom = bitOf(op.by.peer);
  if (op.kind == OpKind::Invite || op.kind == OpKind::Kick) {
    whom = 0;
    for (const std::string& peer : outcome.peers) whom |= bitOf(peerOf(peer));
  }
  const bool in = joins || op.kind == OpKind::Invite;
  for (std::size_t peer = 0; peer < kMostPeers; ++peer) {
    if ((whom & bitOf(peer)) == 0 || wasMember(group, bitOf(peer), in, op.begun)) continue;
    fail(Promise::Membership, describe(op) + ": done, but " + peerName(peer) + " was never " +
                                  (in ? "a member" : "out") + " in what is committed");
  }
}

// --- the storage ---------------------------------------------------------------------------------

void Ledger::stored(const storage::Append& message, const storage::Appended& result) {
  const std::size_t number = numberOf(message.text);
  Sent& sent = messages_[number];
  const std::string name = "m" + std::to_string(number);
  if (result.duplicate) {
    ++tally_[Count::Resent];
    return;
  }
  by_position_.resize(static_cast<std::size_t>(result.position), SIZE_MAX);
  by_position_.back() = number;
  if (sent.position != 0) {
    return fail(Promise::NothingTwice,
                name + " was accepted twice, as " + sent.id + " and as " + std::string(message.id));
  }
  if (sent.impossible && !sent.stale) {
    return fail(Promise::CompletesOnce,
                name + " was accepted after its sender heard that it failed for certain");
  }
  sent.position = result.position;
  sent.id = message.id;
  sent.conversation =
      conversations_.try_emplace(std::string(message.conv_id), conversations_.size()).first->second;
  ++tally_[Count::Accepted];
  Peers receivers = 0;
  for (const auto& receiver : message.receivers) receivers |= bitOf(peerOf(receiver.peer_id));
  Peers expected = sent.to;
  if (!sent.group.empty()) {
    ++tally_[Count::GroupMessages];
    expected = membersOf(sent.group) & ~bitOf(sent.by.peer);
    if (Peers strangers = receivers & ~expected) {
      fail(Promise::Membership,
           name + " goes to " + namesOf(strangers) + ", not members of " + sent.group);
    }
  } else if (plan_.require_watch) {
    expected &= receivers;  // whom the sender did not watch is refused (avos-v1 §6.3)
  }
  sent.entitled = expected;
  if (message.log_only) {
    sent.entitled = 0;
    return;
  }
  if (Peers forgotten = expected & ~receivers) {
    fail(Promise::NothingLost, name + " was accepted, but not for " + namesOf(forgotten));
  }
  for (const auto& receiver : message.receivers) {
    enqueue(peerOf(receiver.peer_id), number, result.position, !receiver.online);
  }
}

void Ledger::enqueue(std::size_t peer, std::size_t message, storage::Position position,
                     bool offline) {
  Queue& queue = queues_[peer];
  queue.rows.emplace(position, Row{message, offline, false});
  messages_[message].waits |= bitOf(peer);
  if (!offline) return;
  if (++queue.offline <= plan_.offline_messages) return;
  drop(peer, std::find_if(queue.rows.begin(), queue.rows.end(),
                          [](const auto& row) { return row.second.offline; }));
}

void Ledger::drop(std::size_t peer, std::map<storage::Position, Row>::iterator row) {
  messages_[row->second.message].dropped |= bitOf(peer);
  messages_[row->second.message].waits &= ~bitOf(peer);
  ++tally_[Count::Dropped];
  take(queues_[peer], row);
}

void Ledger::take(Queue& queue, std::map<storage::Position, Row>::iterator row) {
  if (row->second.offline) --queue.offline;
  queue.rows.erase(row);
}

void Ledger::acknowledged(std::string_view name, std::span<const storage::Position> positions) {
  const std::size_t peer = peerOf(name);
  Queue& queue = queues_[peer];
  for (const storage::Position position : positions) {
    const auto row = queue.rows.find(position);
    if (row == queue.rows.end()) continue;
    const std::size_t number = row->second.message;
    Sent& sent = messages_[number];
    sent.waits &= ~bitOf(peer);
    left_[peer].emplace(number, time_.now());
    if ((sent.shown & bitOf(peer)) == 0) {
      fail(Promise::NothingLost, "m" + std::to_string(number) + " left the queue of " +
                                     std::string(name) + " before any of its devices showed it");
    }
    take(queue, row);
  }
}

void Ledger::acknowledgementLost(std::string_view name,
                                 std::span<const storage::Position> positions) {
  auto& rows = queues_[peerOf(name)].rows;
  for (const storage::Position position : positions) {
    const auto row = rows.find(position);
    if (row != rows.end()) row->second.excused = true;
  }
}

std::size_t Ledger::waiting(std::size_t peer) const {
  const auto& rows = queues_[peer].rows;
  return static_cast<std::size_t>(
      std::count_if(rows.begin(), rows.end(), [](const auto& row) { return !row.second.excused; }));
}

std::vector<storage::Position> Ledger::queueOf(std::size_t peer) const {
  std::vector<storage::Position> positions;
  for (const auto& [position, row] : queues_[peer].rows) positions.push_back(position);
  return positions;
}

// --- receivers -----------------------------------------------------------------------------------

void Ledger::shown(const Actor& by, Screen& screen, const Message& message) {
  const std::size_t number = numberOf(message.text);
  if (number >= messages_.size()) {
    return fail(Promise::NothingTwice, peerName(by.peer) + " is shown what nobody sent");
  }
  ++tally_[Count::Shown];
  screen.shown.resize(messages_.size());
  screen.before.resize(messages_.size());
  if (screen.shown[number]) {
    return fail(Promise::NothingTwice, "m" + std::to_string(number) + " is shown twice to " +
                                           peerName(by.peer) + " on device " +
                                           std::to_string(by.device));
  }
  screen.shown[number] = true;
  if (message.transient) return;
  checkShown(by, screen, number, message);
  messages_[number].shown |= bitOf(by.peer);
}

void Ledger::checkShown(const Actor& by, Screen& screen, std::size_t number,
                        const Message& message) {
  const Sent& sent = messages_[number];
  const std::string name = "m" + std::to_string(number);
  const std::string where = peerName(by.peer) + " on device " + std::to_string(by.device);
  if (sent.position == 0) {
    return fail(
        Promise::NothingTwice,
        name + " is shown to " + where + ", but it is not committed: a crash would bring it twice");
  }
  if (message.id != sent.id && plan_.bug != Bug::ClientDedupeForgotten) {
    fail(Promise::NothingTwice, name + " is shown to " + where + " with the id " + message.id +
                                    ", it was accepted as " + sent.id);
  }
  // A copy of what another device of the same peer sent is no delivery: it is neither kept nor
  // repeated (avos-v1 §8 "Sync copy").
  if ((sent.entitled & bitOf(by.peer)) == 0) {
    if (sent.by.peer != by.peer && !sent.transient && !isOpenGroup(sent.group)) {
      fail(Promise::Membership, name + " is shown to " + where + ", for whom it was not");
    }
    return;
  }
  if (screen.before[number]) {
    ++tally_[Count::ShownAgain];
    screen.noted.resize(messages_.size());
    if (screen.noted[number] && !screen.unread) {
      fail(Promise::NothingTwice,
           name + " is shown again to " + where + ", whose store had committed that it was shown");
    }
    const auto left = left_[by.peer].find(number);
    if (!screen.has_store && left != left_[by.peer].end() && left->second < screen.since) {
      fail(Promise::NothingTwice,
           name + " is shown again to " + where +
               " by a later process, though its acknowledgement was committed at " +
               std::to_string(left->second) + " ms");
    }
  }
  screen.last.resize(conversations_.size());
  storage::Position& last = screen.last[sent.conversation];
  screen.missed.resize(messages_.size());
  // What a store failed to keep comes from the server, after what it did keep.
  if (last > sent.position && !screen.missed[number] && !screen.unread) {
    fail(Promise::Order, name + " is shown to " + where + " after m" +
                             std::to_string(by_position_[static_cast<std::size_t>(last - 1)]) +
                             " of the same conversation, which was accepted later");
  }
  last = std::max(last, sent.position);
}

void Ledger::checkArrivals(Peers open_peers) {
  for (std::size_t number = 0; number < messages_.size(); ++number) {
    const Sent& sent = messages_[number];
    if (sent.let_go && !sent.over && !sent.unheard) {
      fail(Promise::CompletesOnce, "m" + std::to_string(number) +
                                       " left its sender's store, and nobody heard how it ended");
    }
    if (sent.position == 0) {
      if (sent.ok && !sent.transient) {
        fail(Promise::NothingLost, "m" + std::to_string(number) + " is acknowledged and gone");
      }
      continue;
    }
    Peers missing = sent.entitled & ~sent.shown & ~sent.dropped;
    missing &= open_peers | ~sent.waits;  // who is away finds it in the queue
    if (missing == 0) continue;
    fail(Promise::NothingLost,
         "m" + std::to_string(number) + " (" + peerName(sent.by.peer) + ", accepted" +
             (sent.ok ? " and acknowledged" : "") + ") was never shown to " + namesOf(missing) +
             (sent.waits ? ", waits for " + namesOf(sent.waits) : std::string()));
  }
}

}  // namespace kith::sim
