// SPDX-License-Identifier: Apache-2.0
// Which sessions a close code is about (R10): avos-v1 §6 closes the socket of all for the fault of
// one. Owned by ClientEngine; one thread.
#pragma once

#include <kith/error.hpp>

#include <vector>

#include "backends/kith/engine/request_mux.hpp"
#include "backends/kith/engine/session_set.hpp"
#include "base/clock.hpp"

namespace kith::engine {

/// A close code such as 4102 or 4106 is about one peer but ends the connection of all. It is
/// attributed to the session that waits for `opened`. When several wait, none is ended: they are
/// quarantined (`Session::quarantined`), which is opened one at a time on the next connection, so
/// that the next close has one candidate and the others open. When none waits, a final code ends
/// every open session, a code about the app (4100, 4110, 4113) every session there is.
class CloseAttribution {
 public:
  CloseAttribution(const RequestMux& mux, SessionSet& sessions) : mux_(mux), sessions_(sessions) {}

  struct Attribution {
    std::vector<Session*> sessions;
    bool were_opening{false};
  };
  /// The sessions that a close with `code` may be about; before their state changes by it.
  Attribution attribute(int code) const;
  /// Ends or quarantines them, after their state has changed.
  void apply(int code, const Error& error, const Attribution& attribution, base::Instant now);
  /// Something was answered between two closes.
  void answered() { streak_ = 0; }

 private:
  const RequestMux& mux_;
  SessionSet& sessions_;
  int streak_code_{0};  // closes with one code in a row, nothing getting through between them
  int streak_{0};
};

}  // namespace kith::engine
