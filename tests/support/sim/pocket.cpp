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
  asked_.push_back({peer, session, {}});
  begin();
}

void Pocket::keep(const std::string& peer, StoreChange change) {
  asked_.push_back({peer, 0, std::move(change)});
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
      user_.pocketLoaded(question.load, error);
    } else {
      user_.pocketLoaded(question.load, std::move(peer));
    }
  } else {
    story_.tell(name_, fails ? "a commit fails" : "commits");
    if (!fails) {
      for (const Asked& asked : work) apply(asked);
    }
    user_.pocketKept(work.size(), fails ? Result<void>(error) : Result<void>());
  }
  begin();
}

void Pocket::apply(const Asked& asked) {
  StoredPeer& peer = peers_[asked.peer];
  const std::size_t me = peerOf(asked.peer);
  if (const auto* add = std::get_if<store_change::AddOutgoing>(&asked.change)) {
    peer.outgoing.push_back(add->entry);
    const std::size_t number = Ledger::numberOf(add->entry.message.text);
    ledger_.message(number).kept = true;
  } else if (const auto* remove = std::get_if<store_change::RemoveOutgoing>(&asked.change)) {
    std::erase_if(peer.outgoing, [&](const StoredOutgoing& entry) {
      if (entry.client_id != remove->client_id) return false;
      ledger_.message(Ledger::numberOf(entry.message.text)).kept = false;
      return true;
    });
  } else if (const auto* came = std::get_if<store_change::AddIncoming>(&asked.change)) {
    peer.incoming.push_back(came->entry);
    ledger_.keptByReceiver(me, came->entry.message.text, true);
  } else if (const auto* shown = std::get_if<store_change::Shown>(&asked.change)) {
    for (const std::string& id : shown->ids) {
      std::erase_if(peer.incoming,
                    [&](const StoredIncoming& entry) { return entry.message.id == id; });
      peer.shown_ids.push_back(id);
    }
    if (peer.shown_ids.size() > limits::kRememberedIds) {
      peer.shown_ids.erase(peer.shown_ids.begin(),
                           peer.shown_ids.end() - limits::kRememberedIds);
    }
  } else if (const auto* watched = std::get_if<store_change::SetWatched>(&asked.change)) {
    peer.watched = watched->peers;
  }
}

void Pocket::crash() {
  ++turn_;
  if (busy_ && !under_way_.empty() && under_way_.front().load == 0 && dice_.chance(0.5)) {
    for (const Asked& asked : under_way_) apply(asked);
  }
  busy_ = false;
  under_way_.clear();
  asked_.clear();
}

}  // namespace kith::sim
