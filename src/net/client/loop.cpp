// SPDX-License-Identifier: Apache-2.0
// The shell: Loop, Transport and Timer as their users hold them, over LoopCore and ClientSocket.
#include "net/client/loop.hpp"

#include <algorithm>
#include <utility>

#include "base/fork.hpp"
#include "net/client/client_socket.hpp"
#include "net/client/http_fetch.hpp"
#include "net/client/loop_core.hpp"

namespace kith::net {
namespace {

class SocketTransport final : public Transport {
 public:
  SocketTransport(std::shared_ptr<LoopCore> core, std::shared_ptr<ClientSocket> socket)
      : core_(std::move(core)), socket_(std::move(socket)) {}
  ~SocketTransport() override {
    if (!core_->ended()) socket_->abandon();
  }

  void send(std::string_view frame) override { socket_->send(ws::Opcode::Text, frame); }
  void ping() override { socket_->send(ws::Opcode::Ping, {}); }
  void close(std::uint16_t code, std::string_view reason) override { socket_->close(code, reason); }
  bool agreed() const override { return socket_->agreed(); }
  std::size_t bufferedBytes() const override { return socket_->bufferedBytes(); }

 private:
  const std::shared_ptr<LoopCore> core_;  // outlives the socket
  const std::shared_ptr<ClientSocket> socket_;
};

class AlarmTimer final : public Timer {
 public:
  AlarmTimer(std::shared_ptr<LoopCore> core, std::function<void()> fire)
      : core_(std::move(core)), alarm_(std::move(fire)) {}
  ~AlarmTimer() override { core_->cancel(alarm_); }

  void arm(base::Millis deadline) override { core_->arm(alarm_, deadline); }

 private:
  const std::shared_ptr<LoopCore> core_;
  Alarm alarm_;
};

class CoreLoop final : public Loop {
 public:
  explicit CoreLoop(const ReactorOptions& options) : core_(std::make_shared<LoopCore>(options)) {}
  ~CoreLoop() override {
    if (origin_.elsewhere()) {
      base::neverDestroy(core_);
    } else {
      core_->end();
    }
  }

  bool post(std::function<void()> task) override { return core_->post(std::move(task)); }
  bool ended() const override { return core_->refuses(); }
  bool onLoopThread() const override { return core_->onLoopThread(); }

  std::unique_ptr<Transport> connect(const ConnectRequest& request,
                                     TransportHandler& handler) override {
    auto socket = std::make_shared<ClientSocket>(*core_, request, handler);
    core_->add(socket);
    // Not from inside a callback of libwebsockets, where connect() may well be called.
    core_->soon([socket] { socket->begin(); });
    return std::make_unique<SocketTransport>(core_, std::move(socket));
  }

  std::unique_ptr<Timer> makeTimer(std::function<void()> fire) override {
    return std::make_unique<AlarmTimer>(core_, std::move(fire));
  }

  void http(HttpRequest request, HttpCompletion done) override {
    std::make_shared<HttpFetch>(*core_, std::move(request), std::move(done))->begin();
  }

  base::Instant now() const override { return core_->now(); }

 private:
  const base::Origin origin_;
  const std::shared_ptr<LoopCore> core_;
};

}  // namespace

void Loop::dropLater(std::shared_ptr<void> part) {
  const auto box = std::make_shared<std::shared_ptr<void>>(std::move(part));
  if (post([box] { box->reset(); })) return;
  if (ended()) base::neverDestroy(std::move(*box));  // else there is no thread, and no call of its
}

std::shared_ptr<Loop> Loop::make(const ReactorOptions& options) {
  return std::make_shared<CoreLoop>(options);
}

}  // namespace kith::net

namespace kith {

Reactor::~Reactor() = default;

std::shared_ptr<Reactor> Reactor::make(ReactorOptions options) { return net::Loop::make(options); }

}  // namespace kith
