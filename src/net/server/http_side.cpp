// SPDX-License-Identifier: Apache-2.0
// Requests: one after another on a connection, until one of them makes it a WebSocket.
#include "net/server/http_side.hpp"

#include <utility>

#include "net/server/http_reply.hpp"
#include "ws/ws_handshake.hpp"

namespace kith::net {
namespace {

// A request names its connection, whose numbers have this many bits; Linux opens far fewer files.
// Its own have 32, and a connection has one at a time.
constexpr int kSlotBits = 24;
// Beyond so many bytes of answers that were not read the next request waits.
constexpr std::size_t kUnreadReplies = 65536;
constexpr const char* kTooMany = "too many connections or requests; try again later";
constexpr const char* kNoRoom =
    "too much waits to be read; read it, ask for less at a time, or try again later";
// An answer of so few bytes goes out on a connection where nothing else waits, however much its
// address keeps waiting: that there is a server, and where.
constexpr std::size_t kSmallReply = 4096;

const HttpReply kForeignPage{403, "application/json",
                             R"({"code":403,"error":"this page may not use this server"})", 0};

}  // namespace

/// No further request is read for now.
bool EpollListener::HttpSide::isBusy(const Connection& connection) {
  return connection.isAnswering() || connection.out.waiting() >= kUnreadReplies;
}

void EpollListener::HttpSide::read(Connection& connection) {
  if (connection.readsBody()) return readBody(connection);
  if (isBusy(connection)) return;
  if (connection.http && connection.http->hasNews()) {
    std::string text = std::exchange(connection.http->in, {});
    text.push_back('\0');
    understand(connection, text.data(), text.size() - 1);
    if (connection.state != Connection::State::Http || isBusy(connection)) return;
  }
  const std::size_t kept = connection.http ? connection.http->in.size() : 0;
  const IoResult got = connection.stream.read(listener_.input_.data(), ws::kHeadBytes - kept);
  if (got.how == Io::Again) return;
  if (got.how == Io::Broken) return listener_.end(connection);
  if (got.how == Io::End) {
    connection.ended = true;
    return listener_.finish(connection);
  }
  if (kept == 0) {
    understand(connection, listener_.input_.data(), got.bytes);
  } else {
    std::string text = std::exchange(connection.http->in, {});
    text.append(listener_.input_.data(), got.bytes).push_back('\0');
    understand(connection, text.data(), text.size() - 1);
  }
  if (connection.stream.hasMore()) listener_.lookAgain(connection);
}

// Takes as many requests as are whole; behind the handshake of a WebSocket there may be frames.
void EpollListener::HttpSide::understand(Connection& connection, char* bytes, std::size_t size) {
  std::size_t known = connection.http ? std::exchange(connection.http->known, 0) : 0;
  while (size > 0 && connection.state == Connection::State::Http) {
    if (isBusy(connection)) return keep(connection, {bytes, size}, 0);
    const std::size_t skipped = ws::emptyLines({bytes, size});
    bytes += skipped;
    size -= skipped;
    const std::size_t head = ws::headSize({bytes, size}, std::exchange(known, 0));
    if (!ws::mayBeHead({bytes, size}))
      return reject(connection, formatRefusal(400, "this is no HTTP"));
    if (head == 0 && size >= ws::kHeadBytes) {
      return reject(connection, formatRefusal(431, "the head of the request is too long"));
    }
    if (head == 0) return keep(connection, {bytes, size}, size);
    if (!ws::readHead({bytes, head}, head_)) {
      return reject(connection, formatRefusal(400, "this is no good HTTP"));
    }
    onHead(connection, head_);
    bytes += head;
    size -= head;
  }
  if (size > 0 && connection.isSocket()) listener_.feed(connection, bytes, size);
}

void EpollListener::HttpSide::keep(Connection& connection, std::string_view rest,
                                   std::size_t known) {
  if (!connection.http) connection.http = std::make_unique<HttpExchange>();
  connection.http->in = rest;
  connection.http->known = known;
}

void EpollListener::HttpSide::reject(Connection& connection, std::string answer) {
  listener_.shared_->turned_away.fetch_add(1, std::memory_order_relaxed);
  connection.out.addBytes(std::move(answer));
  listener_.finish(connection);
}

// A body that is not read must not become the next request.
void EpollListener::HttpSide::onHead(Connection& connection, const ws::HttpHead& head) {
  if (connection.from_proxy && !listener_.identify(connection, head)) {
    return reject(connection, formatRefusal(503, kTooMany));
  }
  const BodyFraming framing = framingOf(head);
  if (framing.kind == BodyFraming::Kind::Bad) {
    return reject(connection, formatRefusal(400, "the length of the body is not clear"));
  }
  if (framing.kind == BodyFraming::Kind::Unknown) {
    return reject(connection, formatRefusal(501, "a body is understood plain or in chunks"));
  }
  if (!ws::asksForWebSocket(head)) return onRequest(connection, head, framing);
  if (framing.hasBody()) return reject(connection, formatRefusal(413, "no body is taken here"));
  if (connection.refused) return reject(connection, formatRefusal(503, kTooMany));
  onUpgrade(connection, head);
}

// A browser sends the page's Origin with every WebSocket handshake, and there is no CORS to hold a
// foreign page back: only this does.
void EpollListener::HttpSide::onUpgrade(Connection& connection, const ws::HttpHead& head) {
  const Origin origin = originOf(head, listener_.options_.origins);
  if (!origin.allowed) {
    return reject(connection, formatHttpReply(kForeignPage, {origin.cors_headers, false, true}));
  }
  if (const std::string refusal = ws::handshakeError(head); !refusal.empty()) {
    return reject(connection, refusal);
  }
  Accepted how;
  how.path = head.path;
  how.query = head.query;
  how.subprotocol = ws::chooseSubprotocol(head, listener_.options_.subprotocols);
  how.origin = head.header("origin");
  how.remote = connection.remote;
  connection.out.addBytes(ws::switchingProtocols(head, how.subprotocol));
  listener_.enqueue(connection);
  connection.http.reset();
  connection.state = Connection::State::Open;
  DeadlineList::clear(connection);
  listener_.shared_->connections.fetch_add(1, std::memory_order_relaxed);
  listener_.handler_.onConnected(connection.id, how);
}

void EpollListener::HttpSide::onRequest(Connection& connection, const ws::HttpHead& head,
                                        const BodyFraming& framing) {
  if (!listener_.accepting_) return listener_.end(connection);
  if (!listener_.shared_->addresses.ask(connection.address, listener_.now_)) {
    return reject(connection, formatRefusal(503, kTooMany));
  }
  HttpCall call;
  call.remote = connection.remote;
  call.from = connection.address;
  call.has_body = framing.hasBody();
  call.body_bytes = framing.length;
  call.small_only =
      connection.refused || !listener_.shared_->addresses.hasRoom(connection.address, kSmallReply);
  if (!readHttpCall(head, listener_.options_.headers, call)) {
    return reject(connection, formatRefusal(400, "a percent sign is broken"));
  }
  const Origin origin = originOf(head, listener_.options_.origins);
  if (!connection.http) connection.http = std::make_unique<HttpExchange>();
  HttpExchange& exchange = *connection.http;
  const RequestId request = RequestId{++last_request_} << kSlotBits | connection.id;
  exchange.request = request;
  exchange.without_body = head.method == "HEAD";
  exchange.stays_open = !connection.refused && staysOpen(head);
  exchange.chunked = head.minor == 1;
  exchange.cors_headers = origin.cors_headers;
  exchange.body.reset();
  if (framing.hasBody()) beginBody(connection, head, framing);
  if (!connection.pacing) DeadlineList::clear(connection);
  if (origin.allowed) {
    listener_.handler_.onHttp(request, call);
  } else {
    reply(request, kForeignPage);
  }
}

HttpExchange* EpollListener::HttpSide::findExchange(RequestId request, Connection*& connection) {
  connection = listener_.at(static_cast<SocketId>(request & ((1u << kSlotBits) - 1)));
  if (connection == nullptr || !connection->http || connection->http->request != request)
    return nullptr;
  return connection->http.get();
}

// A body that is not read to its end would be taken for the next request.
void EpollListener::HttpSide::reply(RequestId request, HttpReply reply) {
  Connection* connection = nullptr;
  HttpExchange* const exchange = findExchange(request, connection);
  if (exchange == nullptr) {
    if (reply.parts) listener_.handler_.onRequestGone(request);
    return;
  }
  if (exchange->isUnfinished()) return;
  if (exchange->body && !exchange->body->whole) exchange->stays_open = false;
  exchange->body.reset();
  const std::size_t size = exchange->without_body ? 0 : reply.file ? kFilePiece : reply.body.size();
  const bool small = size <= kSmallReply && connection->out.waiting() == 0;
  if (!small && !listener_.shared_->addresses.hasRoom(connection->address, size)) {
    forgetRequest(*connection);
    return reject(*connection, formatRefusal(503, kNoRoom));
  }
  const bool chunked = reply.parts && exchange->chunked;
  if (reply.parts && !chunked) exchange->stays_open = false;
  connection->out.addBytes(formatHttpReply(
      reply, {exchange->cors_headers, exchange->without_body, !exchange->stays_open, chunked}));
  exchange->parts = reply.parts;
  exchange->chunked = chunked;
  if (reply.file && !exchange->without_body) {
    exchange->file = std::move(reply.file);
    exchange->file_at = reply.file_begin;
    exchange->file_end = reply.file_end;
  }
  if (!small) listener_.account(*connection);
  listener_.enqueue(*connection);
  if (exchange->file) return sendFile(*connection);
  if (!exchange->parts) answered(*connection);
}

/// All of the answer is on its way.
void EpollListener::HttpSide::answered(Connection& connection) {
  HttpExchange& exchange = *connection.http;
  exchange.file.reset();
  exchange.parts = false;
  forgetRequest(connection);
  if (!exchange.stays_open) return listener_.finish(connection);
  if (!connection.pacing) listener_.handshakes_.set(connection, listener_.now_);
  listener_.enqueue(connection);
}

void EpollListener::HttpSide::forgetRequest(Connection& connection) {
  if (connection.http) connection.http->request = 0;
}

// Behind an answer the time of the next request begins.
void EpollListener::HttpSide::onAllSent(Connection& connection, bool paced) {
  if (connection.isAnswering() && connection.http->isUnfinished()) return sendFile(connection);
  if (paced && connection.isAnswering() && !connection.readsBody()) DeadlineList::clear(connection);
  if (paced && (!connection.isAnswering() || connection.readsBody())) {
    listener_.handshakes_.set(connection, listener_.now_);
  }
  if (connection.http && !isBusy(connection) && connection.http->hasNews())
    listener_.lookAgain(connection);
}

void EpollListener::HttpSide::dropRequest(Connection& connection) {
  if (!connection.http || connection.http->request == 0) return;
  HttpExchange& exchange = *connection.http;
  const RequestId request = std::exchange(exchange.request, 0);
  const bool told = exchange.parts || (exchange.body && exchange.body->wanted);
  exchange.body.reset();
  exchange.file.reset();
  exchange.parts = false;
  if (told) listener_.handler_.onRequestGone(request);
}

}  // namespace kith::net
