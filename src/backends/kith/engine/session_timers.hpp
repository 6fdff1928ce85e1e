// SPDX-License-Identifier: Apache-2.0
// The sessions that wait for a time, the earliest first. Owned by ClientEngine; one thread.
#pragma once

#include "backends/kith/engine/session.hpp"
#include "base/clock.hpp"
#include "base/intrusive_heap.hpp"

namespace kith::engine {

class SessionTimers {
 public:
  base::Millis deadline() const { return heap_.empty() ? base::kNever : heap_.firstKey(); }
  /// The session of deadline(); there must be one.
  Session* first() const { return &heap_.first(); }

  /// `at` = kNever takes the session off.
  void set(Session& session, base::Millis at) {
    if (at == base::kNever) return heap_.remove(session);
    heap_.set(session, at);
  }

 private:
  base::IntrusiveHeap<base::Millis, Session, &Session::timer_at> heap_;
};

}  // namespace kith::engine
