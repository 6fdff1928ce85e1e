// SPDX-License-Identifier: Apache-2.0
// The io thread of the client: sockets, timers and posted tasks on one libwebsockets context. The
// handlers below are called on the loop's thread and only there.
#pragma once

#include <kith/log.hpp>
#include <kith/options.hpp>
#include <kith/reactor.hpp>
#include <kith/result.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/io_loop.hpp"

namespace kith::net {

/// Hears one connection. Exactly one onUp() or onDown() follows connect(); after onUp(), exactly
/// one onDown() (R8). Nothing comes after onDown().
class TransportHandler {
 public:
  virtual ~TransportHandler() = default;
  virtual void onUp() = 0;
  /// One whole text (or binary) message, fragments joined, with a writable byte behind it.
  virtual void onFrame(char* frame, std::size_t size) = 0;
  /// A PONG or PING came.
  virtual void onHeard() = 0;
  /// The connection is gone. `code` is the peer's close code, or 0; `error` says why in words, with
  /// Errc NetworkDown, NameNotResolved, ConnectionRefused, ProxyRefused, ProxyAuth, Tls...,
  /// Timeout.
  virtual void onDown(int code, Error error) = 0;
  /// The input that arrived together has been handed over; a good moment to send answers.
  virtual void onTurnEnd() = 0;
};

/// Where to connect and how.
struct ConnectRequest {
  std::string url;  ///< ws://host[:port][/path] or wss://...
  TlsOptions tls;
  ProxyOptions proxy;
  base::Millis timeout{15000};
  std::size_t max_frame_bytes{256 * 1024};
  std::string subprotocol{};  ///< offered to the server, which need not agree; empty = none
};

/// One WebSocket connection. Loop thread only; deleting it closes at once without onDown().
class Transport {
 public:
  virtual ~Transport() = default;
  /// Queues one text frame; the frames of a turn leave in one write.
  virtual void send(std::string_view frame) = 0;
  virtual void ping() = 0;
  /// Starts the closing handshake; onDown() follows within two seconds whatever the peer does.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  /// The server has agreed on ConnectRequest::subprotocol. From onUp() on.
  virtual bool agreed() const = 0;
  /// Bytes queued and not yet handed to the kernel.
  virtual std::size_t bufferedBytes() const = 0;
};

/// A timer that runs `fire` once at `deadline` (mono). Loop thread only; deleting it cancels.
class Timer {
 public:
  virtual ~Timer() = default;
  /// kNever disarms.
  virtual void arm(base::Millis deadline) = 0;
};

/// An HTTP exchange with the router or an application server.
struct HttpRequest {
  std::string method{"GET"};
  std::string url;
  std::vector<std::string> headers;
  std::string body;
  base::Millis timeout{10000};
  TlsOptions tls;
  ProxyOptions proxy;
  std::size_t max_answer_bytes{1024 * 1024};
};
struct HttpAnswer {
  int status{0};
  std::string body;
  /// Of the header Retry-After, in seconds or as a date; 0 without one, at most six hours.
  base::Millis retry_after{0};
  std::string content_type{};
  /// Where the header Location points to, as a whole URL; empty without one.
  std::string location{};
};
/// Called once, on the loop's thread.
using HttpCompletion = std::function<void(Result<HttpAnswer>)>;

/// The loop itself, behind kith::Reactor.
class Loop : public Reactor, public base::IoLoop {
 public:
  void dropLater(std::shared_ptr<void> part) override;

  // Loop thread only.
  /// `handler` outlives the returned transport. Never null: what is wrong comes as onDown(), later.
  virtual std::unique_ptr<Transport> connect(const ConnectRequest& request,
                                             TransportHandler& handler) = 0;
  virtual std::unique_ptr<Timer> makeTimer(std::function<void()> fire) = 0;
  /// Never blocks the loop; the exchange runs on a thread of its own.
  virtual void http(HttpRequest request, HttpCompletion done) = 0;
  static std::shared_ptr<Loop> make(const ReactorOptions& options);
};

/// Looks a name up; blocking, on the resolver thread. Tests inject a slow one (R16).
using Resolver = std::function<Result<std::vector<std::string>>(const std::string& host)>;
void setResolverForTests(Resolver resolver);

}  // namespace kith::net
