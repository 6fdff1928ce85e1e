// SPDX-License-Identifier: Apache-2.0
#include "server/core/rate_limiter.hpp"

#include <algorithm>

#include "base/close_codes.hpp"

namespace kith::core {
namespace {

constexpr double kMessage = 1;
constexpr double kOpen = 5;
constexpr double kRoom = 5;
constexpr double kWatch = 2;
constexpr double kQuery = 1;
constexpr double kSmall = 0.25;
constexpr double kNamedPeer = 0.1;

// Frames of one connection, and of one app, that a turn carries out before all others had theirs.
constexpr std::uint32_t kConnectionFrames = 64;
constexpr std::uint32_t kAppFrames = 512;
// Frames of the slow lane a turn carries out while the fast lane is in use: some 50 us.
constexpr std::size_t kSlowFramesBeside = 16;
constexpr std::size_t kSlowFramesAlone = 1024;
// For so long after its last frame the fast lane counts as in use.
constexpr base::Millis kFastLaneUse{50};

double peers(IdList ids) { return kNamedPeer * static_cast<double>(ids.size()); }

struct Cost {
  double operator()(const SendMessage& message) const {
    return kMessage + std::max(0.0, peers(message.to) - kNamedPeer);
  }
  double operator()(const ChangeMembers& change) const { return kRoom + peers(change.peerIds()); }
  double operator()(const OpenSession& open) const { return kOpen + peers(open.watched); }
  double operator()(const QueryPresence& query) const { return kQuery + peers(query.peers); }
  double operator()(const WatchPeers& watch) const { return kWatch + peers(watch.peers); }
  double operator()(const UnwatchPeers& unwatch) const { return kWatch + peers(unwatch.peers); }
  double operator()(const StartConversation& start) const { return kRoom + peers(start.members); }
  double operator()(const FindConversations&) const { return kRoom; }
  double operator()(const ReadMessages&) const { return kRoom; }
  double operator()(const CountUnread&) const { return kRoom; }
  double operator()(const AskChanges&) const { return kRoom; }
  double operator()(const AskEdits&) const { return kRoom; }
  double operator()(const EditMessage&) const { return kMessage; }
  double operator()(const UpdateConversation&) const { return kRoom; }
  double operator()(const MuteConversation&) const { return kWatch; }
  double operator()(const MarkRead& read) const {
    return kMessage * static_cast<double>(1 + read.more.size());
  }
  double operator()(const AskMarks&) const { return kRoom; }
  double operator()(const AskMembership& asked) const { return kRoom + peers(asked.groups); }
  double operator()(const ListMembers&) const { return kRoom; }
  double operator()(const ChangeStanding& change) const { return kRoom + peers(change.peers); }
  double operator()(const ListStandings& list) const { return kRoom + peers(list.peers); }
  double operator()(const ListDeclined&) const { return kRoom; }
  double operator()(const AcknowledgeUpTo&) const { return 0; }
  double operator()(const CloseSession&) const { return kWatch; }
  double operator()(const Acknowledge&) const { return 0; }
  template <typename Other>
  double operator()(const Other&) const {
    return kSmall;
  }
};

std::uint32_t countInTurn(TurnQuota& share, std::uint32_t turn) {
  if (share.turn != turn) share = {turn, 0};
  return ++share.frames;
}

}  // namespace

double RateLimiter::costOf(const Intent& intent) { return std::visit(Cost{}, intent.body); }

double RateLimiter::costOfDeliveries(const SendMessage& message, std::size_t deliveries) {
  const std::size_t charged = std::max<std::size_t>(1, message.to.size());
  if (deliveries <= charged) return 0;
  return std::min(kMostDeliveries, kNamedPeer * static_cast<double>(deliveries - charged));
}

double RateLimiter::costOfGroups(std::size_t groups) {
  return std::min(kMostDeliveries, kNamedPeer * static_cast<double>(groups));
}

void RateLimiter::charge(Session& session, double cost) {
  if (cost == 0 || !session.alive() || session.connection->service) return;
  Connection& connection = *session.connection;
  App& app = session.peer->app;
  const RateLimits& limits = app.options.rates;
  base::TokenBucket& bucket = session.peer->bucket;
  const base::Rate rate{limits.peer_per_second, limits.peer_burst};
  note(connection, bucket.take(rate, cost, context_.now.mono), bucket, &limits);
  const base::Rate app_rate{limits.app_per_second, limits.app_burst};
  if (!app.bucket.take(app_rate, cost, context_.now.mono)) connection.overdrawn = true;
}

void RateLimiter::charge(Connection& connection, double cost) {
  const ConnectionLimits& limits = context_.options.connections;
  const base::Rate rate{limits.commands_per_second, limits.commands_burst};
  const RateLimits* patience = connection.app ? &connection.app->options.rates : nullptr;
  note(connection, connection.bucket.take(rate, cost, context_.now.mono), connection.bucket,
       patience);
  if (!connection.app) return;
  const RateLimits& app = connection.app->options.rates;
  if (!connection.app->bucket.take({app.app_per_second, app.app_burst}, cost, context_.now.mono)) {
    connection.overdrawn = true;
  }
}

void RateLimiter::note(Connection& connection, bool paid, const base::TokenBucket& bucket,
                       const RateLimits* limits) {
  connection.costly = true;
  if (paid) return;
  connection.overdrawn = true;
  const std::chrono::seconds patience = limits ? limits->patience : RateLimits{}.patience;
  if (patience.count() == 0 || context_.now.mono - bucket.emptySince() < patience) return;
  context_.close(connection, base::kMessageSentQuotaExceeded);
}

Flow RateLimiter::next(Connection& connection) {
  if (connection.closing) return Flow::Continue;
  const bool overdrawn = std::exchange(connection.overdrawn, false);
  const bool costly = std::exchange(connection.costly, false);
  if (overdrawn && connection.granted > 1) {
    --connection.granted;
    return Flow::Continue;
  }
  const bool was_slow = std::exchange(connection.granted, 0) != 0;
  if (!overdrawn && (was_slow || !usedItsQuota(connection))) {
    if (costly && !was_slow) fast_at_ = context_.now.mono;
    return Flow::Continue;
  }
  wait(connection);
  return Flow::Wait;
}

bool RateLimiter::usedItsQuota(Connection& connection) {
  const bool app_had = connection.app && countInTurn(connection.app->share, turn_) >= kAppFrames;
  return countInTurn(connection.share, turn_) >= kConnectionFrames || app_had;
}

Lane& RateLimiter::laneOf(Connection& connection, Lane& strangers) {
  return connection.app ? connection.app->lane : strangers;
}

void RateLimiter::wait(Connection& connection) {
  Lane& lane = laneOf(connection, strangers_);
  if (lane.empty()) ring_.push_back(&lane);
  lane.emplace_back(&connection);
  ++waiting_;
}

void RateLimiter::endTurn() {
  ++turn_;
  if (waiting_ == 0) return;
  const bool beside = fast_at_ != base::kNever && context_.now.mono - fast_at_ < kFastLaneUse;
  std::size_t left = beside ? kSlowFramesBeside : kSlowFramesAlone;
  const std::size_t each = std::max<std::size_t>(1, left / waiting_);
  while (left > 0 && !ring_.empty()) {
    Lane& lane = *ring_.front();
    ring_.pop_front();
    const Ref<Connection> connection = std::move(lane.front());
    lane.pop_front();
    --waiting_;
    if (!lane.empty()) ring_.push_back(&lane);
    if (connection->closing) continue;
    connection->granted = static_cast<std::uint32_t>(each);
    left -= std::min(left, each);
    context_.output.resume(connection->id);
  }
}

}  // namespace kith::core
