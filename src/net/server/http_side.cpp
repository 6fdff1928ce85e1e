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
bool EpollListener::HttpSide::isBusy(const Guest& guest) {
  return guest.isAnswering() || guest.out.waiting() >= kUnreadReplies;
}

void EpollListener::HttpSide::read(Guest& guest) {
  if (guest.readsBody()) return readBody(guest);
  if (isBusy(guest)) return;
  if (guest.http && guest.http->hasNews()) {
    std::string text = std::exchange(guest.http->in, {});
    text.push_back('\0');
    understand(guest, text.data(), text.size() - 1);
    if (guest.state != Guest::State::Http || isBusy(guest)) return;
  }
  const std::size_t kept = guest.http ? guest.http->in.size() : 0;
  const IoResult got = guest.stream.read(listener_.input_.data(), ws::kHeadBytes - kept);
  if (got.how == Io::Again) return;
  if (got.how == Io::Broken) return listener_.end(guest);
  if (got.how == Io::End) {
    guest.ended = true;
    return listener_.finish(guest);
  }
  if (kept == 0) {
    understand(guest, listener_.input_.data(), got.bytes);
  } else {
    std::string text = std::exchange(guest.http->in, {});
    text.append(listener_.input_.data(), got.bytes).push_back('\0');
    understand(guest, text.data(), text.size() - 1);
  }
  if (guest.stream.hasMore()) listener_.lookAgain(guest);
}

// Takes as many requests as are whole; behind the handshake of a WebSocket there may be frames.
void EpollListener::HttpSide::understand(Guest& guest, char* bytes, std::size_t size) {
  std::size_t known = guest.http ? std::exchange(guest.http->known, 0) : 0;
  while (size > 0 && guest.state == Guest::State::Http) {
    if (isBusy(guest)) return keep(guest, {bytes, size}, 0);
    const std::size_t skipped = ws::emptyLines({bytes, size});
    bytes += skipped;
    size -= skipped;
    const std::size_t head = ws::headSize({bytes, size}, std::exchange(known, 0));
    if (!ws::mayBeHead({bytes, size}))
      return turnAway(guest, formatRefusal(400, "this is no HTTP"));
    if (head == 0 && size >= ws::kHeadBytes) {
      return turnAway(guest, formatRefusal(431, "the head of the request is too long"));
    }
    if (head == 0) return keep(guest, {bytes, size}, size);
    if (!ws::readHead({bytes, head}, head_)) {
      return turnAway(guest, formatRefusal(400, "this is no good HTTP"));
    }
    onHead(guest, head_);
    bytes += head;
    size -= head;
  }
  if (size > 0 && guest.isSocket()) listener_.feed(guest, bytes, size);
}

void EpollListener::HttpSide::keep(Guest& guest, std::string_view rest, std::size_t known) {
  if (!guest.http) guest.http = std::make_unique<HttpExchange>();
  guest.http->in = rest;
  guest.http->known = known;
}

void EpollListener::HttpSide::turnAway(Guest& guest, std::string answer) {
  listener_.shared_->turned_away.fetch_add(1, std::memory_order_relaxed);
  guest.out.addBytes(std::move(answer));
  listener_.finish(guest);
}

// A body that is not read must not become the next request.
void EpollListener::HttpSide::onHead(Guest& guest, const ws::HttpHead& head) {
  if (guest.from_proxy && !listener_.identify(guest, head)) {
    return turnAway(guest, formatRefusal(503, kTooMany));
  }
  const BodyFraming framing = framingOf(head);
  if (framing.kind == BodyFraming::Kind::Bad) {
    return turnAway(guest, formatRefusal(400, "the length of the body is not clear"));
  }
  if (framing.kind == BodyFraming::Kind::Unknown) {
    return turnAway(guest, formatRefusal(501, "a body is understood plain or in chunks"));
  }
  if (!ws::asksForWebSocket(head)) return onRequest(guest, head, framing);
  if (framing.hasBody()) return turnAway(guest, formatRefusal(413, "no body is taken here"));
  if (guest.refused) return turnAway(guest, formatRefusal(503, kTooMany));
  onUpgrade(guest, head);
}

// A browser sends the page's Origin with every WebSocket handshake, and there is no CORS to hold a
// page of somebody else's back: only this does.
void EpollListener::HttpSide::onUpgrade(Guest& guest, const ws::HttpHead& head) {
  const Origin origin = originOf(head, listener_.options_.origins);
  if (!origin.allowed) {
    return turnAway(guest, formatHttpReply(kForeignPage, {origin.readers, false, true}));
  }
  if (const std::string refusal = ws::whyNoWebSocket(head); !refusal.empty()) {
    return turnAway(guest, refusal);
  }
  Accepted how;
  how.path = head.path;
  how.query = head.query;
  how.subprotocol = ws::chooseSubprotocol(head, listener_.options_.subprotocols);
  how.origin = head.header("origin");
  how.remote = guest.remote;
  guest.out.addBytes(ws::welcomeWebSocket(head, how.subprotocol));
  listener_.enqueue(guest);
  guest.http.reset();
  guest.state = Guest::State::Open;
  DeadlineList::clear(guest);
  listener_.shared_->connections.fetch_add(1, std::memory_order_relaxed);
  listener_.handler_.onConnected(guest.id, how);
}

