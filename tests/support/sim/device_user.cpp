// SPDX-License-Identifier: Apache-2.0
// What the people at their devices do: at random, by the habits of the plan.
#include <algorithm>
#include <utility>

#include "support/sim/device.hpp"

namespace kith::sim {

std::vector<std::string> Device::listOf(Peers peers) const {
  std::vector<std::string> list;
  for (std::size_t i = 0; i < kMostPeers; ++i) {
    if (peers & bitOf(i)) list.push_back(peerName(i));
  }
  return list;
}

Peers Device::somePeers(std::size_t most) {
  Peers peers = 0;
  for (std::size_t left = 1 + dice_.below(most); left > 0; --left) {
    peers |= bitOf(dice_.below(plan_.peers));
  }
  return peers;
}

std::string Device::someGroup() {
  const auto& groups = ledger_.groups();
  if (groups.empty()) return {};
  // Few of them, so that they fill up.
  return groups[dice_.below(std::min<std::size_t>(groups.size(), 3))];
}

void Device::act(std::uint64_t) {
  if (calm_) return;
  time_.in<&Device::act>(dice_.between(1, 2 * plan_.pace), *this);
  if (life_ == nullptr || sleeping() || life_->closing != 0) return;
  const Habits& h = plan_.habits;
  if (life_->paused) {
    if (dice_.chance(0.3)) return wantResumed();
  } else if (dice_.below(200) < static_cast<std::size_t>(h.pause)) {
    ++tally_[Count::Paused];
    say("pauses");
    life_->paused = true;
    life_->engine.pause(ledger_.begin(OpKind::Pause, {index_, life_number_, 0, 0}), now());
    return settle();
  }
  if (dice_.below(200) < static_cast<std::size_t>(h.network_changed)) {
    ++tally_[Count::NetworkChanged];
    say("changes its network");
    life_->engine.networkChanged(now());
    return settle();
  }
  if (dice_.below(400) < static_cast<std::size_t>(h.quit)) return quit();
  Own& face = faces_[dice_.below(faces_.size())];
  if (!face.wanted) {
    if (dice_.chance(0.3)) open(static_cast<std::size_t>(&face - faces_.data()));
    return;
  }
  actOn(face);
}

void Device::actOn(Own& face) {
  const Habits& h = plan_.habits;
  const int here = plan_.conversations ? 1 : 0;
  const int weights[] = {h.close,       h.drop,        h.watch,       h.unwatch,
                         h.query,       h.send,        h.burst,       h.transient,
                         h.send_group,  h.create,      h.join,        h.leave,
                         h.invite,      h.kick,        here * h.edit, here * h.recall,
                         here * h.page, here * h.mark, here * h.count};
  int all = 0;
  for (const int weight : weights) all += weight;
  int left = static_cast<int>(dice_.below(static_cast<std::size_t>(all)));
  std::size_t habit = 0;
  while (left >= weights[habit]) left -= weights[habit++];
  const Actor me = actor(face);
  engine::ClientEngine& engine = life_->engine;
  const auto index = static_cast<std::size_t>(&face - faces_.data());
  switch (habit) {
    case 0: return close(face);
    case 1: return drop(face);
    case 2: return watch(face, somePeers(3));
    case 3: return unwatch(face, somePeers(2));
    case 4:
      engine.query(face.ref, listOf(somePeers(4)), ledger_.begin(OpKind::Query, me), now());
      break;
    case 5: {
      const std::size_t size = dice_.chance(0.03) ? 3500 : dice_.below(120);
      return sendTo(index, somePeers(dice_.chance(0.2) ? 4 : 1), {}, false, size);
    }
    case 6: return burst(face);
    case 7: return sendTo(index, somePeers(2), {}, true, 20);
    case 8: {
      const std::string group = someGroup();
      if (!group.empty()) sendTo(index, 0, group, dice_.chance(0.1), dice_.below(80));
      return;
    }
    default: return habit < 14 ? actOnGroup(face, habit) : actOnConversation(face, habit);
  }
  settle();
}

void Device::actOnGroup(Own& face, std::size_t habit) {
  engine::ClientEngine& engine = life_->engine;
  const Actor me = actor(face);
  if (habit == 9 || ledger_.groups().empty()) {
    if (ledger_.groups().size() >= 6) return;
    say(peerName(face.peer) + " makes a group");
    engine.join(face.ref, {}, dice_.chance(0.1), ledger_.beginGroup(OpKind::Create, me, {}, 0),
                now());
    return settle();
  }
  const std::string group = someGroup();
  const Peers whom = somePeers(3);
  const std::string who = peerName(face.peer);
  switch (habit) {
    case 10:
      say(who + " joins " + group);
      engine.join(face.ref, group, false, ledger_.beginGroup(OpKind::Join, me, group, 0), now());
      break;
    case 11:
      say(who + " leaves " + group);
      engine.leave(face.ref, group, ledger_.beginGroup(OpKind::Leave, me, group, 0), now());
      break;
    case 12:
      say(who + " invites " + namesOf(whom) + " into " + group);
      engine.invite(face.ref, group, listOf(whom),
                    ledger_.beginGroup(OpKind::Invite, me, group, whom), now());
      break;
    default:
      say(who + " kicks " + namesOf(whom) + " out of " + group);
      engine.kick(face.ref, group, listOf(whom), ledger_.beginGroup(OpKind::Kick, me, group, whom),
                  now());
      break;
  }
  settle();
}

void Device::open(std::size_t index) {
  Own& face = faces_[index];
  if (life_ == nullptr || face.wanted || life_->closing != 0) return;
  face.wanted = true;
  face.silent = false;
  const Peers peers = dice_.chance(0.2) ? 0 : somePeers(4);
  face.watched = peers;
  // A store adds what it remembers to the list.
  face.uncertain = pocket_ ? ~peers : 0;
  say(peerName(face.peer) + " opens, watching " + namesOf(peers));
  life_->engine.open(face.ref, listOf(peers), ledger_.begin(OpKind::Open, actor(face)), now());
  settle();
}

void Device::close(Own& face) {
  say(peerName(face.peer) + " closes");
  reportNow(face);
  face.wanted = false;
  ++face.life;
  life_->engine.close(face.ref, ledger_.begin(OpKind::Close, actor(face)), now());
  if (plan_.bug == Bug::EventAfterClose && dice_.chance(0.2)) {
    notify(face.ref, MessageDelivered{});
  }
  settle();
}

void Device::drop(Own& face) {
  say(peerName(face.peer) + "'s session is dropped");
  reportNow(face);
  face.wanted = false;
  ledger_.dropped(actor(face));
  life_->engine.removeSession(face.ref, now());
  if (const std::size_t left = ledger_.open(index_, life_number_, face.ref); left != 0) {
    ledger_.fail(Promise::CompletesOnce, name() + ": " + std::to_string(left) + " operations of " +
                                             peerName(face.peer) +
                                             " are open after it was dropped");
  }
  renew(face);
  life_->engine.addSession(face.ref, peerName(face.peer));
  settle();
}

void Device::watch(Own& face, Peers peers) {
  say(peerName(face.peer) + " watches " + namesOf(peers));
  const engine::OpId op = ledger_.begin(OpKind::Watch, actor(face));
  watching_[op] = {face.ref, peers, true};
  life_->engine.watch(face.ref, listOf(peers), op, now());
  settle();
}

void Device::unwatch(Own& face, Peers peers) {
  say(peerName(face.peer) + " unwatches " + namesOf(peers));
  const engine::OpId op = ledger_.begin(OpKind::Unwatch, actor(face));
  watching_[op] = {face.ref, peers, false};
  life_->engine.unwatch(face.ref, listOf(peers), op, now());
  settle();
}

void Device::watchDone(engine::OpId op, const engine::Outcome& outcome) {
  const auto found = watching_.find(op);
  if (found == watching_.end()) return;
  const Watching watching = found->second;
  watching_.erase(found);
  Own* face = find(watching.ref);
  if (face == nullptr) return;
  if (!outcome.result.ok()) {
    face->uncertain |= watching.peers;
    return;
  }
  face->uncertain &= ~watching.peers;
  if (watching.in) {
    face->watched |= watching.peers;
  } else {
    face->watched &= ~watching.peers;
  }
}

void Device::burst(Own& face) {
  const auto index = static_cast<std::size_t>(&face - faces_.data());
  const Peers to = somePeers(1);
  const std::string group = dice_.chance(0.3) ? someGroup() : std::string();
  for (std::size_t left = 5 + dice_.below(20); left > 0; --left) {
    sendTo(index, group.empty() ? to : 0, group, false, dice_.below(60));
  }
}

void Device::sendTo(std::size_t index, Peers to, std::string group, bool transient,
                    std::size_t size) {
  Own& face = faces_[index];
  if (life_ == nullptr || !face.wanted) return;
  const auto [op, number] = ledger_.beginSend(actor(face), to, group, transient);
  Message message;
  message.text = "m" + std::to_string(number) + ' ';
  message.text.append(size, 'x');
  message.to = listOf(to);
  message.transient = transient;
  message.receipt = group.empty() && message.to.size() == 1 && !transient && dice_.chance(0.3);
  if (story_.aloud()) {
    say(peerName(face.peer) + " sends m" + std::to_string(number) + " to " +
        (group.empty() ? namesOf(to) : group) + (transient ? ", transient" : "") + ", op " +
        std::to_string(op));
  }
  const Peers mentioned = ledger_.mentions(number);
  message.mention_all = mentioned == kEverybody;
  if (!message.mention_all) message.mentions = listOf(mentioned);
  message.group_id = std::move(group);
  life_->engine.send(face.ref, std::move(message),
                     "d" + std::to_string(index_) + "m" + std::to_string(number), op, now());
  settle();
}

}  // namespace kith::sim
