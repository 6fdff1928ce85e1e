// SPDX-License-Identifier: Apache-2.0
// What kind of world a seed makes: the peers in it, what they like to do, and which faults befall
// it. Each run switches on its own handful of faults, because some bugs hide behind others' noise.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "support/sim/bugs.hpp"
#include "support/sim/timeline.hpp"

namespace kith::sim {

inline constexpr std::size_t kMostPeers = 16;

/// Virtual milliseconds between two of a kind, on the average; 0 = never.
struct Rates {
  Time cut{0};
  Time half_open{0};
  Time slow_reader{0};
  Time crash{0};
  Time restart{0};
  Time slow_disk{0};
  Time server_clock{0};
  Time client_clock{0};
  Time sleep{0};
  Time kill{0};
};

/// How often users do what, relative to each other.
struct Habits {
  int open{10}, close{3}, drop{1}, watch{6}, unwatch{3}, query{2};
  int send{40}, burst{3}, transient{5}, send_group{20};
  int create{1}, join{4}, leave{2}, invite{3}, kick{2};
  int pause{1}, resume{4}, network_changed{2}, quit{1};
  int edit{4}, recall{1}, page{3}, mark{4}, count{2};  ///< where devices know conversations
};

struct Plan {
  std::uint64_t seed{0};
  Bug bug{Bug::None};
  Time busy{30000};

  std::size_t peers{0};
  std::vector<std::vector<std::size_t>> hosts;  ///< of each device, its peers
  bool signatures{false};
  bool router{false};
  bool conversations{false};  ///< the server and all devices speak kith.json.1
  std::vector<bool> stores;   ///< of each device
  Habits habits;
  Time pace{800};  ///< between two actions of a device, on the average

  // the client's options
  Time first_delay{300}, max_delay{5000}, keepalive_interval{4000}, keepalive_deadline{3000};
  Time connect_timeout{4000}, command_timeout{5000}, signature_timeout{2500}, expiry{300000};
  std::size_t max_in_flight{256}, max_messages{1000}, inbox_messages{10000};
  // the server's
  Time idle_timeout{30000}, login_timeout{8000}, offline_grace{0};
  std::size_t offline_messages{100000};
  bool require_watch{false};

  Time delay_low{1}, delay_high{40};
  Time commit_low{1}, commit_high{25};
  Time answer_high{0};    ///< an answer of the storage takes up to so long, each for itself
  double late_answer{0};  ///< ... and some take seconds
  Time callback_high{40};
  double refuse{0}, hang{0}, failed_commit{0}, failed_store{0};
  double signer_late{0}, signer_busy{0}, router_failure{0};
  Rates rates;

  /// Between two things that others than the hub ask of the storage, on the average; 0 = never.
  Time operator_pace{0};
  double hasty_edits{0};  ///< of a message, before its commit
};

Plan makePlan(std::uint64_t seed, Bug bug = Bug::None);

}  // namespace kith::sim
