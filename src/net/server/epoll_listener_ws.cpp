// SPDX-License-Identifier: Apache-2.0
// Frames: what a WebSocket says and is told, and its closing handshake.
#include <utility>

#include "base/close_codes.hpp"
#include "net/server/epoll_listener.hpp"
#include "ws/ws_frame.hpp"

namespace kith::net {

/// Hands what a reader finds to the handler. After a close frame of ours it looks for theirs.
class EpollListener::FrameSink final : public ws::WsSink {
 public:
  FrameSink(EpollListener& listener, Connection& connection)
      : listener_(listener), guest_(connection) {}

  bool onMessage(char* bytes, std::size_t size, ws::FrameKind kind) override {
    if (guest_.state == Connection::State::Open) {
      listener_.handler_.onFrame(guest_.id, bytes, size, kind);
    }
    return guest_.isSocket();
  }
  // Its size alone says that it is too long, so its bytes are not kept.
  bool onTooLong(ws::FrameKind kind) override {
    const std::size_t size = listener_.options_.frame_bytes + 1;
    listener_.too_long_.assign(size + 1, '\0');
    return onMessage(listener_.too_long_.data(), size, kind);
  }
  bool onControl(ws::Opcode opcode, std::string_view payload) override {
    listener_.onControl(guest_, opcode, payload);
    return guest_.isSocket();
  }

 private:
  EpollListener& listener_;
  Connection& guest_;
};

void EpollListener::readFrames(Connection& connection) {
  const IoResult got = connection.stream.read(input_.data(), kReadBytes);
  if (got.how == Io::Again) return;
  if (got.how == Io::Broken) return end(connection);
  if (got.how == Io::End) {
    connection.ended = true;
    return finish(connection);
  }
  feed(connection, input_.data(), got.bytes);
  if (connection.stream.hasMore() && !connection.paused) lookAgain(connection);
}

void EpollListener::feed(Connection& connection, char* bytes, std::size_t size) {
  FrameSink sink(*this, connection);
  const std::uint16_t fault = connection.reader.read(bytes, size, sink);
  if (fault == 0 || !connection.isSocket()) return;
  if (connection.state == Connection::State::Open)
    connection.out.addClose(ws::formatClosePayload(fault, {}));
  finish(connection);
}

void EpollListener::onControl(Connection& connection, ws::Opcode opcode, std::string_view payload) {
  const bool open = connection.state == Connection::State::Open;
  if (opcode == ws::Opcode::Close) {
    if (open) {
      const std::uint16_t fault = ws::faultOfClosePayload(payload);
      connection.out.addClose(fault != 0 ? ws::formatClosePayload(fault, {}) : payload);
    }
    return finish(connection);
  }
  if (!open) return;
  if (opcode == ws::Opcode::Ping) {
    connection.out.addPong(payload);
    enqueue(connection);
  }
  handler_.onHeard(connection.id);
}

Connection* EpollListener::findOpen(SocketId id) {
  Connection* const connection = at(id);
  return connection != nullptr && connection->state == Connection::State::Open ? connection
                                                                               : nullptr;
}

void EpollListener::send(SocketId id, std::initializer_list<std::string_view> parts,
                         ws::FrameKind kind) {
  Connection* const connection = findOpen(id);
  if (connection == nullptr) return;
  if (connection->out.addFrame(kind, parts, options_.output_bytes)) {
    enqueue(*connection);
  } else {
    closeSocket(*connection, base::kTryAgainLater, "TRY_AGAIN_LATER", true);
  }
}

void EpollListener::close(SocketId id, std::uint16_t code, std::string_view reason) {
  if (Connection* const connection = findOpen(id)) closeSocket(*connection, code, reason, false);
}

void EpollListener::closeSocket(Connection& connection, std::uint16_t code, std::string_view reason,
                                bool drop) {
  connection.state = Connection::State::Closing;
  if (drop) connection.out.drop();
  connection.out.addClose(ws::formatClosePayload(code, reason));
  ends_.set(connection, now_);
  // Its close frame must be seen, whatever it said before.
  connection.paused = false;
  if (connection.stream.hasMore()) lookAgain(connection);
  enqueue(connection);
}

void EpollListener::closeAll(std::uint16_t code, std::string_view reason) {
  for (SocketId id = 1; id < connections_.size(); ++id) close(id, code, reason);
}

void EpollListener::pauseReading(SocketId id, bool paused) {
  Connection* const connection = findOpen(id);
  if (connection == nullptr) return;
  connection->paused = paused;
  lookFor(*connection);
  if (!paused && connection->stream.hasMore()) lookAgain(*connection);
}

void EpollListener::sessionOpened(SocketId id) {
  Connection* const connection = at(id);
  if (connection == nullptr || !connection->isSocket()) return;
  if (!std::exchange(connection->opened, true)) shared_->addresses.open(connection->address);
}

void EpollListener::signatureRefused(SocketId id) {
  const Connection* const connection = at(id);
  if (connection != nullptr && connection->isSocket())
    shared_->addresses.recordAbuse(connection->address, now_);
}

}  // namespace kith::net
