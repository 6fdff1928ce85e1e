// SPDX-License-Identifier: Apache-2.0
// Which sessions a closed connection means (R10): avos-v1 §6 closes the socket of all for the fault
// of one. Owned by ClientEngine; one thread.
#pragma once

#include <kith/error.hpp>

#include <vector>

#include "backends/kith/engine/channel.hpp"
#include "backends/kith/engine/session_set.hpp"
#include "base/clock.hpp"

namespace kith::engine {

/// A close code such as 4102 or 4106 is about one peer but ends the connection of all. It falls on
/// the session that waits for `opened`. When several wait, none is condemned: they are opened one
/// at a time (`Session::alone`) on the next connection, so that the next close names its culprit
/// and the innocent get in. When none waits, a final code falls on every open session, a code about
/// the app (4100, 4110, 4113) on every session there is.
class Blame {
 public:
  Blame(const Channel& channel, SessionSet& sessions) : channel_(channel), sessions_(sessions) {}

  struct Suspects {
    std::vector<Session*> sessions;
    bool were_opening{false};
  };
  /// Who a close with `code` falls on, to be asked before the sessions hear of it.
  Suspects suspects(int code) const;
  void fall(int code, const Error& error, const Suspects& suspects, base::Instant now);
  /// Something was answered between two closes.
  void answered() { streak_ = 0; }

 private:
  const Channel& channel_;
  SessionSet& sessions_;
  int streak_code_{0};  // closes with one code in a row, nothing getting through between them
  int streak_{0};
};

}  // namespace kith::engine
