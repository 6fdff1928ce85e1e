// SPDX-License-Identifier: Apache-2.0
#include "support/sim/plan.hpp"

#include <algorithm>

#include "support/sim/dice.hpp"

namespace kith::sim {
namespace {

void choosePeople(Plan& plan, Dice& dice, bool needs_store) {
  const std::size_t devices = static_cast<std::size_t>(dice.between(4, 10));
  plan.hosts.resize(devices);
  for (auto& hosted : plan.hosts) {
    const std::int64_t sessions = dice.chance(0.3) ? dice.between(2, 3) : 1;
    for (std::int64_t i = 0; i < sessions && plan.peers < kMostPeers; ++i) {
      // A second device of a peer that is there already.
      if (plan.peers > 0 && dice.chance(0.15)) {
        const std::size_t peer = dice.below(plan.peers);
        if (std::find(hosted.begin(), hosted.end(), peer) == hosted.end()) hosted.push_back(peer);
      }
      hosted.push_back(plan.peers++);
    }
    if (hosted.empty()) hosted.push_back(dice.below(plan.peers));
  }
  plan.stores.assign(devices, false);
  if (dice.chance(0.4) && !needs_store) return;
  const double share = needs_store ? 1.0 : dice.chance(0.5) ? 1.0 : 0.5;
  for (std::size_t i = 0; i < devices; ++i) plan.stores[i] = dice.chance(share);
}

void chooseHabits(Habits& habits, Dice& dice) {
  for (int* each :
       {&habits.close, &habits.drop, &habits.watch, &habits.unwatch, &habits.query, &habits.burst,
        &habits.transient, &habits.send_group, &habits.leave, &habits.invite, &habits.kick,
        &habits.pause, &habits.network_changed, &habits.quit}) {
    if (dice.chance(0.2)) *each = 0;
    if (dice.chance(0.15)) *each *= 4;
  }
}

void chooseOptions(Plan& plan, Dice& dice) {
  plan.signatures = dice.chance(0.25);
  plan.router = dice.chance(0.2);
  plan.pace = dice.between(200, 900);
  if (dice.chance(0.2)) plan.max_in_flight = static_cast<std::size_t>(dice.between(1, 4));
  if (dice.chance(0.1)) plan.max_messages = 8;
  if (dice.chance(0.15)) plan.inbox_messages = static_cast<std::size_t>(dice.between(1, 6));
  if (dice.chance(0.15)) plan.expiry = dice.between(3000, 12000);
  if (dice.chance(0.3)) plan.offline_messages = dice.chance(0.5) ? 50 : 5;
  if (dice.chance(0.2)) plan.offline_grace = dice.between(200, 3000);
  if (dice.chance(0.2)) plan.require_watch = true;
  if (dice.chance(0.2)) plan.idle_timeout = 45000;
  plan.delay_high = dice.chance(0.2) ? 600 : dice.between(5, 80);
  plan.commit_high = dice.chance(0.2) ? 400 : dice.between(2, 40);
  plan.callback_high = dice.chance(0.2) ? 1500 : dice.between(1, 60);
  plan.first_delay = dice.between(100, 1000);
  plan.max_delay = dice.between(1000, 8000);
}

void chooseFaults(Plan& plan, Dice& dice) {
  const auto maybe = [&](Time& rate, double probability, Time low, Time high) {
    if (dice.chance(probability)) rate = dice.between(low, high);
  };
  Rates& rates = plan.rates;
  maybe(rates.cut, 0.6, 500, 6000);
  maybe(rates.half_open, 0.4, 2000, 15000);
  maybe(rates.slow_reader, 0.3, 2000, 10000);
  maybe(rates.crash, 0.45, 3000, 15000);
  maybe(rates.restart, 0.25, 6000, 20000);
  maybe(rates.slow_disk, 0.2, 4000, 15000);
  maybe(rates.server_clock, 0.2, 5000, 20000);
  maybe(rates.client_clock, 0.2, 3000, 15000);
  maybe(rates.sleep, 0.3, 3000, 15000);
  maybe(rates.kill, 0.45, 3000, 15000);
  if (dice.chance(0.3)) plan.refuse = 0.4;
  if (dice.chance(0.2)) plan.hang = 0.15;
  if (dice.chance(0.3)) plan.failed_commit = 0.01;
  if (dice.chance(0.6)) plan.answer_high = dice.between(5, 60);
  if (dice.chance(0.4)) plan.late_answer = 0.01;
  if (dice.chance(0.3)) plan.failed_store = 0.01;
  if (dice.chance(0.5)) plan.signer_late = 0.2;
  if (dice.chance(0.5)) plan.signer_busy = 0.2;
  if (dice.chance(0.5)) plan.router_failure = 0.3;
  if (dice.chance(0.6)) plan.operator_pace = dice.between(50, 1500);
  if (dice.chance(0.5)) plan.hasty_edits = 0.02;
}

}  // namespace

Plan makePlan(std::uint64_t seed, Bug bug) {
  Dice dice(seed * 0x9e3779b97f4a7c15u + 1);
  Plan plan;
  plan.seed = seed;
  plan.bug = bug;
  const auto info = std::find_if(allBugs().begin(), allBugs().end(),
                                 [&](const BugInfo& each) { return each.bug == bug; });
  choosePeople(plan, dice, info != allBugs().end() && info->needs_store);
  chooseHabits(plan.habits, dice);
  chooseOptions(plan, dice);
  chooseFaults(plan, dice);
  const bool needed = info != allBugs().end() && info->needs_conversations;
  plan.conversations = dice.chance(0.6) || needed;
  return plan;
}

}  // namespace kith::sim
