// SPDX-License-Identifier: Apache-2.0
#include "server/front/monitor.hpp"

#include <system_error>
#include <utility>

#include "base/close_codes.hpp"
#include "server/rest/route_table.hpp"

namespace kith::front {

Result<std::unique_ptr<Monitor>> Monitor::start(const std::string& host, std::uint16_t port,
                                                Text text) {
  std::unique_ptr<Monitor> monitor(new Monitor(std::move(text)));
  net::ListenOptions options;
  options.host = host;
  options.port = port;
  auto listener = net::Listener::open(options, *monitor);
  if (!listener) return listener.error();
  monitor->listener_ = std::move(listener).value();
  try {
    monitor->worker_ = base::startWorker("kith-monitor", [self = monitor.get()] { self->run(); });
  } catch (const std::system_error& problem) {
    return Error{Errc::Internal, 0, std::string("metrics_listen: no thread: ") + problem.what(),
                 false};
  }
  return monitor;
}

Monitor::~Monitor() {
  ending_.store(true, std::memory_order_release);
  if (listener_) listener_->wake();
  if (worker_.thread.joinable()) worker_.thread.join();
}

void Monitor::run() {
  while (!ending_.load(std::memory_order_acquire)) {
    listener_->serve();
    while (!listener_->flush()) {
    }
  }
}

// Nothing is spoken here but HTTP.
void Monitor::onConnected(net::SocketId socket, const net::Accepted&) {
  listener_->close(socket, base::kPolicyViolation, {});
}

void Monitor::onHttp(net::RequestId request, const net::HttpCall& call) {
  if (call.method != "GET" && call.method != "HEAD") {
    net::HttpReply reply = rest::refuse(405, 405, "here is understood: GET, HEAD");
    reply.allow = "GET, HEAD";
    return listener_->reply(request, std::move(reply));
  }
  if (call.path == "/healthz") return listener_->reply(request, {200, "text/plain", "ok\n", 0});
  if (call.path == "/metrics") {
    return listener_->reply(request, {200, "text/plain; version=0.0.4", text_(), 0});
  }
  listener_->reply(request, rest::refuse(404, 404, "there is nothing at this path"));
}

}  // namespace kith::front
