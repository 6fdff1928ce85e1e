// SPDX-License-Identifier: Apache-2.0
// The sessions that wait for a time, the earliest first. Owned by ClientEngine; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "backends/kith/engine/session.hpp"
#include "base/clock.hpp"

namespace kith::engine {

/// A binary heap in which each session knows its place (`Session::timer_at`), so that a change
/// costs O(log n) and no allocation, and a session without a deadline costs nothing.
class Timers {
 public:
  base::Millis deadline() const { return heap_.empty() ? base::kNever : heap_.front().at; }
  Session* first() const { return heap_.front().session; }

  /// `at` = kNever takes the session off.
  void set(Session& session, base::Millis at) {
    const std::size_t place = session.timer_at;
    if (place == SIZE_MAX) {
      if (at == base::kNever) return;
      heap_.push_back({at, &session});
      session.timer_at = heap_.size() - 1;
      return up(heap_.size() - 1);
    }
    if (heap_[place].at == at) return;
    if (at != base::kNever) {
      heap_[place].at = at;
      up(place);
      return down(session.timer_at);
    }
    session.timer_at = SIZE_MAX;
    const Entry last = heap_.back();
    heap_.pop_back();
    if (place == heap_.size()) return;
    heap_[place] = last;
    last.session->timer_at = place;
    up(place);
    down(last.session->timer_at);
  }

 private:
  struct Entry {
    base::Millis at;
    Session* session;
  };

  void swapEntries(std::size_t a, std::size_t b) {
    std::swap(heap_[a], heap_[b]);
    heap_[a].session->timer_at = a;
    heap_[b].session->timer_at = b;
  }
  void up(std::size_t at) {
    for (; at > 0 && heap_[at].at < heap_[(at - 1) / 2].at; at = (at - 1) / 2) {
      swapEntries(at, (at - 1) / 2);
    }
  }
  void down(std::size_t at) {
    for (;;) {
      std::size_t least = at;
      for (std::size_t child = 2 * at + 1; child <= 2 * at + 2; ++child) {
        if (child < heap_.size() && heap_[child].at < heap_[least].at) least = child;
      }
      if (least == at) return;
      swapEntries(at, least);
      at = least;
    }
  }

  std::vector<Entry> heap_;
};

}  // namespace kith::engine
