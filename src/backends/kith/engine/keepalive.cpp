// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/keepalive.hpp"

#include <algorithm>

namespace kith::engine {
namespace {

// A server closes with 4107 when it hears nothing for 360 s (avos-v1 §2), also if it talks itself.
constexpr base::Millis kSpeakAtLeast{180000};

}  // namespace

void Keepalive::start(base::Instant now) {
  running_ = true;
  doubted_ = false;
  heard_ = sent_ = now.mono;
  probed_ = base::kNever;
  wall_ahead_ = now.wall - now.mono;
}

void Keepalive::stop() {
  running_ = false;
  probed_ = base::kNever;
}

void Keepalive::heard(base::Instant now) {
  heard_ = now.mono;
  probed_ = base::kNever;
  doubted_ = false;
}

bool Keepalive::slept(base::Instant now) {
  if (!running_) return false;
  const base::Millis ahead = now.wall - now.mono;
  if (ahead - wall_ahead_ > options_.deadline) doubt();
  wall_ahead_ = ahead;
  const base::Millis due = deadline();
  return due != base::kNever && !doubted_ && now.mono - due > options_.deadline;
}

base::Millis Keepalive::deadline() const {
  if (!running_) return base::kNever;
  if (waiting()) return probed_ + (pinged_ ? options_.deadline : options_.deadline / 2);
  if (doubted_) return heard_;
  if (options_.interval.count() <= 0) return base::kNever;
  return std::min(heard_ + options_.interval, sent_ + std::max(kSpeakAtLeast, options_.interval));
}

Keepalive::Verdict Keepalive::timeReached(base::Instant now) {
  const base::Millis due = deadline();
  if (due == base::kNever || now.mono < due) return Verdict::Fine;
  if (!waiting()) {
    probed_ = now.mono;
    pinged_ = false;
    doubted_ = false;
    return Verdict::Heartbeat;
  }
  if (now.mono - probed_ >= options_.deadline) return Verdict::Dead;
  pinged_ = true;
  return Verdict::Ping;
}

}  // namespace kith::engine
