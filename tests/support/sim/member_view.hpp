// SPDX-License-Identifier: Apache-2.0
// What an application knows of the members of its groups by events alone: nothing when a session
// begins, and of each peer that came or went since then where it is. One thread.
#pragma once

#include <kith/event.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "support/sim/ledger.hpp"

namespace kith::sim {

class MemberView {
 public:
  /// `self` is the peer that hears it.
  void heard(const Event& event, std::size_t self);

  struct Known {
    Peers in{0};
    Peers out{0};
  };
  const std::map<std::string, Known, std::less<>>& groups() const { return groups_; }

 private:
  void changed(std::string_view group, bool joined, Peers whom, std::size_t self);

  std::map<std::string, Known, std::less<>> groups_;
};

}  // namespace kith::sim
