// SPDX-License-Identifier: Apache-2.0
// The fast and the slow lane. Each frame is carried out and charged to its peer or connection and
// its app; a connection that has overdrawn, or had more than its share of this turn, waits after
// that frame, and is resumed when the turn ends: app by app, connection by connection, so many
// frames a turn. Few while others use the fast lane, which keeps their turns short; many when it is
// idle. Hub's thread.
#pragma once

#include <deque>

#include "server/core/context.hpp"

namespace kith::core {

class RateLimiter {
 public:
  explicit RateLimiter(Context& context) : context_(context) {}

  /// What carrying it out is worth. An acknowledgement costs nothing unless it names nothing
  /// that was delivered (see kUselessAck).
  static double costOf(const Intent& intent);
  static constexpr double kUselessAck = 0.25;
  /// What a message that makes `deliveries` is worth beside costOf(), which knows the peers that it
  /// names: members of a group and further devices of a peer are deliveries, too. Never
  /// more than kMostDeliveries, so that a second's worth is enough for a group of any size.
  static double costOfDeliveries(const SendMessage& message, std::size_t deliveries);
  static constexpr double kMostDeliveries = 100;
  /// What it is worth that so many groups in memory learn of a session's begin, and later of its
  /// end; never more than kMostDeliveries.
  static double costOfGroups(std::size_t groups);

  /// Charges a command of a session, or one that belongs to none.
  void charge(Session& session, double cost);
  void charge(Connection& connection, double cost);
  /// The frame is done: whether the connection's next one may come at once. If not, it is resumed
  /// later.
  Flow next(Connection& connection);

  /// Resumes whose turn it is in the slow lane.
  void endTurn();
  bool hasWaiting() const { return waiting_ > 0; }

 private:
  static Lane& laneOf(Connection& connection, Lane& strangers);
  void note(Connection& connection, bool paid, const base::TokenBucket& bucket,
            const RateLimits* limits);
  bool usedItsQuota(Connection& connection);
  void wait(Connection& connection);

  Context& context_;
  Lane strangers_;          ///< connections that have opened no session yet
  std::deque<Lane*> ring_;  ///< lanes with connections in them, each once
  std::size_t waiting_{0};  ///< connections in all lanes
  std::uint32_t turn_{1};
  base::Millis fast_at_{base::kNever};  ///< when the fast lane was used last
};

}  // namespace kith::core
