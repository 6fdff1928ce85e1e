// SPDX-License-Identifier: Apache-2.0
// Which address to connect to next (avos-v1 §1.3, the iOS rule). Part of ConnectionFsm; one thread.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/route.hpp"

namespace kith::engine {

/// Remembers the router's answer for its ttl. A failed connect turns to `secondary`; the second
/// failure in a row forgets the answer, so that the router is asked again.
class RouteCache {
 public:
  /// `fixed` is an address that never changes; empty = the router is asked.
  explicit RouteCache(std::string fixed) : fixed_(std::move(fixed)) {}

  void store(base::Route route, base::Millis now) {
    route_ = std::make_unique<base::Route>(std::move(route));
    // A router that says "do not cache" means the next connect, not the one it was asked for.
    fresh_ = true;
    expires_ = now + route_->ttl;
    failures_ = 0;
    on_secondary_ = false;
  }

  /// The address to connect to, or empty: ask the router.
  const std::string& pick(base::Millis now) {
    if (!fixed_.empty()) return fixed_;
    if (!fresh_ && now >= expires_) route_.reset();
    fresh_ = false;
    if (route_ == nullptr) return fixed_;
    return on_secondary_ ? route_->secondary : route_->server;
  }

  void connected() { failures_ = 0; }
  void failed() {
    if (!fixed_.empty()) return;
    if (++failures_ >= 2) {
      route_.reset();
      return;
    }
    on_secondary_ = !on_secondary_ && route_ != nullptr && !route_->secondary.empty();
  }

 private:
  std::string fixed_;
  std::unique_ptr<base::Route> route_;  // null: the router is asked, as is a fixed address never
  base::Millis expires_{0};
  int failures_{0};
  bool on_secondary_{false};
  bool fresh_{false};
};

}  // namespace kith::engine
