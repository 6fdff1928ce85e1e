// SPDX-License-Identifier: Apache-2.0
// The one connection of a manager: find the address, connect, notice that it died, come back. Knows
// nothing of sessions. Owned by ClientEngine; one thread.
#pragma once

#include <kith/error.hpp>
#include <kith/event.hpp>
#include <kith/result.hpp>

#include "backends/kith/engine/keepalive.hpp"
#include "backends/kith/engine/output.hpp"
#include "backends/kith/engine/route_cache.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/route.hpp"

namespace kith::engine {

/// ```
///            setWanted(true)          routeAnswered           transportUp
///   [Idle] ------------------> [Routing] --------> [Connecting] ---------> [Up]
///     ^                            |  ^   (address known:  |                 |
///     |                      failed|  |    straight on)    | failed,         | lost, silent,
///     |                            v  | time reached       | timed out       | asleep
///     |                         [Waiting] <----------------+-----------------+
///     |                                                                      |
///     +--- transportDown --- [Closing] <--- setWanted(false), garbage -------+
/// ```
/// `setWanted(false)` leads back to Idle from everywhere; a wanted connection leaves Closing
/// for Connecting (after garbage: for Waiting). Idle, and Closing when unwanted, have no timer.
class ConnectionFsm {
 public:
  enum class State { Idle, Routing, Connecting, Up, Closing, Waiting };

  class Observer {
   public:
    virtual ~Observer() = default;
    virtual void connectionUp(base::Instant now) = 0;
    /// It was up and is not any more. `code`: the server's close code or 0.
    virtual void connectionLost(int code, const Error& error, base::Instant now) = 0;
    /// A heartbeat went out.
    virtual void heartbeatSent() = 0;
    virtual void connectionRetrying(const Reconnecting& event) = 0;
    /// `max_attempts` tries have failed; nothing more is tried until it is wanted anew.
    virtual void connectionGaveUp(const Error& error, base::Instant now) = 0;
  };

  ConnectionFsm(const EngineOptions& options, Output& output, Observer& observer,
                base::Random& random, EngineStats& stats);

  /// False: closes politely (1000). `hurry`: a transport that is still closing is dropped instead
  /// of waited for.
  void setWanted(bool wanted, bool hurry, base::Instant now);
  void networkChanged(base::Instant now);
  /// An answer is overdue, so the transport counts as dead.
  void presumeDead(const Error& error, base::Instant now);
  /// What the server says cannot be understood: closes with `code`.
  void refuse(std::uint16_t code, const Error& error, base::Instant now);

  void routeAnswered(Result<base::Route> route, base::Instant now);
  void transportUp(base::Instant now);
  void transportDown(int code, const Error& error, base::Instant now);
  /// Anything came from the server. False: the transport is not up, ignore it.
  bool heard(base::Instant now);
  void sent(base::Instant now) { keepalive_.sent(now); }
  /// Limits how long Closing may take, for when a completion waits for its end.
  void limitClosing(base::Instant now);

  base::Millis deadline() const;
  void timeReached(base::Instant now);
  /// Drops the transport when the process slept (R12).
  void wake(base::Instant now);

  State state() const { return state_; }
  bool up() const { return state_ == State::Up; }

 private:
  void begin(base::Instant now);
  void connectTo(const std::string& url, base::Instant now);
  void failed(const Error& error, base::Instant now);
  void lost(int code, const Error& error, base::Instant now);
  void waitForNext(const Error& error, base::Instant now);
  void closed(base::Instant now);

  const EngineOptions& options_;
  Output& output_;
  Observer& observer_;
  base::Random& random_;
  EngineStats& stats_;
  RouteCache routes_;
  Keepalive keepalive_;

  State state_{State::Idle};
  bool wanted_{false};
  bool route_asked_{false};    // an answer of the router is outstanding
  bool backoff_after_{false};  // Closing was forced on us: wait before the next try
  bool frame_seen_{false};     // a frame came since the transport is up
  int failures_{0};            // tries in a row without a frame from the server
  int tries_{0};               // failed tries since it was up, as the application counts
  int flaps_{0};               // short-lived connections in a row
  Error closing_error_;
  base::Millis due_{base::kNever};  // of Routing, Connecting, Closing, Waiting
  base::Millis up_since_{0};
  base::Millis hinted_{base::Millis::min() / 2};
};

}  // namespace kith::engine
