// SPDX-License-Identifier: Apache-2.0
// A listener by itself, on a thread of its own, with a handler that does what the frames say. Test
// thread only, but for what is atomic.
#pragma once

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <signal.h>
#include <string>
#include <thread>

#include "net/server/listener.hpp"
#include "support/certs.hpp"
#include "support/raw_tls.hpp"
#include "support/raw_ws_client.hpp"
#include "support/temporary_folder.hpp"

namespace kith::testing {

using net::RequestId;
using net::SocketId;

/// Obeys on the loop's thread: `many COUNT SIZE`, `close`, `pause`, `how` the last one came, `wait`
/// until it is let go; anything else comes back. Over HTTP `/bytes/COUNT` is so long, `/later`
/// comes when it is told, `/echo` says what it was sent, `/pieces` how much that was,
/// `/parts/COUNT` comes in parts of 1000 bytes, `/file` is a file, `/flood` more than a slow one
/// may have waiting; nothing else takes a body.
class Obedient final : public net::ListenerHandler {
 public:
  void onConnected(SocketId, const net::Accepted& how) override {
    ++connected;
    last_accepted = how;
  }
  void onFrame(SocketId socket, char* frame, std::size_t size, ws::FrameKind kind) override {
    frame[size] = '!';  // the spare byte is ours
    const std::string text(frame, size);
    ++frames;
    longest = std::max<std::size_t>(longest, size);
    if (text.starts_with("many ")) {
      const int count = std::stoi(text.substr(5));
      const std::string body(std::stoul(text.substr(text.rfind(' ') + 1)), 'x');
      for (int i = 0; i < count; ++i) {
        listener->send(socket, {std::to_string(i), " ", body}, kind);
      }
      ++many;
    } else if (text == "close") {
      listener->close(socket, 4000, "as told");
    } else if (text == "pause") {
      // In this order: where threads serve the connections, one that has heard the answer is
      // paused.
      listener->send(socket, {"pausing"}, kind);
      listener->pauseReading(socket, true);
      paused = socket;
    } else if (text == "wait") {
      waiting = true;
      let_go.get_future().wait();
    } else if (text == "how") {
      const net::Accepted& how = last_accepted;
      listener->send(
          socket,
          {how.path, " ", how.query, " ", how.subprotocol, " ", how.origin, " ", how.remote.text()},
          kind);
    } else if (size <= 1000) {
      listener->send(socket, {text}, kind);
    }
  }
  void onHeard(SocketId) override { ++heard; }
  void onDrained(SocketId) override { ++drained; }
  void onDisconnected(SocketId) override { --connected; }
  void onHttp(RequestId request, const net::HttpCall& call) override {
    if (call.path == "/later") {
      later = request;
    } else if (call.path.starts_with("/bytes/")) {
      listener->reply(request,
                      {200, "text/plain", std::string(std::stoul(call.path.substr(7)), 'x'), 0});
    } else if (call.path == "/echo") {
      if (!call.has_body) return listener->reply(request, {200, "text/plain", "nothing", 0});
      ++wanted;
      listener->takeBody(request, 100000, net::BodyMode::Whole);
    } else if (call.path == "/pieces") {
      came = 0;
      listener->takeBody(request, 10'000'000, net::BodyMode::Pieces);
      pieces = request;
    } else if (call.path.starts_with("/parts/")) {
      ++wanted;
      parts_left = std::stoi(call.path.substr(7));
      net::HttpReply reply{200, "text/plain", {}, 0};
      reply.parts = true;
      listener->reply(request, std::move(reply));
      listener->sendPart(request, "first", false);
    } else if (call.path == "/flood") {
      net::HttpReply reply{200, "text/plain", {}, 0};
      reply.parts = true;
      listener->reply(request, std::move(reply));
      for (int i = 0; i < 100; ++i) {
        listener->sendPart(request, std::string(100'000, 'x'), i == 99);
      }
    } else if (call.path == "/file") {
      listener->reply(request, net::fileReply(call, file, "text/plain"));
    } else {
      listener->reply(request, {200, "text/plain", call.path, 0});
    }
  }
  void onBody(RequestId request, std::string_view bytes, bool last) override {
    came += bytes.size();
    if (pieces != request) {
      return listener->reply(request, {200, "text/plain", std::string(bytes), 0});
    }
    if (generous) listener->bodyDone(request, bytes.size());
    if (last) listener->reply(request, {200, "text/plain", std::to_string(came), 0});
  }
  void onPartsDrained(RequestId request) override {
    const bool last = --parts_left <= 0;
    listener->sendPart(request, std::string(1000, 'x'), last);
  }
  void onRequestGone(RequestId) override { ++gone; }

  net::Listener* listener{nullptr};
  net::Accepted last_accepted;  // loop's thread
  std::promise<void> let_go;
  std::atomic<bool> waiting{false}, generous{true};
  std::atomic<RequestId> pieces{0};
  std::atomic<std::size_t> came{0};
  std::atomic<int> parts_left{0}, gone{0}, wanted{0};
  std::shared_ptr<const net::HttpFile> file;
  std::atomic<int> connected{0}, frames{0}, many{0}, heard{0}, drained{0};
  std::atomic<std::size_t> longest{0};
  std::atomic<RequestId> later{0};
  std::atomic<SocketId> paused{0};
};

/// How the listener works; tests ask for all that must be alike.
struct Way {
  std::size_t threads;
  bool tls;
};
inline Way anyWay() { return GENERATE(Way{0, false}, Way{0, true}, Way{3, false}, Way{3, true}); }
inline Way anyPlainWay() { return GENERATE(Way{0, false}, Way{3, false}); }

class Stage {
 public:
  explicit Stage(Way way, net::ListenOptions options = {}) : tls_(way.tls) {
    options.threads = way.threads;
    if (tls_) {
      const CertFiles files = certs_.make("good");
      options.tls_cert = files.cert;
      options.tls_key = files.key;
    }
    options.host = "127.0.0.1";
    listener_ = net::Listener::open(options, handler).value();
    handler.listener = listener_.get();
    thread_ = std::thread([this] { run(); });
  }
  ~Stage() {
    if (thread_.joinable()) stop();
    CHECK(handler.connected == 0);
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  void stop() {
    stopping_ = true;
    listener_->wake();
    thread_.join();
    listener_.reset();
  }
  /// On the loop's thread, soon.
  void tell(std::atomic<bool>& what) {
    what = true;
    listener_->wake();
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(listener_->port()); }
  std::unique_ptr<RawSocket> connect(int receive_buffer = 0, const char* from = nullptr) {
    if (!tls_) return std::make_unique<RawSocket>(address(), receive_buffer, from);
    auto socket = std::make_unique<RawTls>(address(), certs_.caFile(), TLS1_3_VERSION,
                                           std::string(), receive_buffer, from);
    REQUIRE(socket->established());
    return socket;
  }
  /// Over TLS, with bytes in front of it.
  std::unique_ptr<RawSocket> connectAfter(std::string_view before, const char* from) {
    auto socket = std::make_unique<RawTls>(address(), certs_.caFile(), TLS1_3_VERSION,
                                           std::string(), 0, from, before);
    REQUIRE(socket->established());
    return socket;
  }
  RawWsClient connection(int receive_buffer = 0, const char* from = nullptr) {
    return {connect(receive_buffer, from), "x"};
  }

  Obedient handler;
  std::atomic<bool> busy_now{false}, answer_now{false}, resume_now{false}, refuse_now{false},
      close_now{false}, done_now{false};

 private:
  void run() {
    // As on the server's own threads: OpenSSL writes to those that have gone, too.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    for (bool last = false; !last;) {
      listener_->serve();
      last = stopping_;
      if (busy_now.exchange(false)) {
        const std::string body(3000, 'x');
        for (int i = 0; i < 2000; ++i) {
          listener_->send(handler.paused, {body}, ws::FrameKind::Text);
        }
        listener_->flush();
      }
      if (answer_now.exchange(false))
        listener_->reply(handler.later, {200, "text/plain", "late", 0});
      if (done_now.exchange(false)) {
        handler.generous = true;
        listener_->bodyDone(handler.pieces, handler.came);
      }
      if (resume_now.exchange(false)) listener_->pauseReading(handler.paused, false);
      if (refuse_now.exchange(false)) listener_->stopAccepting();
      if (close_now.exchange(false)) listener_->closeAll(1001, "bye");
      while (!listener_->flush()) {
      }
    }
  }

  TemporaryFolder folder_;
  Certs certs_{folder_.path()};
  const bool tls_;
  std::unique_ptr<net::Listener> listener_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

inline std::string get(const std::string& path, const std::string& lines = {}) {
  return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n";
}

inline std::string receiveAll(RawSocket& socket) {
  std::string all;
  for (std::string more = socket.receive(); !more.empty(); more = socket.receive()) all += more;
  return all;
}

}  // namespace kith::testing
