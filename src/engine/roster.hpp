// SPDX-License-Identifier: Apache-2.0
// The peers that one session watches, and which of them are online. Part of Session; one thread.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace kith::engine {

/// Two sorted lists: a watch list has at most a hundred peers.
class Roster {
 public:
  using Peers = std::vector<std::string>;

  const Peers& watched() const { return watched_; }
  const Peers& online() const { return online_; }
  bool watches(std::string_view peer) const { return has(watched_, peer); }

  void watch(const Peers& peers) {
    for (const std::string& peer : peers) insert(watched_, peer);
  }
  /// Takes peers off both lists; yields those that were online.
  Peers unwatch(const Peers& peers) {
    Peers were_online;
    for (const std::string& peer : peers) {
      erase(watched_, peer);
      if (erase(online_, peer)) were_online.push_back(peer);
    }
    return were_online;
  }
  void replace(const Peers& watched) {
    watched_.clear();
    watch(watched);
  }
  /// True when this is news: watched, and not known as such.
  bool setOnline(std::string_view peer, bool online) {
    if (!watches(peer)) return false;
    return online ? insert(online_, peer) : erase(online_, peer);
  }
  void forgetOnline() { online_.clear(); }
  void clear() {
    watched_.clear();
    online_.clear();
  }

  static bool has(const Peers& list, std::string_view peer) {
    const auto at = std::lower_bound(list.begin(), list.end(), peer);
    return at != list.end() && *at == peer;
  }
  static bool insert(Peers& list, std::string_view peer) {
    const auto at = std::lower_bound(list.begin(), list.end(), peer);
    if (at != list.end() && *at == peer) return false;
    list.emplace(at, peer);
    return true;
  }
  static bool erase(Peers& list, std::string_view peer) {
    const auto at = std::lower_bound(list.begin(), list.end(), peer);
    if (at == list.end() || *at != peer) return false;
    list.erase(at);
    return true;
  }

 private:
  Peers watched_;
  Peers online_;
};

}  // namespace kith::engine
