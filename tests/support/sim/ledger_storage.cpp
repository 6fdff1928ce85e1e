// SPDX-License-Identifier: Apache-2.0
// What was committed, and what waits for which peer because of it.
#include <algorithm>
#include <set>

#include "support/sim/ledger.hpp"

namespace kith::sim {
namespace {

/// Absences of a peer that the storage takes account of.
constexpr std::size_t kRemembered = 8;

}  // namespace

void Ledger::stored(const storage::Append& message, const storage::Appended& result) {
  const std::size_t number = numberOf(message.text);
  Sent& sent = messages_[number];
  const std::string name = "m" + std::to_string(number);
  checkLog(logs_.appended(message, result));
  if (result.duplicate) {
    ++tally_[Count::Resent];
    return;
  }
  if (const auto group = groups_.find(sent.group); group != groups_.end()) {
    checkRefusal(group->second, message.from, message.members_only, result.refusal, name);
  }
  if (result.refusal != storage::Refusal::None) return;
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
  by_id_[sent.id] = number;
  sent.conversation =
      conversations_.try_emplace(std::string(message.conv_id), conversations_.size()).first->second;
  ++tally_[Count::Accepted];
  if (message.kind == storage::ConversationKind::Pair) {
    entitlePair(message, number);
  } else {
    ++tally_[Count::GroupMessages];
    sent.entitled = membersOf(sent.group) & ~bitOf(sent.by.peer);
  }
  for (std::size_t peer = 0; peer < kMostPeers; ++peer) {
    if ((sent.entitled & bitOf(peer)) == 0) continue;
    sent.waits |= bitOf(peer);
    queues_[peer].rows.emplace(Place{result.conversation, result.seq}, Row{number});
  }
}

void Ledger::entitlePair(const storage::Append& message, std::size_t number) {
  Sent& sent = messages_[number];
  const std::string name = "m" + std::to_string(number);
  Peers receivers = 0;
  for (const auto& receiver : message.receivers) receivers |= bitOf(peerOf(receiver.peer_id));
  if (message.to_self) receivers |= bitOf(sent.by.peer);
  learn(message.receivers);
  const storage::PeerRef sender{message.from, message.from_online};
  learn({&sender, 1});
  sent.entitled = sent.to;
  // A peer that the sender did not watch is refused (avos-v1 §6.3).
  if (plan_.require_watch) sent.entitled &= receivers;
  if (Peers forgotten = sent.entitled & ~receivers) {
    fail(Promise::NothingLost, name + " was accepted, but not for " + namesOf(forgotten));
  }
}

// --- what is changed later -----------------------------------------------------------------------

void Ledger::edited(const storage::EditMessage& asked, bool done) {
  checkLog(logs_.edited(asked, done));
  if (done) ++tally_[Count::Edited];
}

void Ledger::deleted(const storage::DeleteMessage& asked, bool done) {
  checkLog(logs_.deleted(asked, done));
  if (!done) return;
  ++tally_[Count::Deleted];
  const auto sent = std::find_if(messages_.begin(), messages_.end(),
                                 [&](const Sent& each) { return each.id == asked.id; });
  if (sent == messages_.end()) return;
  const auto number = static_cast<std::size_t>(sent - messages_.begin());
  sent->dropped |= sent->waits & ~sent->shown;
  sent->waits = 0;
  for (Queue& queue : queues_) {
    std::erase_if(queue.rows, [&](const auto& row) { return row.second.message == number; });
  }
}

// --- presence ------------------------------------------------------------------------------------

/// The storage hears of these, if it did not know them.
void Ledger::learn(std::span<const storage::PeerRef> peers) {
  for (const auto& peer : peers) {
    Queue& queue = queues_[peerOf(peer.peer_id)];
    if (std::exchange(queue.known, true) || queue.online) continue;
    queue.online = peer.online;
    if (!queue.online) queue.absences.push_back({0, kEver});
  }
}

void Ledger::came(std::string_view peer) {
  Queue& queue = queues_[peerOf(peer)];
  if (std::exchange(queue.online, true) || !queue.known) return;
  queue.absences.back().to = by_position_.size();
}

void Ledger::went(std::string_view peer) {
  Queue& queue = queues_[peerOf(peer)];
  if (!std::exchange(queue.online, false) || !queue.known) return;
  queue.absences.push_back({by_position_.size(), kEver});
}

// --- what waits ----------------------------------------------------------------------------------

/// Those that the limits leave out, now.
std::vector<Ledger::Place> Ledger::beyondLimits(const Queue& queue) const {
  std::vector<std::pair<storage::Position, Place>> absent;
  for (const auto& [place, row] : queue.rows) {
    const storage::Position position = messages_[row.message].position;
    const auto at = static_cast<std::size_t>(position);
    const bool was_away =
        std::any_of(queue.absences.begin(), queue.absences.end(),
                    [&](const Absence& each) { return at > each.from && at <= each.to; });
    if (was_away) absent.emplace_back(position, place);
  }
  std::sort(absent.begin(), absent.end());
  std::vector<Place> beyond;
  for (std::size_t i = 0; i + plan_.offline_messages < absent.size(); ++i) {
    beyond.push_back(absent[i].second);
  }
  return beyond;
}

void Ledger::pageRead(const storage::ReadPending& asked, const storage::PendingPage& page) {
  checkLog(logs_.read(page));
  if (broken_) return;
  for (const auto& message : page.messages) {
    messages_[numberOf(message.text, message.id)].paged |= bitOf(peerOf(asked.peer_id));
  }
  if (!asked.first) return;
  Queue& queue = queues_[peerOf(asked.peer_id)];
  std::set<Place> left_out;
  for (const Place& place : beyondLimits(queue)) left_out.insert(place);
  // Of more absences than are remembered messages are spared.
  if (queue.absences.size() > kRemembered) left_out.clear();
  for (const storage::SeqRange& range : page.left_out) {
    for (auto row = queue.rows.lower_bound({range.conversation, range.first});
         row != queue.rows.end() && row->first <= Place{range.conversation, range.last}; ++row) {
      if (queue.absences.size() > kRemembered) left_out.insert(row->first);
      if (left_out.contains(row->first)) continue;
      fail(Promise::OfflineLimit, "m" + std::to_string(row->second.message) +
                                      " is left out of what " + std::string(asked.peer_id) +
                                      " gets, and is within the limit");
    }
  }
  for (const auto& message : page.messages) {
    if (!left_out.contains({message.conversation, message.seq})) continue;
    fail(Promise::OfflineLimit, message.text.substr(0, message.text.find(' ')) + " comes to " +
                                    std::string(asked.peer_id) + ", and is beyond the limit");
  }
  // From here on it need not arrive. The history has it.
  for (const Place& place : left_out) {
    Row& row = queue.rows.at(place);
    if (std::exchange(row.left_out, true)) continue;
    messages_[row.message].dropped |= bitOf(peerOf(asked.peer_id));
    ++tally_[Count::Dropped];
  }
}

void Ledger::acknowledged(const storage::Acknowledge& asked) {
  const std::size_t peer = peerOf(asked.peer_id);
  Queue& queue = queues_[peer];
  for (const storage::SeqRange& range : asked.ranges) {
    auto row = queue.rows.lower_bound({range.conversation, range.first});
    while (row != queue.rows.end() && row->first <= Place{range.conversation, range.last}) {
      const std::size_t number = row->second.message;
      Sent& sent = messages_[number];
      sent.waits &= ~bitOf(peer);
      const bool excused = asked.settles && row->second.left_out;
      if (!excused) left_[peer].emplace(number, time_.now());
      if (!excused && (sent.shown & bitOf(peer)) == 0) {
        fail(Promise::NothingLost, "m" + std::to_string(number) + " left the queue of " +
                                       std::string(asked.peer_id) +
                                       " before any of its devices showed it");
      }
      row = queue.rows.erase(row);
    }
  }
  if (!asked.settles) return;
  std::erase_if(queue.absences, [](const Absence& each) { return each.to != kEver; });
}

void Ledger::acknowledgementLost(const storage::Acknowledge& asked) {
  auto& rows = queues_[peerOf(asked.peer_id)].rows;
  for (const storage::SeqRange& range : asked.ranges) {
    for (auto row = rows.lower_bound({range.conversation, range.first});
         row != rows.end() && row->first <= Place{range.conversation, range.last}; ++row) {
      row->second.excused = true;
      if (asked.settles) messages_[row->second.message].late |= bitOf(peerOf(asked.peer_id));
    }
  }
}

std::size_t Ledger::waiting(std::size_t peer) const {
  const auto& rows = queues_[peer].rows;
  return static_cast<std::size_t>(
      std::count_if(rows.begin(), rows.end(), [](const auto& row) { return !row.second.excused; }));
}

std::vector<storage::Position> Ledger::queueOf(std::size_t peer) const {
  std::vector<storage::Position> positions;
  for (const auto& [place, row] : queues_[peer].rows) {
    positions.push_back(messages_[row.message].position);
  }
  std::sort(positions.begin(), positions.end());
  return positions;
}

}  // namespace kith::sim
