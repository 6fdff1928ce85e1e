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

void EpollListener::HttpSide::beginBody(Connection& connection, const ws::HttpHead& head,
                                        const BodyFraming& framing) {
  connection.http->body = std::make_unique<IncomingBody>(framing);
  connection.http->body->awaited = head.minor == 1 && head.lists("expect", "100-continue");
}

void EpollListener::HttpSide::takeBody(RequestId request, std::uint64_t limit, BodyMode mode) {
  Connection* connection = nullptr;
  HttpExchange* const exchange = findExchange(request, connection);
  // It went before its handler could ask: on another thread that takes a while.
  if (exchange == nullptr) return listener_.handler_.onRequestGone(request);
  if (!exchange->body || exchange->body->wanted) return;
  IncomingBody& body = *exchange->body;
  body.wanted = true;
  body.limit = limit;
  body.mode = mode;
  body.window = kBodyWindow;
  if (body.length > limit) return reject(*connection, formatRefusal(413, kTooLong));
  if (body.awaited && exchange->in.empty()) {
    connection->out.addBytes("HTTP/1.1 100 Continue\r\n\r\n");
    listener_.enqueue(*connection);
  }
  if (!connection->pacing) listener_.handshakes_.set(*connection, listener_.now_);
  listener_.lookAgain(*connection);
}

void EpollListener::HttpSide::bodyDone(RequestId request, std::size_t bytes) {
  Connection* connection = nullptr;
  HttpExchange* const exchange = findExchange(request, connection);
  if (exchange == nullptr || !exchange->body) return;
  exchange->body->window = std::min(exchange->body->window + bytes, kBodyWindow);
  listener_.lookAgain(*connection);
}

// What is read is never more than may be kept of it: framing makes a body longer, not shorter.
void EpollListener::HttpSide::readBody(Connection& connection) {
  HttpExchange& exchange = *connection.http;
  if (exchange.hasNews()) {
    exchange.known = 0;
    const std::string text = std::exchange(exchange.in, {});
    return takeBodyBytes(connection, text);
  }
  const IncomingBody& body = *exchange.body;
  const std::size_t room = body.mode == BodyMode::Pieces ? body.window : kReadBytes;
  const IoResult got = connection.stream.read(listener_.input_.data(), std::min(room, kReadBytes));
  if (got.how == Io::Again) return;
  if (got.how == Io::Broken) return listener_.end(connection);
  if (got.how == Io::End) {
    connection.ended = true;
    return listener_.finish(connection);
  }
  takeBodyBytes(connection, {listener_.input_.data(), got.bytes});
  if (connection.state == Connection::State::Http && connection.stream.hasMore())
    listener_.lookAgain(connection);
}

void EpollListener::HttpSide::takeBodyBytes(Connection& connection, std::string_view bytes) {
  IncomingBody& body = *connection.http->body;
  const std::size_t room = body.mode == BodyMode::Pieces ? body.window : bytes.size();
  const std::size_t before = body.bytes.size();
  std::string_view piece = bytes.substr(0, room);
  const BodyReader::State state = body.reader.read(piece, body.bytes);
  const std::size_t used = std::min(room, bytes.size()) - piece.size();
  body.progress += used;
  body.taken += body.bytes.size() - before;
  if (const std::string_view rest = bytes.substr(used); !rest.empty()) keep(connection, rest, 0);
  onBodyBytes(connection, state);
  if (connection.state != Connection::State::Http || !connection.http->hasNews()) return;
  if (connection.readsBody() || !isBusy(connection)) listener_.lookAgain(connection);
}

// The handler may answer, and the exchange be over, inside of onBody().
void EpollListener::HttpSide::onBodyBytes(Connection& connection, BodyReader::State state) {
  IncomingBody& body = *connection.http->body;
  if (state == BodyReader::State::Bad) {
    return reject(connection, formatRefusal(400, "this is no good body"));
  }
  if (body.taken > body.limit) return reject(connection, formatRefusal(413, kTooLong));
  body.whole = state == BodyReader::State::Whole;
  if (body.whole && !connection.pacing) DeadlineList::clear(connection);
  if (body.mode == BodyMode::Whole && !body.whole) {
    if (listener_.account(connection)) return;
    return reject(connection,
                  formatRefusal(503, "too many bodies are on their way; try again later"));
  }
  if (body.bytes.empty() && !body.whole) return;
  const std::string piece = std::exchange(body.bytes, {});
  body.window -= std::min(body.window, piece.size());
  const bool last = body.whole;
  const RequestId request = connection.http->request;
  listener_.handler_.onBody(request, piece, last);
  listener_.account(connection);
}

// A body has to come at the pace at which answers have to be read, but for while the handler is not
// done with what it has.
bool EpollListener::HttpSide::keepsPace(Connection& connection, const DeadlineList& list) const {
  if (connection.state != Connection::State::Http || !connection.isAnswering() ||
      !connection.http->body)
    return false;
  IncomingBody& body = *connection.http->body;
  if (!body.mayRead()) return true;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(list.length()).count();
  const std::uint64_t least =
      listener_.options_.connections.least_bytes_per_second * static_cast<std::uint64_t>(seconds);
  const std::uint64_t got = std::exchange(body.progress, 0);
  return got > 0 && got >= least;
}

void EpollListener::HttpSide::sendPart(RequestId request, std::string bytes, bool last) {
  Connection* connection = nullptr;
  HttpExchange* const exchange = findExchange(request, connection);
  if (exchange == nullptr || !exchange->parts) return;
  if (connection->out.waiting() > listener_.options_.output_bytes) return;  // it is about to be cut
  const bool chunked = exchange->chunked && !exchange->without_body;
  if (!bytes.empty() && !exchange->without_body) {
    if (chunked) bytes.insert(0, hexOf(bytes.size()) + "\r\n").append("\r\n");
    connection->out.addBytes(std::move(bytes));
  }
  if (last && chunked) connection->out.addBytes("0\r\n\r\n");
  listener_.enqueue(*connection);
  // The end that is missing tells the other side that this was not all.
  if (!listener_.account(*connection) ||
      connection->out.waiting() > listener_.options_.output_bytes) {
    listener_.ends_.setDue(*connection);
    return;
  }
  if (last) answered(*connection);
}

// Called again when all that was queued has left. What is read from the disk keeps others waiting
// as long as a piece takes, which is in the system's memory mostly.
void EpollListener::HttpSide::sendFile(Connection& connection) {
  HttpExchange& exchange = *connection.http;
  if (!exchange.file) return listener_.handler_.onPartsDrained(exchange.request);
  const std::uint64_t left = exchange.file_end - exchange.file_at;
  std::string piece;
  const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(left, kFilePiece));
  // A file that has become shorter: the length was promised already.
  if (left > 0 && !exchange.file->read(exchange.file_at, room, piece))
    return listener_.ends_.setDue(connection);
  exchange.file_at += piece.size();
  connection.out.addBytes(std::move(piece));
  listener_.enqueue(connection);
  if (exchange.file_at == exchange.file_end) answered(connection);
}

}  // namespace kith::net
