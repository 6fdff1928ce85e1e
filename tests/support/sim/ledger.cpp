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
    case Promise::NumberedLog: return "11 numbered log";
    case Promise::Conversations: return "12 conversations";
  }
  return "";
}

std::string peerName(std::size_t peer) { return "p" + std::to_string(peer); }

std::size_t peerOf(std::string_view name) {
  std::size_t peer = kMostPeers;
  std::from_chars(name.data() + 1, name.data() + name.size(), peer);
  return peer;
}

Peers peersOf(const std::vector<std::string>& names) {
  Peers peers = 0;
  for (const std::string& name : names) peers |= bitOf(peerOf(name));
  return peers;
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

std::size_t Ledger::numberOf(std::string_view text, std::string_view id) const {
  if (const std::size_t number = numberOf(text); number < messages_.size()) return number;
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? SIZE_MAX : found->second;
}

void Ledger::fail(Promise promise, std::string what) {
  story_.tell("BROKEN", std::string(nameOf(promise)) + ": " + what);
  if (!broken_) broken_ = Broken{promise, time_.now(), std::move(what)};
}

void Ledger::checkLog(const std::string& wrong) {
  if (!wrong.empty()) fail(Promise::NumberedLog, wrong);
}

// --- operations ----------------------------------------------------------------------------------

engine::OpId Ledger::begin(OpKind kind, const Actor& by) {
  ops_.push_back({kind, by, time_.now(), 0, false, 0, {}, 0, {}});
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

engine::OpId Ledger::beginEdit(OpKind kind, const Actor& by, std::string text) {
  const engine::OpId op = begin(kind, by);
  ops_.back().text = std::move(text);
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

Peers Ledger::mentions(std::size_t number) const {
  if (!plan_.conversations || messages_[number].group.empty() || number % 3 != 0) return 0;
  return number % 15 == 0 ? kEverybody : bitOf(number / 3 % plan_.peers);
}

std::string Ledger::describe(const Op& op) const {
  static constexpr const char* kNames[] = {"open", "close",  "watch",    "unwatch", "query",
                                           "send", "create", "join",     "leave",   "invite",
                                           "kick", "pause",  "closeAll", "edit",    "recall",
                                           "page", "mark",   "count",    "find"};
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
  if (op.kind >= OpKind::Edit && outcome.result.ok()) ++tally_[Count::ConversationCalls];
  switch (op.kind) {
    case OpKind::Send: return doneSend(op, outcome);
    case OpKind::Create:
    case OpKind::Join:
    case OpKind::Leave:
    case OpKind::Invite:
    case OpKind::Kick: return doneGroup(op, outcome);
    case OpKind::Edit:
      if (!outcome.result.ok() || logs_.isEdited(op.text)) return;
      return fail(Promise::Conversations, describe(op) + ": done, and not committed");
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

void Ledger::groupMade(const storage::CreateGroup& asked, const storage::MembersChanged& result) {
  Group& made = groups_[std::string(asked.group_id)];
  made.open = asked.open;
  made.changes.emplace_back(time_.now(), peersOf(result.changed));
  group_names_.emplace_back(asked.group_id);
  ++tally_[Count::GroupChanges];
  checkLog(logs_.changed(asked.group_id, storage::RowKind::Joined, result));
  if (!asked.open) learn(asked.members);
}

void Ledger::membersAdded(const storage::AddMembers& asked, const storage::MembersChanged& result) {
  if (!groupChanged(asked, result)) return;
  const Peers now = groups_.find(asked.group_id)->second.now();
  groups_.find(asked.group_id)
      ->second.changes.emplace_back(time_.now(), now | peersOf(result.changed));
  checkLog(logs_.changed(asked.group_id, storage::RowKind::Joined, result));
  learn(asked.peers);
}

void Ledger::membersRemoved(const storage::RemoveMembers& asked,
                            const storage::MembersChanged& result) {
  if (!groupChanged(asked, result)) return;
  const Peers now = groups_.find(asked.group_id)->second.now();
  groups_.find(asked.group_id)
      ->second.changes.emplace_back(time_.now(), now & ~peersOf(result.changed));
  checkLog(logs_.changed(asked.group_id, storage::RowKind::Left, result));
}

/// Whether it was; and whether that is right.
template <typename Change>
bool Ledger::groupChanged(const Change& asked, const storage::MembersChanged& result) {
  const auto found = groups_.find(asked.group_id);
  if (found == groups_.end()) return false;
  checkRefusal(found->second, asked.by, asked.members_only, result.refusal,
               "a change of " + std::string(asked.group_id));
  if (result.refusal != storage::Refusal::None) return false;
  ++tally_[Count::GroupChanges];
  return true;
}

/// Of what is for members only.
void Ledger::checkRefusal(const Group& group, std::string_view by, bool members_only,
                          storage::Refusal refusal, const std::string& what) {
  const bool stranger = members_only && (group.now() & bitOf(peerOf(by))) == 0;
  if (stranger == (refusal == storage::Refusal::NotMember)) return;
  fail(Promise::Membership, what + " by " + std::string(by) + ", who is " +
                                (stranger ? "no member, is accepted" : "a member, is refused"));
}

Peers Ledger::membersOf(const std::string& group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() || found->second.open ? 0 : found->second.now();
}

bool Ledger::isOpenGroup(const std::string& group) const {
  const auto found = groups_.find(group);
  return found != groups_.end() && found->second.open;
}

/// True when at some moment since `from` all of them were in (or all out).
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
    whom = peersOf(outcome.peers);
  }
  const bool in = joins || op.kind == OpKind::Invite;
  for (std::size_t peer = 0; peer < kMostPeers; ++peer) {
    if ((whom & bitOf(peer)) == 0 || wasMember(group, bitOf(peer), in, op.begun)) continue;
    fail(Promise::Membership, describe(op) + ": done, but " + peerName(peer) + " was never " +
                                  (in ? "a member" : "out") + " in what is committed");
  }
}

// --- receivers -----------------------------------------------------------------------------------

void Ledger::shown(const Actor& by, Screen& screen, const Message& message) {
  const std::size_t number = numberOf(message.text, message.id);
  if (number >= messages_.size()) {
    return fail(Promise::NothingTwice, peerName(by.peer) + " is shown what nobody sent");
  }
  ++tally_[Count::Shown];
  checkLog(logs_.shown(message.text));
  screen.shown.resize(messages_.size());
  screen.before.resize(messages_.size());
  if (screen.shown[number]) {
    return fail(Promise::NothingTwice, "m" + std::to_string(number) + " is shown twice to " +
                                           peerName(by.peer) + " on device " +
                                           std::to_string(by.device));
  }
  screen.shown[number] = true;
  checkMentioned(by, message, number);
  if (message.transient) return;
  checkShown(by, screen, number, message);
  messages_[number].shown |= bitOf(by.peer);
}

/// A message that was edited mentions those that the edit names, which is none here.
void Ledger::checkMentioned(const Actor& by, const Message& message, std::size_t number) {
  if (logs_.isEdited(message.text) || message.from == peerName(by.peer)) return;
  const bool mentioned = (mentions(number) & bitOf(by.peer)) != 0;
  if (message.mentioned == mentioned) return;
  fail(Promise::Conversations,
       "m" + std::to_string(number) + " is shown to " + peerName(by.peer) +
           (mentioned ? ", whom it mentions, and does not say so" : " as if it mentioned it"));
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
  const bool may_be_late = screen.missed[number] || (sent.late & bitOf(by.peer)) != 0;
  if (last > sent.position && !may_be_late && !screen.unread) {
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
    missing &= open_peers | ~sent.waits;  // a peer that is away finds it in the queue
    if (missing == 0) continue;
    fail(Promise::NothingLost,
         "m" + std::to_string(number) + " (" + peerName(sent.by.peer) + ", accepted" +
             (sent.ok ? " and acknowledged" : "") + ") was never shown to " + namesOf(missing) +
             (sent.waits ? ", waits for " + namesOf(sent.waits) : std::string()));
  }
}

}  // namespace kith::sim
