// SPDX-License-Identifier: Apache-2.0
// One run: devices, a network, a server and its disk, made from a seed; thirty busy seconds full of
// faults, then the faults stop, the world comes to rest, and everything promised is checked.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/sim/device.hpp"
#include "support/sim/operator.hpp"
#include "support/sim/server.hpp"

namespace kith::sim {

/// How a run ended.
struct Report {
  std::uint64_t seed{0};
  std::optional<Broken> broken;
  Tally tally;
  std::uint64_t events{0};
  std::uint64_t fingerprint{0};
  Time lasted{0};
};

class World {
 public:
  World(const Plan& plan, bool aloud);
  Report run();

 private:
  enum class Fault {
    Cut,
    HalfOpen,
    Slow,
    Crash,
    Restart,
    SlowDisk,
    ServerClock,
    ClientClock,
    Sleep,
    Kill
  };

  Time rateOf(Fault fault) const;
  void befall(std::uint64_t fault);
  Device& anyDevice() { return *devices_[dice_.below(devices_.size())]; }
  bool ok() const { return !ledger_.broken(); }
  void runUntil(Time when);
  void calm();
  /// Lets time pass until nothing moves and all views agree, or complains.
  void settle(Time limit);
  bool restless(std::string& why, Promise& promise) const;
  bool viewsDiffer(std::string& why) const;
  bool membersDiffer(std::string& why) const;
  Peers present() const;
  void probe();
  /// Where devices know conversations: what they read, mark and count at rest is what it must be.
  void converge();
  void findMembers();
  void countAll(const std::map<std::string, std::size_t>& read);
  /// Calls `each` for every open session and group that its peer is in.
  template <typename Each>
  void eachMembership(Each each);
  void endAll();
  void checkQueues();
  void checkLogs();

  Plan plan_;
  Timeline time_;
  Tally tally_;
  Story story_;
  Dice dice_;
  Ledger ledger_;
  Network network_;
  Server server_;
  Operator operator_;
  std::vector<std::unique_ptr<Device>> devices_;
  bool calm_{false};
};

/// Makes and runs the world of a plan.
Report runPlan(const Plan& plan, bool aloud = false);

}  // namespace kith::sim
