// SPDX-License-Identifier: Apache-2.0
// A port of its own to watch the server by: /metrics and /healthz, on a thread of its own,
// so that neither attackers of the service's port nor its own work keep it waiting.
#pragma once

#include <kith/result.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/threads.hpp"
#include "net/server/listener.hpp"

namespace kith::front {

class Monitor final : private net::ListenerHandler {
 public:
  using Text = std::function<std::string()>;

  /// Listens and serves. `text` makes the answer to /metrics, on the monitor's thread, and what it
  /// uses outlives the monitor. InvalidArgument when the address cannot be had.
  static Result<std::unique_ptr<Monitor>> start(const std::string& host, std::uint16_t port,
                                                Text text);
  ~Monitor() override;
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  std::uint16_t port() const { return listener_->port(); }

 private:
  explicit Monitor(Text text) : text_(std::move(text)) {}

  void run();
  void onConnected(net::SocketId socket, const net::Accepted& how) override;
  void onFrame(net::SocketId, char*, std::size_t, ws::FrameKind) override {}
  void onHeard(net::SocketId) override {}
  void onDrained(net::SocketId) override {}
  void onDisconnected(net::SocketId) override {}
  void onHttp(net::RequestId request, const net::HttpCall& call) override;

  const Text text_;
  std::unique_ptr<net::Listener> listener_;
  std::atomic<bool> ending_{false};
  base::Worker worker_;
};

}  // namespace kith::front
