// SPDX-License-Identifier: Apache-2.0
#include "support/sim/world.hpp"

#include <algorithm>
#include <bit>
#include <set>
#include <utility>

namespace kith::sim {
namespace {

// Without a silent connection there is no wait for the server to notice one.
constexpr Time kSettleLimit = 150000;
constexpr Time kQuickLimit = 28000;
constexpr Time kLook = 500;

}  // namespace

World::World(const Plan& plan, bool aloud)
    : plan_(plan),
      story_(time_, aloud),
      dice_(plan.seed ^ 0xfa017),
      ledger_(plan_, time_, story_, tally_),
      network_(plan_, time_, story_, tally_),
      server_(plan_, time_, network_, ledger_, story_, tally_),
      operator_(plan_, time_, ledger_, tally_, server_) {
  for (std::size_t i = 0; i < plan_.hosts.size(); ++i) {
    devices_.push_back(
        std::make_unique<Device>(i, plan_, time_, network_, ledger_, story_, tally_));
  }
}

Report World::run() {
  server_.start();
  operator_.start();
  std::array<int, kMostPeers> on{};
  for (auto& device : devices_) {
    device->start();
    device->act(0);
    for (std::size_t i = 0; i < device->faces(); ++i) {
      if (++on[device->face(i).peer] == 2) ++tally_[Count::TwoDevices];
    }
  }
  for (std::uint64_t fault = 0; fault <= static_cast<std::uint64_t>(Fault::Kill); ++fault) {
    if (const Time rate = rateOf(static_cast<Fault>(fault)); rate != 0) {
      time_.in<&World::befall>(dice_.between(1, 2 * rate), *this, fault);
    }
  }
  runUntil(plan_.busy);
  if (plan_.rates.half_open != 0) {
    for (int left = 3; left > 0; --left) network_.silenceOne(dice_.chance(0.4));
  }
  calm();
  const bool silence = tally_[Count::HalfOpen] > 0 || plan_.offline_grace > 0;
  settle(silence ? kSettleLimit : kQuickLimit);
  probe();
  settle(kQuickLimit);
  ledger_.checkArrivals(present());
  if (plan_.conversations) converge();
  endAll();
  checkQueues();
  checkLogs();
  return {plan_.seed,       ledger_.broken(),     tally_,
          time_.happened(), story_.fingerprint(), time_.now()};
}

void World::runUntil(Time when) {
  while (ok() && time_.step(when)) {
  }
}

// --- faults --------------------------------------------------------------------------------------

Time World::rateOf(Fault fault) const {
  const Rates& r = plan_.rates;
  switch (fault) {
    case Fault::Cut: return r.cut;
    case Fault::HalfOpen: return r.half_open;
    case Fault::Slow: return r.slow_reader;
    case Fault::Crash: return r.crash;
    case Fault::Restart: return r.restart;
    case Fault::SlowDisk: return r.slow_disk;
    case Fault::ServerClock: return r.server_clock;
    case Fault::ClientClock: return r.client_clock;
    case Fault::Sleep: return r.sleep;
    case Fault::Kill: return r.kill;
  }
  return 0;
}

void World::befall(std::uint64_t number) {
  if (calm_) return;
  const auto fault = static_cast<Fault>(number);
  time_.in<&World::befall>(dice_.between(1, 2 * rateOf(fault)), *this, number);
  switch (fault) {
    case Fault::Cut: return network_.cutOne();
    case Fault::HalfOpen: return network_.silenceOne(dice_.chance(0.4));
    case Fault::Slow: return network_.slowOne(time_.now() + dice_.between(200, 6000));
    case Fault::Crash: return server_.crash(dice_.chance(0.2));
    case Fault::Restart: return server_.restart();
    case Fault::SlowDisk:
      ++tally_[Count::SlowDisk];
      return server_.disk().slowUntil(time_.now() + dice_.between(500, 5000));
    case Fault::ServerClock:
      ++tally_[Count::ServerClockJump];
      return server_.jumpClock(dice_.between(-3600000, 3600000));
    case Fault::ClientClock:
      ++tally_[Count::ClientClockJump];
      return anyDevice().jumpClock(dice_.between(-86400000, 86400000));
    case Fault::Sleep: return anyDevice().sleep(dice_.between(100, 20000), dice_.chance(0.5));
    case Fault::Kill: return anyDevice().kill(dice_.chance(0.2));
  }
}

void World::calm() {
  if (!ok()) return;
  story_.tell("WORLD", "the faults stop");
  calm_ = true;
  network_.calm();
  server_.calm();
  operator_.calm();
  for (auto& device : devices_) {
    device->calm();
    device->wantResumed();
    for (std::size_t i = 0; i < device->faces(); ++i) {
      if (!device->face(i).wanted && dice_.chance(0.7)) device->open(i);
    }
  }
}

// --- coming to rest ------------------------------------------------------------------------------

Peers World::present() const {
  Peers peers = 0;
  for (const auto& device : devices_) {
    for (std::size_t i = 0; i < device->faces(); ++i) {
      if (device->state(i) == SessionState::Open) peers |= bitOf(device->face(i).peer);
    }
  }
  return peers;
}

bool World::viewsDiffer(std::string& why) const {
  const Peers here = present();
  for (const auto& device : devices_) {
    for (std::size_t i = 0; i < device->faces(); ++i) {
      if (device->state(i) != SessionState::Open) continue;
      const Device::Face& face = device->face(i);
      const std::string who = device->name() + ": " + peerName(face.peer);
      const Peers watched = device->watched(i);
      if ((watched ^ face.watched) & ~face.uncertain) {
        why = who + " watches " + namesOf(watched) + ", but asked for " + namesOf(face.watched);
        return true;
      }
      if (device->online(i) == (watched & here)) continue;
      why = who + " watches " + namesOf(watched) + " and sees " + namesOf(device->online(i)) +
            " online; open are " + namesOf(here);
      return true;
    }
  }
  return false;
}

/// What sessions were told, and what is committed.
bool World::membersDiffer(std::string& why) const {
  for (const auto& device : devices_) {
    for (std::size_t i = 0; i < device->faces(); ++i) {
      if (device->state(i) != SessionState::Open) continue;
      for (const auto& [group, known] : device->face(i).members.groups()) {
        if (ledger_.isOpenGroup(group)) continue;
        const Peers members = ledger_.membersOf(group);
        const Peers wrong = (known.in & ~members) | (known.out & members);
        if (wrong == 0) continue;
        why = device->name() + ": by what " + peerName(device->face(i).peer) + " was told of " +
              group + " " + namesOf(known.in) + " are in, and " + namesOf(known.out) +
              " out; members are " + namesOf(members);
        return true;
      }
    }
  }
  return false;
}

bool World::restless(std::string& why, Promise& promise) const {
  promise = Promise::NothingStuck;
  for (const auto& device : devices_) {
    if (!(why = device->unrest()).empty()) return true;
  }
  if (!(why = server_.whyNotIdle()).empty()) return true;
  if (!network_.quiet()) {
    why = "frames are under way";
    return true;
  }
  if (network_.deceives()) {
    why = "a device has not noticed that its connection is half-open";
    return true;
  }
  promise = Promise::CompletesOnce;
  if (ledger_.open() != 0) {
    why = ledger_.firstOpen() + " has not completed";
    return true;
  }
  promise = Promise::QueuesBounded;
  const Peers here = present();
  for (std::size_t peer = 0; peer < plan_.peers; ++peer) {
    if ((here & bitOf(peer)) == 0 || ledger_.waiting(peer) == 0) continue;
    why = peerName(peer) + " is there, and " + std::to_string(ledger_.waiting(peer)) +
          " messages stay in its queue";
    return true;
  }
  promise = Promise::Presence;
  if (viewsDiffer(why)) return true;
  promise = Promise::Membership;
  return plan_.conversations && membersDiffer(why);
}

void World::settle(Time limit) {
  const Time until = time_.now() + limit;
  std::string why;
  Promise promise{};
  while (ok() && restless(why, promise)) {
    if (time_.now() >= until) {
      // What is missing says more than the queue that it is missing from.
      ledger_.checkArrivals(present());
      if (ok()) ledger_.fail(promise, "after " + std::to_string(limit) + " quiet ms " + why);
      return;
    }
    runUntil(time_.now() + kLook);
  }
}

void World::probe() {
  if (!ok()) return;
  ledger_.checkArrivals(present());
  story_.tell("WORLD", "everybody says something");
  const Peers here = present();
  for (auto& device : devices_) {
    for (std::size_t i = 0; i < device->faces(); ++i) {
      if (device->state(i) != SessionState::Open) continue;
      device->sendTo(i, here, {}, false, 5);
      for (const std::string& group : ledger_.groups()) {
        if (ledger_.membersOf(group) & bitOf(device->face(i).peer)) {
          device->sendTo(i, 0, group, false, 5);
        }
      }
    }
  }
}

template <typename Each>
void World::eachMembership(Each each) {
  for (auto& device : devices_) {
    for (std::size_t i = 0; i < device->faces(); ++i) {
      if (device->state(i) != SessionState::Open) continue;
      for (const std::string& group : ledger_.groups()) {
        if (ledger_.membersOf(group) & bitOf(device->face(i).peer)) each(*device, i, group);
      }
    }
  }
}

void World::converge() {
  if (!ok()) return;
  story_.tell("WORLD", "everybody reads what was said");
  eachMembership([](Device& device, std::size_t face, const std::string& group) {
    device.readBack(face, group);
  });
  settle(kQuickLimit);
  findMembers();
  // A device of each peer marks; all of them count.
  std::set<std::pair<std::size_t, std::string>> marked;
  eachMembership([&](Device& device, std::size_t face, const std::string& group) {
    if (marked.emplace(device.face(face).peer, group).second) device.markAll(face, group);
  });
  settle(kQuickLimit);
  countAll({});
  std::map<std::string, std::size_t> read;
  for (const auto& [conversation, log] : ledger_.logs().logs()) read[conversation] = log.size();
  probe();
  settle(kQuickLimit);
  countAll(read);
}

void World::findMembers() {
  if (ledger_.groups().empty()) return;
  for (auto& device : devices_) {
    for (std::size_t i = 0; i < device->faces(); ++i) {
      if (device->state(i) != SessionState::Open) continue;
      for (const auto& [group, known] : device->face(i).members.groups()) {
        tally_[Count::MembersTold] += static_cast<std::uint64_t>(std::popcount(known.in));
      }
      device->findGroups(i);
    }
  }
  settle(kQuickLimit);
}

/// Groups are read up to and with a row of this number.
void World::countAll(const std::map<std::string, std::size_t>& read) {
  for (auto& device : devices_) {
    for (std::size_t i = 0; ok() && i < device->faces(); ++i) {
      if (device->state(i) != SessionState::Open) continue;
      const std::string self = peerName(device->face(i).peer);
      Device::UnreadGroups expected;
      for (const auto& [group, seq] : read) {
        if ((ledger_.membersOf(group) & bitOf(device->face(i).peer)) == 0) continue;
        const LogBook::Rows& log = ledger_.logs().logs().at(group);
        Device::Unread unread;
        for (std::size_t at = seq; at < log.size(); ++at) {
          const LogBook::Row& row = log[at];
          if (row.kind != storage::RowKind::Message || row.deleted || row.from == self) continue;
          unread.count = std::min(unread.count + 1, 100);
          const Peers mentioned = ledger_.mentions(Ledger::numberOf(row.text));
          unread.mentioned |= (mentioned & bitOf(device->face(i).peer)) != 0;
        }
        if (unread.count > 0) expected[group] = unread;
      }
      device->countUnread(i, std::move(expected));
    }
  }
  settle(kQuickLimit);
}

void World::endAll() {
  if (!ok()) return;
  story_.tell("WORLD", "everybody leaves");
  for (auto& device : devices_) device->leave();
  const bool silence = tally_[Count::HalfOpen] > 0;
  const Time until = time_.now() + 10000 + (silence ? plan_.idle_timeout + plan_.login_timeout : 0);
  const auto left = [&] {
    return server_.stats().sessions + server_.stats().connections +
           static_cast<std::size_t>(std::count_if(devices_.begin(), devices_.end(),
                                                  [](const auto& d) { return d->running(); }));
  };
  while (ok() && left() != 0 && time_.now() < until) runUntil(time_.now() + kLook);
  if (!ok()) return;
  if (left() != 0) {
    ledger_.fail(Promise::NothingStuck,
                 "after everybody left the server has " + std::to_string(server_.stats().sessions) +
                     " sessions and " + std::to_string(server_.stats().connections) +
                     " connections");
  }
}

void World::checkQueues() {
  for (std::size_t peer = 0; ok() && peer < plan_.peers; ++peer) {
    const auto ours = ledger_.queueOf(peer);
    const auto theirs = server_.disk().queueOf(peer);
    if (ours == theirs) continue;
    ledger_.fail(Promise::OfflineLimit,
                 "the queue of " + peerName(peer) + " has " + std::to_string(theirs.size()) +
                     " messages; by what was accepted, acknowledged and limited it is " +
                     std::to_string(ours.size()));
  }
}

/// Page by page, in both directions; the ledger looks at each page.
void World::checkLogs() {
  for (const auto& [conversation, log] : ledger_.logs().logs()) {
    const auto wanted = static_cast<std::size_t>(std::count_if(
        log.begin(), log.end(), [](const LogBook::Row& row) { return !row.deleted; }));
    for (const bool forward : {true, false}) {
      storage::ReadLog read;
      read.app_id = "app";
      read.conv_id = conversation;
      read.forward = forward;
      read.exclusive = read.with_changes = true;
      read.limit = 7;
      std::size_t rows = 0;
      while (ok() && rows < wanted) {
        const storage::HistoryPage page = server_.disk().readLog(read);
        if (page.messages.empty()) break;
        rows += page.messages.size();
        read.from_seq = page.messages.back().seq;
      }
      if (!ok()) return;
      if (rows == wanted) continue;
      ledger_.fail(Promise::NumberedLog, "paging through " + conversation + " comes to " +
                                             std::to_string(rows) + " rows of " +
                                             std::to_string(wanted));
    }
  }
}

Report runPlan(const Plan& plan, bool aloud) {
  World world(plan, aloud);
  return world.run();
}

}  // namespace kith::sim
