// SPDX-License-Identifier: Apache-2.0
// Commands that wait for the server's answer, in the order they went out (avos-v1 §3.2). Part of
// RequestMux; one thread.
#pragma once

#include <cstdint>
#include <optional>

#include "backends/kith/engine/events.hpp"
#include "base/clock.hpp"
#include "base/ring.hpp"
#include "protocol/avos/frame.hpp"

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
  Conversation,  ///< see ConversationCalls
};

struct Request {
  SessionRef session{0};
  RequestKind kind{RequestKind::Open};
  bool settled{false};
  std::uint32_t back{0};  ///< how far behind it the session's request before is; 0 = there is none
  std::uint64_t tag{0};   ///< what the session knows it by
  base::Millis sent{0};
};

/// A session as the sender of requests.
struct Requester {
  SessionRef session{0};
  std::uint64_t latest{0};  ///< the number of its latest request; 0 = none
};

/// True when `frame` is how a server answers a request of `kind`, well or badly.
bool answers(const avos::Frame& frame, RequestKind kind);

/// Serials count up per connection, so the answer's `i` is a position here. A server that leaves
/// `i` out is matched by order: the session's first request that the frame can answer.
class Requests {
 public:
  Requests() = default;
  /// The first request has the serial behind `count`: as if so many had been answered.
  explicit Requests(std::uint64_t count) : first_(count + 1) {}

  /// Takes note of a request and says its serial `i`, 1 to 2^31-1.
  std::int64_t add(Requester& requester, RequestKind kind, std::uint64_t tag, base::Millis now);
  /// The request that `frame` answers, which is then settled.
  std::optional<Request> take(const avos::Frame& frame, SessionRef session, base::Millis now);
  /// The request about a conversation that has this serial, which is then settled.
  std::optional<Request> takeConversation(std::int64_t serial, SessionRef session,
                                          base::Millis now);
  /// The server has put a serial into an answer since clear().
  bool echoed() const { return echoed_; }
  /// The answers to this session have no effect any more. Costs the requests of the session, not
  /// those of all: a hundred thousand sessions may be closed at once.
  void forget(Requester& requester);
  /// Whether this session waits for an answer. Costs the same.
  bool waitsFor(const Requester& requester) const;
  void clear();

  /// When the server has been silent for too long. Answers come in order (R2), so that is `timeout`
  /// after the oldest request, or after the last answer if that was later: a server with many
  /// requests ahead of ours is slow, not dead.
  base::Millis deadline(base::Millis timeout) const;
  bool empty() const { return ring_.empty(); }
  /// How many requests forget() and waitsFor() have looked at so far.
  std::uint64_t looks() const { return looks_; }

 private:
  Request* find(std::int64_t serial, SessionRef session);
  void settle(Request& request, base::Millis now);
  template <typename Look>
  void eachOf(const Requester& requester, Look look) const;

  base::Ring<Request> ring_;
  std::uint64_t first_{1};  // number of the ring's front; no number comes twice
  std::uint64_t start_{1};  // the first number of this connection
  mutable std::uint64_t looks_{0};
  base::Millis progress_{base::Millis::min()};
  bool echoed_{false};
};

}  // namespace kith::engine