void EpollListener::HttpSide::onRequest(Guest& guest, const ws::HttpHead& head,
                                        const BodyFraming& framing) {
  if (!listener_.accepting_) return listener_.end(guest);
  if (!listener_.shared_->addresses.ask(guest.address, listener_.now_)) {
    return turnAway(guest, formatRefusal(503, kTooMany));
  }
  HttpCall call;
  call.remote = guest.remote;
  call.from = guest.address;
  call.has_body = framing.hasBody();
  call.body_bytes = framing.length;
  call.small_only =
      guest.refused || !listener_.shared_->addresses.hasRoom(guest.address, kSmallReply);
  if (!readHttpCall(head, listener_.options_.headers, call)) {
    return turnAway(guest, formatRefusal(400, "a percent sign is broken"));
  }
  const Origin origin = originOf(head, listener_.options_.origins);
  if (!guest.http) guest.http = std::make_unique<HttpExchange>();
  HttpExchange& exchange = *guest.http;
  const RequestId request = RequestId{++last_request_} << kSlotBits | guest.id;
  exchange.request = request;
  exchange.without_body = head.method == "HEAD";
  exchange.stays_open = !guest.refused && staysOpen(head);
  exchange.chunked = head.minor == 1;
  exchange.readers = origin.readers;
  exchange.body.reset();
  if (framing.hasBody()) beginBody(guest, head, framing);
  if (!guest.pacing) DeadlineList::clear(guest);
  if (origin.allowed) {
    listener_.handler_.onHttp(request, call);
  } else {
    reply(request, kForeignPage);
  }
}

HttpExchange* EpollListener::HttpSide::findExchange(RequestId request, Guest*& guest) {
  guest = listener_.at(static_cast<SocketId>(request & ((1u << kSlotBits) - 1)));
  if (guest == nullptr || !guest->http || guest->http->request != request) return nullptr;
  return guest->http.get();
}

// A body that is not read to its end would be taken for the next request.
void EpollListener::HttpSide::reply(RequestId request, HttpReply reply) {
  Guest* guest = nullptr;
  HttpExchange* const exchange = findExchange(request, guest);
  if (exchange == nullptr) {
    if (reply.parts) listener_.handler_.onRequestGone(request);
    return;
  }
  if (exchange->isUnfinished()) return;
  if (exchange->body && !exchange->body->whole) exchange->stays_open = false;
  exchange->body.reset();
  const std::size_t size = exchange->without_body ? 0 : reply.file ? kFilePiece : reply.body.size();
  const bool small = size <= kSmallReply && guest->out.waiting() == 0;
  if (!small && !listener_.shared_->addresses.hasRoom(guest->address, size)) {
    forgetRequest(*guest);
    return turnAway(*guest, formatRefusal(503, kNoRoom));
  }
  const bool chunked = reply.parts && exchange->chunked;
  if (reply.parts && !chunked) exchange->stays_open = false;
  guest->out.addBytes(formatHttpReply(
      reply, {exchange->readers, exchange->without_body, !exchange->stays_open, chunked}));
  exchange->parts = reply.parts;
  exchange->chunked = chunked;
  if (reply.file && !exchange->without_body) {
    exchange->file = std::move(reply.file);
    exchange->file_at = reply.file_begin;
    exchange->file_end = reply.file_end;
  }
  if (!small) listener_.account(*guest);
  listener_.enqueue(*guest);
  if (exchange->file) return sendFile(*guest);
  if (!exchange->parts) answered(*guest);
}

/// All of the answer is on its way.
void EpollListener::HttpSide::answered(Guest& guest) {
  HttpExchange& exchange = *guest.http;
  exchange.file.reset();
  exchange.parts = false;
  forgetRequest(guest);
  if (!exchange.stays_open) return listener_.finish(guest);
  if (!guest.pacing) listener_.handshakes_.set(guest, listener_.now_);
  listener_.enqueue(guest);
}

void EpollListener::HttpSide::forgetRequest(Guest& guest) {
  if (guest.http) guest.http->request = 0;
}

// Behind an answer the time of the next request begins.
void EpollListener::HttpSide::onAllSent(Guest& guest, bool paced) {
  if (guest.isAnswering() && guest.http->isUnfinished()) return sendFile(guest);
  if (paced && guest.isAnswering() && !guest.readsBody()) DeadlineList::clear(guest);
  if (paced && (!guest.isAnswering() || guest.readsBody())) {
    listener_.handshakes_.set(guest, listener_.now_);
  }
  if (guest.http && !isBusy(guest) && guest.http->hasNews()) listener_.lookAgain(guest);
}

void EpollListener::HttpSide::dropRequest(Guest& guest) {
  if (!guest.http || guest.http->request == 0) return;
  HttpExchange& exchange = *guest.http;
  const RequestId request = std::exchange(exchange.request, 0);
  const bool told = exchange.parts || (exchange.body && exchange.body->wanted);
  exchange.body.reset();
  exchange.file.reset();
  exchange.parts = false;
  if (told) listener_.handler_.onRequestGone(request);
}

}  // namespace kith::net
