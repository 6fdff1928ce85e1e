// SPDX-License-Identifier: Apache-2.0
// Notices that a connection has died without saying so (R7, R12). Part of ConnectionFsm; one
// thread.
#pragma once

#include <kith/options.hpp>

#include <algorithm>

#include "base/clock.hpp"

namespace kith::engine {

/// Asks for a heartbeat after silence, for a WebSocket PING when half of the deadline has passed
/// without an answer (a server that is busy with storage answers `{}` late, but PONGs at once), and
/// gives the connection up at the deadline.
class Keepalive {
 public:
  enum class Verdict { Fine, Heartbeat, Ping, Dead };

  explicit Keepalive(KeepaliveOptions options) : options_(options) {}

  void start(base::Instant now);
  void stop();
  void heard(base::Instant now);
  void sent(base::Instant now) { sent_ = std::max(sent_, now.mono); }
  /// Something outside says that the connection may be gone: do not wait for the silence.
  void doubt() { doubted_ = true; }
  /// A heartbeat is out and nothing was heard since.
  bool waiting() const { return probed_ != base::kNever; }

  /// R12: the process slept through more than a whole deadline, so what the socket still says about
  /// itself means nothing. A wall clock that ran ahead of the other alone (a suspended Linux, or
  /// NTP) only raises doubt.
  bool slept(base::Instant now);

  base::Millis deadline() const;
  Verdict timeReached(base::Instant now);

 private:
  KeepaliveOptions options_;
  bool running_{false};
  bool doubted_{false};
  bool pinged_{false};
  base::Millis heard_{0};
  base::Millis sent_{0};
  base::Millis probed_{base::kNever};
  base::Millis wall_ahead_{0};
};

}  // namespace kith::engine
