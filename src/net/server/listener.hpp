// SPDX-License-Identifier: Apache-2.0
// The listening side: WebSocket connections and small HTTP requests on one port. Owned by the
// server's loop thread, which may have threads of its own do the work; only wake() is for others.
#pragma once

#include <kith/result.hpp>
#include <kith/server_limits.hpp>
#include <kith/tls_version.hpp>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "net/server/accepted.hpp"
#include "net/server/http_file.hpp"
#include "net/server/ip_address.hpp"
#include "ws/ws_frame.hpp"

namespace kith::net {

struct SharedPort;

/// Names a WebSocket connection; used again only after onDisconnected().
using SocketId = std::uint32_t;
/// Names an HTTP request until it is answered or its connection is gone; never used again.
using RequestId = std::uint64_t;

struct ListenAddress {
  std::string host;  ///< numeric
  std::uint16_t port{0};
};

struct ListenOptions {
  std::string host;  ///< numeric
  std::uint16_t port{0};
  std::vector<ListenAddress> also;  ///< more addresses, served alike
  std::string tls_cert;             ///< empty = plain; check with checkTlsFiles() first
  std::string tls_key;
  TlsVersion tls_min_version{TlsVersion::Tls12};
  std::string tls_ciphers;           ///< empty = standardCiphers(); check with checkCiphers()
  std::string tls13_ciphers;         ///< empty = OpenSSL's
  std::vector<std::string> origins;  ///< web pages that may come, lower case; empty = any
  std::size_t frame_bytes{5120};     ///< a longer frame is handed over cut to one byte more
  std::size_t output_bytes{8u << 20};
  std::size_t max_connections{0};  ///< 0 = what the process may open
  ConnectionLimits connections;
  std::size_t threads{0};            ///< that read and write; 0 = serve() does it itself
  std::vector<std::string> headers;  ///< those that requests are to bring along, lower case
  /// They may name their client in X-Forwarded-For.
  std::vector<IpRange> trusted_proxies;
  bool proxy_protocol{false};  ///< and has to, in front of all else, in the PROXY protocol
  /// Subprotocols of WebSockets that the handler speaks. A client that offers none of them is
  /// served all the same, as one that has never heard of any.
  std::vector<std::string> subprotocols;
};

struct HttpCall {
  std::string method;
  std::string path;                                          ///< decoded, without the query
  std::vector<std::pair<std::string, std::string>> query;    ///< decoded
  std::string host;                                          ///< the Host header
  std::vector<std::pair<std::string, std::string>> headers;  ///< of ListenOptions::headers
  IpAddress remote;
  AddressKey from{0};           ///< of `remote`
  bool has_body{false};         ///< see Listener::takeBody()
  std::uint64_t body_bytes{0};  ///< as announced; 0 = that was not said
  /// The address has all that it may have: to be answered only with what is small and at hand.
  bool small_only{false};

