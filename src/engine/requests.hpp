// SPDX-License-Identifier: Apache-2.0
// Commands that wait for the server's answer, in the order they went out (avos-v1 §3.2). Part of
// Channel; one thread.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "engine/events.hpp"
#include "engine/ring.hpp"
#include "wire/command.hpp"

namespace kith::engine {

enum class RequestKind : std::uint8_t {
  Open,
  Watch,
  Unwatch,
  Query,
  Close,
  Send,
  Join,
  Leave,
  Invite,
  Kick,
};

struct Request {
  SessionRef session{0};
  RequestKind kind{RequestKind::Open};
  bool settled{false};
  std::uint64_t tag{0};  ///< what the session knows it by
  base::Millis sent{0};
};

/// True when `command` is how a server answers a request of `kind`, well or badly.
bool answers(const wire::Command& command, RequestKind kind);

/// Serials count up per connection, so the answer's `i` is a position here. A server that leaves
/// `i` out is matched by order: the session's first request that the frame can answer.
class Requests {
 public:
  Requests() = default;
  /// The first request has the serial behind `count`: as if so many had been answered.
  explicit Requests(std::uint64_t count) : first_(count) {}

  /// Takes note of a request and says its serial `i`, 1 to 2^31-1.
  std::int64_t add(SessionRef session, RequestKind kind, std::uint64_t tag, base::Millis now);
  /// The request that `command` answers, which is then settled.
  std::optional<Request> take(const wire::Command& command, SessionRef session, base::Millis now);
  /// The server has put a serial into an answer since clear().
  bool echoed() const { return echoed_; }
  /// Nobody waits for the answers to this session any more.
  void forget(SessionRef session);
  /// Whether this session waits for an answer.
  bool waitsFor(SessionRef session) const;
  void clear();

  /// When the server has been silent for too long. Answers come in order (R2), so that is `timeout`
  /// after the oldest request, or after the last answer if that was later: a server with many
  /// requests ahead of ours is slow, not dead.
  base::Millis deadline(base::Millis timeout) const;
  bool empty() const { return ring_.empty(); }

 private:
  void settle(Request& request, base::Millis now);

  Ring<Request> ring_;
  std::uint64_t first_{0};  // number of the ring's front, counted from the connection's start
  base::Millis progress_{base::Millis::min()};
  bool echoed_{false};
};

}  // namespace kith::engine
