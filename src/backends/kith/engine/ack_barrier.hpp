// SPDX-License-Identifier: Apache-2.0
// Which acknowledgements are known to have reached the server. The server answers in order (avos-v1
// §3.2 R2), so its answer to a heartbeat confirms what was sent on that connection before the
// heartbeat. Part of RequestMux; one thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kith::engine {

/// After as many acknowledged messages of a session a heartbeat is sent to confirm them.
inline constexpr std::size_t kAcksPerBarrier = 256;

/// Heartbeats counted over all connections. An acknowledgement is known by the number of the next
/// heartbeat: that one's answer confirms it.
class AckBarrier {
 public:
  /// Instead of a number: never repeated by the server, so that there is nothing to confirm.
  static constexpr std::uint64_t kNothing = 0;
  /// Instead of a number: not acknowledged yet, as far as is known.
  static constexpr std::uint64_t kNever = 1;

  /// What is not confirmed now never is: the answers went with the earlier connection.
  void connected() { first_ = answered_ = ++sent_; }
  void heartbeatSent() { ++sent_; }
  /// False: no heartbeat is unanswered.
  bool heartbeatAnswered() {
    if (!waiting()) return false;
    ++answered_;
    return true;
  }
  bool waiting() const { return answered_ != sent_; }
  /// The number for what is acknowledged now.
  std::uint64_t next() const { return sent_ + 1; }
  std::uint64_t answered() const { return answered_; }
  /// True for what was acknowledged on an earlier connection, or never.
  bool isOld(std::uint64_t number) const { return number <= first_; }

 private:
  std::uint64_t first_{kNever};  // numbers up to this one are of earlier connections
  std::uint64_t sent_{kNever};
  std::uint64_t answered_{kNever};
};

}  // namespace kith::engine