  /// Empty when it is not there.
  std::string_view arg(std::string_view name) const;
  std::string_view header(std::string_view name) const;
  /// Bytes of all texts.
  std::size_t weight() const;
};

/// An answer: a text, a part of a file, or a beginning that sendPart() goes on with.
struct HttpReply {
  int status{200};
  std::string type{"application/json"};
  std::string body;
  int retry_after{0};                      ///< seconds; 0 = says nothing of it
  std::string headers{};                   ///< more lines of the head, with CRLF each
  std::string allow{};                     ///< methods that work here, of 405 and of OPTIONS
  std::shared_ptr<const HttpFile> file{};  ///< instead of `body`
  std::uint64_t file_begin{0};             ///< what is sent of it: from here
  std::uint64_t file_end{0};               ///< to the byte before this one
  bool parts{false};                       ///< the body comes with sendPart()
};

/// How a handler wants a body.
enum class BodyMode : std::uint8_t {
  Whole,   ///< in one piece, when all of it is there
  Pieces,  ///< as it comes, and no more than kBodyWindow before it is done with some
};

/// Bytes of a body in pieces that a handler may have before it says that it is done with some.
inline constexpr std::size_t kBodyWindow = 64u * 1024;

/// Hears what comes in, inside Listener::serve() only. Any call of the listener is legal there.
class ListenerHandler {
 public:
  virtual ~ListenerHandler() = default;
  virtual void onConnected(SocketId socket, const Accepted& how) = 0;
  /// One whole message with a writable byte behind it; the bytes may be changed.
  virtual void onFrame(SocketId socket, char* frame, std::size_t size, ws::FrameKind kind) = 0;
  /// The other side is alive: a PING or PONG came, or its kernel took bytes.
  virtual void onHeard(SocketId socket) = 0;
  /// All that was sent so far has left for the kernel.
  virtual void onDrained(SocketId socket) = 0;
  /// Once; nothing comes after it.
  virtual void onDisconnected(SocketId socket) = 0;
  /// Answer with reply(), now or later. A body is read when takeBody() asks for it; a request whose
  /// body was not read to its end is the last of its connection.
  virtual void onHttp(RequestId request, const HttpCall& call) = 0;
  /// What takeBody() asked for. With BodyMode::Pieces, `last` may come with an empty piece.
  virtual void onBody(RequestId request, std::string_view bytes, bool last);
  /// All parts so far have left for the kernel, and the answer is not finished.
  virtual void onPartsDrained(RequestId request);
  /// A request whose body was taken, or whose answer is sent in parts, is over before its answer
  /// was: its connection broke, or the body was too long or malformed. Told for each of them, also
  /// when it was over before takeBody() or reply(), then maybe from inside of the call.
  virtual void onRequestGone(RequestId request);
};

class Listener {
 public:
  /// Listens. InvalidArgument with one clear line when the address cannot be had. `handler` and
  /// `log` outlive it.
  static Result<std::unique_ptr<Listener>> open(const ListenOptions& options,
                                                ListenerHandler& handler);
  /// The same with what SharedPort::make() gave for these options.
  static Result<std::unique_ptr<Listener>> open(const ListenOptions& options,
                                                ListenerHandler& handler,
                                                std::shared_ptr<SharedPort> shared);
  virtual ~Listener() = default;

  /// The ports it really has: of the first address, then of the others.
  virtual const std::vector<std::uint16_t>& ports() const = 0;
  std::uint16_t port() const { return ports().front(); }

  /// Waits for something to happen, and has the handler hear all that arrived together.
  virtual void serve() = 0;
  /// The turn is over: sends what was queued, each connection's in one write, and tells what is
  /// drained. False: a handler queued more meanwhile; call it again.
  virtual bool flush() = 0;
  /// serve() returns at this time (mono) at the latest; kNever = whenever.
  virtual void setDeadline(base::Millis deadline, base::Millis now) = 0;
  /// Makes serve() return. Any thread, as long as the listener lives.
  virtual void wake() = 0;

  /// Queues one frame, given in parts. Beyond the output limit the connection is closed with
  /// 1013 instead, and what it did not take is dropped. Nothing happens after close().
  virtual void send(SocketId socket, std::initializer_list<std::string_view> parts,
                    ws::FrameKind kind) = 0;
  /// Sends what is queued and a close frame; drops the connection when the other side has answered
  /// it, or took less than it must within two seconds. onDisconnected() follows, but never from
  /// inside this call.
  virtual void close(SocketId socket, std::uint16_t code, std::string_view reason) = 0;
  /// While paused, what the other side sends stays in the kernel, but for what was read already.
  virtual void pauseReading(SocketId socket, bool paused) = 0;
  /// Where the address has no room for it, and it is not small, the answer is 503 instead.
  virtual void reply(RequestId request, HttpReply reply) = 0;
  /// The body of a request may come, and have `limit` bytes; a longer one is answered with 413, and
  /// one that its address has no room for with 503. onBody() or onRequestGone() follows, this one
  /// maybe from inside of the call.
  virtual void takeBody(RequestId request, std::uint64_t limit, BodyMode mode) = 0;
  /// So many bytes of the pieces were dealt with: as many more may come.
  virtual void bodyDone(RequestId request, std::size_t bytes) = 0;
  /// Goes on with a reply that has `parts`. The connection is cut when its reader is too far
  /// behind.
  virtual void sendPart(RequestId request, std::string bytes, bool last) = 0;
  /// The connection has a session now, which ConnectionLimits make a difference of.
  virtual void sessionOpened(SocketId socket) = 0;
  /// It showed a bad signature: its address may not do so for ever.
  virtual void signatureRefused(SocketId socket) = 0;
  /// From now on new connections are closed at once.
  virtual void stopAccepting() = 0;
  /// WebSocket connections that are there.
  virtual std::size_t connections() const = 0;
  virtual void closeAll(std::uint16_t code, std::string_view reason) = 0;
};

}  // namespace kith::net
