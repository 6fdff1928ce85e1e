// SPDX-License-Identifier: Apache-2.0
// When the hub has to look at something again. An entry is a reminder, not the truth: frames only
// note the time, and the owner of an entry that comes due asks again whether it is time yet. So a
// frame costs nothing here, and a connection one heap operation a timeout. Hub's thread.
#pragma once

#include <algorithm>
#include <vector>

#include "base/clock.hpp"
#include "server/core/model.hpp"

namespace kith::core {

class Timers {
 public:
  struct Entry {
    base::Millis at;
    Ref<Connection> connection;  ///< look at its timeouts, or
    Ref<Peer> peer;              ///< at its offline grace
  };

  void add(base::Millis at, Ref<Connection> connection) {
    connection->timer_at = at;
    push({at, std::move(connection), {}});
  }
  void add(base::Millis at, Ref<Peer> peer) { push({at, {}, std::move(peer)}); }

  base::Millis next() const { return heap_.empty() ? base::kNever : heap_.front().at; }

  /// Takes the earliest entry if it is due.
  bool takeDue(base::Millis now, Entry& out) {
    if (next() > now) return false;
    std::pop_heap(heap_.begin(), heap_.end(), later);
    out = std::move(heap_.back());
    heap_.pop_back();
    return true;
  }

 private:
  static bool later(const Entry& a, const Entry& b) { return a.at > b.at; }

  static bool dead(const Entry& entry) {
    const Connection* connection = entry.connection.get();
    return connection && (connection->closing || connection->timer_at != entry.at);
  }

  void push(Entry entry) {
    if (heap_.size() >= sweep_at_) sweep();
    heap_.push_back(std::move(entry));
    std::push_heap(heap_.begin(), heap_.end(), later);
  }

  /// Connections that come and go quickly must not leave their entries behind until these are due.
  void sweep() {
    std::erase_if(heap_, dead);
    std::make_heap(heap_.begin(), heap_.end(), later);
    sweep_at_ = 2 * heap_.size() + kSmall;
  }

  static constexpr std::size_t kSmall = 1024;
  std::vector<Entry> heap_;
  std::size_t sweep_at_{kSmall};
};

}  // namespace kith::core
