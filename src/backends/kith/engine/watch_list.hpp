// SPDX-License-Identifier: Apache-2.0
// The peers that one session watches, and which of them are online. Part of Session; one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/sorted_names.hpp"

namespace kith::engine {

/// Two sorted lists: a watch list has at most a hundred peers.
class WatchList {
 public:
  using Peers = std::vector<std::string>;

  const Peers& watched() const { return watched_; }
  const Peers& online() const { return online_; }
  bool watches(std::string_view peer) const { return base::hasName(watched_, peer); }

  void watch(const Peers& peers) {
    for (const std::string& peer : peers) base::insertName(watched_, peer);
  }
  /// Takes peers off both lists; yields those that were online.
  Peers unwatch(const Peers& peers) {
    Peers were_online;
    for (const std::string& peer : peers) {
      base::eraseName(watched_, peer);
      if (base::eraseName(online_, peer)) were_online.push_back(peer);
    }
    return were_online;
  }
  void replace(const Peers& watched) {
    watched_.clear();
    watch(watched);
  }
  /// True when it changes something: the peer is watched, and was not known as such.
  bool setOnline(std::string_view peer, bool online) {
    if (!watches(peer)) return false;
    return online ? base::insertName(online_, peer) : base::eraseName(online_, peer);
  }
  void forgetOnline() { online_.clear(); }
  void clear() {
    watched_.clear();
    online_.clear();
  }

 private:
  Peers watched_;
  Peers online_;
};

}  // namespace kith::engine
