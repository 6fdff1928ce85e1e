// SPDX-License-Identifier: Apache-2.0
#include "support/sim/pocket.hpp"

#include <kith/limits.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace kith::sim {

Pocket::Pocket(std::size_t device, const Plan& plan, Timeline& time, Ledger& ledger, Story& story,
               Tally& tally, PocketUser& user)
    : plan_(plan),
      time_(time),
      ledger_(ledger),
      story_(story),
      tally_(tally),
      user_(user),
      dice_(plan.seed * 31 + device),
      name_("store " + std::to_string(device)) {}

void Pocket::load(engine::SessionRef session, const std::string& peer) {
  asked_.push_back({peer, session, {}, false});
  begin();
}

void Pocket::keep(const std::string& peer, StoreChange change, bool foreign) {
  asked_.push_back({peer, 0, std::move(change), foreign});
  begin();
}

void Pocket::begin() {
  if (busy_ || asked_.empty()) return;
  busy_ = true;
  // Changes up to the next question are one commit.
  const auto end = std::find_if(asked_.begin(), asked_.end(),
                                [](const Asked& asked) { return asked.load != 0; });
  const auto last = end == asked_.begin() ? end + 1 : end;
  under_way_.assign(std::make_move_iterator(asked_.begin()), std::make_move_iterator(last));
  asked_.erase(asked_.begin(), last);
  time_.in<&Pocket::commit>(calm_ ? 1 : dice_.between(0, plan_.commit_high), *this, turn_);
}

void Pocket::commit(std::uint64_t turn) {
  if (turn != turn_) return;
  if (const Time asleep = user_.pocketAsleepUntil(); asleep > time_.now()) {
    return time_.at<&Pocket::commit>(asleep, *this, turn);
  }
  const std::vector<Asked> work = std::exchange(under_way_, {});
  busy_ = false;
  const bool fails = !calm_ && dice_.chance(plan_.failed_store);
  const Error error{Errc::StoreFailed, 0, "the store is full", false};
  if (fails) ++tally_[Count::StoreFailed];
  if (work.front().load != 0) {
    const Asked& question = work.front();
    StoredPeer peer = peers_[question.peer];
    tally_[Count::Restored] += peer.outgoing.size() + peer.incoming.size();
    if (plan_.bug == Bug::OutboxNotRestored) peer.outgoing.clear();
    if (fails) {
      unread(question.peer);
      user_.pocketLoaded(question.load, error);
    } else {
      user_.pocketLoaded(question.load, std::move(peer));
    }
  } else {
    story_.tell(name_, fails ? "a commit fails" : "commits");
    for (const Asked& asked : work) fails ? failed(asked) : apply(asked);
    const auto ours = static_cast<std::size_t>(
        std::count_if(work.begin(), work.end(), [](const Asked& asked) { return !asked.foreign; }));
    if (ours > 0) user_.pocketKept(ours, fails ? Result<void>(error) : Result<void>());
  }
  begin();
}

void Pocket::apply(const Asked& asked) {
  StoredPeer& peer = peers_[asked.peer];
  if (const auto* add = std::get_if<store_change::AddOutgoing>(&asked.change)) {
    peer.outgoing.push_back(add->entry);
    ledger_.keptBySender(Ledger::numberOf(add->entry.message.text), true);
  } else if (const auto* remove = std::get_if<store_change::RemoveOutgoing>(&asked.change)) {
    std::erase_if(peer.outgoing, [&](const StoredOutgoing& entry) {
      if (entry.client_id != remove->client_id) return false;
      ledger_.keptBySender(Ledger::numberOf(entry.message.text), false);
      return true;
    });
  } else if (const auto* came = std::get_if<store_change::AddIncoming>(&asked.change)) {
    const Message& message = came->entry.message;
    numbers_[message.id] = ledger_.numberOf(message.text, message.id);
    const bool there =
        std::any_of(peer.incoming.begin(), peer.incoming.end(),
                    [&](const StoredIncoming& entry) { return entry.message.id == message.id; });
    if (!there) peer.incoming.push_back(came->entry);
  } else if (const auto* shown = std::get_if<store_change::Shown>(&asked.change)) {
    applyShown(asked.peer, peer, shown->ids);
  } else if (const auto* watched = std::get_if<store_change::SetWatched>(&asked.change)) {
    peer.watched = watched->peers;
  }
}

void Pocket::applyShown(const std::string& name, StoredPeer& peer,
                        const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    std::erase_if(peer.incoming,
                  [&](const StoredIncoming& entry) { return entry.message.id == id; });
    const auto there = std::find(peer.shown_ids.begin(), peer.shown_ids.end(), id);
    if (there == peer.shown_ids.end()) peer.shown_ids.push_back(id);
    const auto number = numbers_.find(id);
    if (number != numbers_.end()) user_.pocketNoted(name, number->second);
  }
  while (peer.shown_ids.size() > limits::kRememberedIds) {
    peer.shown_ids.erase(peer.shown_ids.begin());
  }
}

/// The engine goes on without what it could not read: it stays for a later life.
void Pocket::unread(const std::string& name) {
  const StoredPeer& peer = peers_[name];
  for (const StoredOutgoing& entry : peer.outgoing) {
    stale_.insert(entry.client_id);
    ledger_.message(Ledger::numberOf(entry.message.text)).stale = true;
  }
  for (const StoredIncoming& entry : peer.incoming) stale_.insert(entry.message.id);
  user_.pocketUnread(name);
}

/// What was told and is not taken out may be told again by the next life.
void Pocket::markRepeatable(const Asked& asked) {
  const auto* remove = std::get_if<store_change::RemoveOutgoing>(&asked.change);
  if (remove == nullptr) return;
  // The client's id ends with the message's name (Device::sendTo).
  const std::size_t number =
      Ledger::numberOf(std::string_view(remove->client_id).substr(remove->client_id.rfind('m')));
  ledger_.message(number).stale = true;
}

/// The engine says so once and goes on: what should have gone stays until the peer's next life.
void Pocket::failed(const Asked& asked) {
  markRepeatable(asked);
  if (const auto* remove = std::get_if<store_change::RemoveOutgoing>(&asked.change)) {
    stale_.insert(remove->client_id);
  } else if (const auto* came = std::get_if<store_change::AddIncoming>(&asked.change)) {
    user_.pocketMissed(asked.peer,
                       ledger_.numberOf(came->entry.message.text, came->entry.message.id));
  } else if (const auto* shown = std::get_if<store_change::Shown>(&asked.change)) {
    stale_.insert(shown->ids.begin(), shown->ids.end());
  }
}

std::string Pocket::leftOf(const std::string& peer) const {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return {};
  for (const StoredOutgoing& entry : found->second.outgoing) {
    if (stale_.contains(entry.client_id)) continue;
    return "its store still has to send m" + std::to_string(Ledger::numberOf(entry.message.text));
  }
  for (const StoredIncoming& entry : found->second.incoming) {
    if (stale_.contains(entry.message.id)) continue;
    return "its store still has to show m" + std::to_string(Ledger::numberOf(entry.message.text));
  }
  return {};
}

void Pocket::crash() {
  ++turn_;
  if (busy_ && !under_way_.empty() && under_way_.front().load == 0 && dice_.chance(0.5)) {
    for (const Asked& asked : under_way_) apply(asked);
    under_way_.clear();
  }
  busy_ = false;
  for (const auto* lost : {&under_way_, &asked_}) {
    for (const Asked& asked : *lost) markRepeatable(asked);
  }
  under_way_.clear();
  asked_.clear();
}

}  // namespace kith::sim
