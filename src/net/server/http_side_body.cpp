// SPDX-License-Identifier: Apache-2.0
// What is long in requests and answers: bodies on their way in, files and parts on their way out.
#include <algorithm>
#include <charconv>
#include <utility>

#include "net/server/http_reply.hpp"
#include "net/server/http_side.hpp"

namespace kith::net {
namespace {

constexpr const char* kTooLong = "the body is too long";

std::string hexOf(std::size_t number) {
  char digits[2 * sizeof number];
  const auto end = std::to_chars(digits, digits + sizeof digits, number, 16).ptr;
  return {digits, end};
}

}  // namespace

void EpollListener::HttpSide::beginBody(Guest& guest, const ws::HttpHead& head,
                                        const BodyFraming& framing) {
  guest.http->body = std::make_unique<IncomingBody>(framing);
  guest.http->body->awaited = head.minor == 1 && head.lists("expect", "100-continue");
}

void EpollListener::HttpSide::takeBody(RequestId request, std::uint64_t limit, BodyMode mode) {
  Guest* guest = nullptr;
  HttpExchange* const exchange = findExchange(request, guest);
  // It went before its handler could ask: on another thread that takes a while.
  if (exchange == nullptr) return listener_.handler_.onRequestGone(request);
  if (!exchange->body || exchange->body->wanted) return;
  IncomingBody& body = *exchange->body;
  body.wanted = true;
  body.limit = limit;
  body.mode = mode;
  body.window = kBodyWindow;
  if (body.length > limit) return turnAway(*guest, formatRefusal(413, kTooLong));
  if (body.awaited && exchange->in.empty()) {
    guest->out.addBytes("HTTP/1.1 100 Continue\r\n\r\n");
    listener_.enqueue(*guest);
  }
  if (!guest->pacing) listener_.handshakes_.set(*guest, listener_.now_);
  listener_.lookAgain(*guest);
}

void EpollListener::HttpSide::bodyDone(RequestId request, std::size_t bytes) {
  Guest* guest = nullptr;
  HttpExchange* const exchange = findExchange(request, guest);
  if (exchange == nullptr || !exchange->body) return;
  exchange->body->window = std::min(exchange->body->window + bytes, kBodyWindow);
  listener_.lookAgain(*guest);
}

// What is read is never more than may be kept of it: framing makes a body longer, not shorter.
void EpollListener::HttpSide::readBody(Guest& guest) {
  HttpExchange& exchange = *guest.http;
  if (exchange.hasNews()) {
    exchange.known = 0;
    const std::string text = std::exchange(exchange.in, {});
    return takeBodyBytes(guest, text);
  }
  const IncomingBody& body = *exchange.body;
  const std::size_t room = body.mode == BodyMode::Pieces ? body.window : kReadBytes;
  const IoResult got = guest.stream.read(listener_.input_.data(), std::min(room, kReadBytes));
  if (got.how == Io::Again) return;
  if (got.how == Io::Broken) return listener_.end(guest);
  if (got.how == Io::End) {
    guest.ended = true;
    return listener_.finish(guest);
  }
  takeBodyBytes(guest, {listener_.input_.data(), got.bytes});
  if (guest.state == Guest::State::Http && guest.stream.hasMore()) listener_.lookAgain(guest);
}

void EpollListener::HttpSide::takeBodyBytes(Guest& guest, std::string_view bytes) {
  IncomingBody& body = *guest.http->body;
  const std::size_t room = body.mode == BodyMode::Pieces ? body.window : bytes.size();
  const std::size_t before = body.bytes.size();
  std::string_view piece = bytes.substr(0, room);
  const BodyReader::State state = body.reader.read(piece, body.bytes);
  const std::size_t used = std::min(room, bytes.size()) - piece.size();
  body.progress += used;
  body.taken += body.bytes.size() - before;
  if (const std::string_view rest = bytes.substr(used); !rest.empty()) keep(guest, rest, 0);
  onBodyBytes(guest, state);
  if (guest.state != Guest::State::Http || !guest.http->hasNews()) return;
  if (guest.readsBody() || !isBusy(guest)) listener_.lookAgain(guest);
}

// The handler may answer, and the exchange be over, inside of onBody().
void EpollListener::HttpSide::onBodyBytes(Guest& guest, BodyReader::State state) {
  IncomingBody& body = *guest.http->body;
  if (state == BodyReader::State::Bad) {
    return turnAway(guest, formatRefusal(400, "this is no good body"));
  }
  if (body.taken > body.limit) return turnAway(guest, formatRefusal(413, kTooLong));
  body.whole = state == BodyReader::State::Whole;
  if (body.whole && !guest.pacing) DeadlineList::clear(guest);
  if (body.mode == BodyMode::Whole && !body.whole) {
    if (listener_.account(guest)) return;
    return turnAway(guest, formatRefusal(503, "too many bodies are on their way; try again later"));
  }
  if (body.bytes.empty() && !body.whole) return;
  const std::string piece = std::exchange(body.bytes, {});
  body.window -= std::min(body.window, piece.size());
  const bool last = body.whole;
  const RequestId request = guest.http->request;
  listener_.handler_.onBody(request, piece, last);
  listener_.account(guest);
}

// Whoever sends a body has the pace of one who reads an answer, but for while the handler is not
// done with what it has.
bool EpollListener::HttpSide::keepsPace(Guest& guest, const DeadlineList& list) const {
  if (guest.state != Guest::State::Http || !guest.isAnswering() || !guest.http->body) return false;
  IncomingBody& body = *guest.http->body;
  if (!body.mayRead()) return true;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(list.length()).count();
  const std::uint64_t least =
      listener_.options_.connections.least_bytes_per_second * static_cast<std::uint64_t>(seconds);
  const std::uint64_t got = std::exchange(body.progress, 0);
  return got > 0 && got >= least;
}

void EpollListener::HttpSide::sendPart(RequestId request, std::string bytes, bool last) {
  Guest* guest = nullptr;
  HttpExchange* const exchange = findExchange(request, guest);
  if (exchange == nullptr || !exchange->parts) return;
  if (guest->out.waiting() > listener_.options_.output_bytes) return;  // it is about to be cut
  const bool chunked = exchange->chunked && !exchange->without_body;
  if (!bytes.empty() && !exchange->without_body) {
    if (chunked) bytes.insert(0, hexOf(bytes.size()) + "\r\n").append("\r\n");
    guest->out.addBytes(std::move(bytes));
  }
  if (last && chunked) guest->out.addBytes("0\r\n\r\n");
  listener_.enqueue(*guest);
  // The end that is missing tells the other side that this was not all.
  if (!listener_.account(*guest) || guest->out.waiting() > listener_.options_.output_bytes) {
    listener_.ends_.setDue(*guest);
    return;
  }
  if (last) answered(*guest);
}

// Called again when all that was queued has left. What is read from the disk keeps others waiting
// as long as a piece takes, which is in the system's memory mostly.
void EpollListener::HttpSide::sendFile(Guest& guest) {
  HttpExchange& exchange = *guest.http;
  if (!exchange.file) return listener_.handler_.onPartsDrained(exchange.request);
  const std::uint64_t left = exchange.file_end - exchange.file_at;
  std::string piece;
  const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(left, kFilePiece));
  // A file that has become shorter: the length was promised already.
  if (left > 0 && !exchange.file->read(exchange.file_at, room, piece))
    return listener_.ends_.setDue(guest);
  exchange.file_at += piece.size();
  guest.out.addBytes(std::move(piece));
  listener_.enqueue(guest);
  if (exchange.file_at == exchange.file_end) answered(guest);
}

}  // namespace kith::net
