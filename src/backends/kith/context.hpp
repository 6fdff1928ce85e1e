// SPDX-License-Identifier: Apache-2.0
// What the parts of a KithBackend stand on. Owned by KithBackend, which outlives its parts; loop
// thread only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "backends/driver_host.hpp"
#include "base/clock.hpp"
#include "net/client/loop.hpp"

namespace kith::backends {

class Context {
 public:
  Context(DriverHost host, std::function<void()> turn_ended)
      : host_(std::move(host)),
        loop_(std::dynamic_pointer_cast<net::Loop>(host_.loop)),
        turn_ended_(std::move(turn_ended)) {}

  const Options& options() const { return host_.options; }
  const base::LogFront& log() const { return host_.log; }
  net::Loop& loop() const { return *loop_; }
  const std::shared_ptr<net::Loop>& sharedLoop() const { return loop_; }
  const std::shared_ptr<dispatch::AppStrand>& executor() const { return host_.executor; }
  /// The same for all that happens in a turn.
  base::Instant now() const {
    if (!now_) now_ = loop_->now();
    return *now_;
  }
  void endTurn() { now_.reset(); }
  /// Expired when the backend is gone: to be asked on the loop's thread before an answer is used.
  std::weak_ptr<void> life() const { return life_; }
  /// Something came from outside and the engine has heard it.
  void turnEnded() const { turn_ended_(); }

  /// A request to `url` with the manager's TLS, proxy and time.
  net::HttpRequest httpRequest(std::string url) const;
  void warnOfAnyCertificate(const std::string& url) const;

 private:
  const DriverHost host_;
  const std::shared_ptr<net::Loop> loop_;
  const std::function<void()> turn_ended_;
  const std::shared_ptr<char> life_{std::make_shared<char>()};
  mutable std::optional<base::Instant> now_;
};

}  // namespace kith::backends
