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
  FrameSink(EpollListener& listener, Guest& guest) : listener_(listener), guest_(guest) {}

  bool onMessage(char* bytes, std::size_t size, ws::FrameKind kind) override {
    if (guest_.state == Guest::State::Open) {
      listener_.handler_.onFrame(guest_.id, bytes, size, kind);
    }
    return guest_.isSocket();
  }
  // Nobody needs its bytes to see that they are too many.
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
  Guest& guest_;
};

void EpollListener::readFrames(Guest& guest) {
  const IoResult got = guest.stream.read(input_.data(), kReadBytes);
  if (got.how == Io::Again) return;
  if (got.how == Io::Broken) return end(guest);
  if (got.how == Io::End) {
    guest.ended = true;
    return finish(guest);
  }
  feed(guest, input_.data(), got.bytes);
  if (guest.stream.hasMore() && !guest.paused) lookAgain(guest);
}

void EpollListener::feed(Guest& guest, char* bytes, std::size_t size) {
  FrameSink sink(*this, guest);
  const std::uint16_t fault = guest.reader.read(bytes, size, sink);
  if (fault == 0 || !guest.isSocket()) return;
  if (guest.state == Guest::State::Open) guest.out.addClose(ws::formatClosePayload(fault, {}));
  finish(guest);
}

void EpollListener::onControl(Guest& guest, ws::Opcode opcode, std::string_view payload) {
  const bool open = guest.state == Guest::State::Open;
  if (opcode == ws::Opcode::Close) {
    if (open) {
      const std::uint16_t fault = ws::faultOfClosePayload(payload);
      guest.out.addClose(fault != 0 ? ws::formatClosePayload(fault, {}) : payload);
    }
    return finish(guest);
  }
  if (!open) return;
  if (opcode == ws::Opcode::Ping) {
    guest.out.addPong(payload);
    enqueue(guest);
  }
  handler_.onHeard(guest.id);
}

Guest* EpollListener::findOpen(SocketId id) {
  Guest* const guest = at(id);
  return guest != nullptr && guest->state == Guest::State::Open ? guest : nullptr;
}

void EpollListener::send(SocketId id, std::initializer_list<std::string_view> parts,
                         ws::FrameKind kind) {
  Guest* const guest = findOpen(id);
  if (guest == nullptr) return;
  if (guest->out.addFrame(kind, parts, options_.output_bytes)) {
    enqueue(*guest);
  } else {
    closeSocket(*guest, base::kTryAgainLater, "TRY_AGAIN_LATER", true);
  }
}

void EpollListener::close(SocketId id, std::uint16_t code, std::string_view reason) {
  if (Guest* const guest = findOpen(id)) closeSocket(*guest, code, reason, false);
}

void EpollListener::closeSocket(Guest& guest, std::uint16_t code, std::string_view reason,
                                bool drop) {
  guest.state = Guest::State::Closing;
  if (drop) guest.out.drop();
  guest.out.addClose(ws::formatClosePayload(code, reason));
  ends_.set(guest, now_);
  // Its close frame must be seen, whatever it said before.
  guest.paused = false;
  if (guest.stream.hasMore()) lookAgain(guest);
  enqueue(guest);
}

void EpollListener::closeAll(std::uint16_t code, std::string_view reason) {
  for (SocketId id = 1; id < guests_.size(); ++id) close(id, code, reason);
}

void EpollListener::pauseReading(SocketId id, bool paused) {
  Guest* const guest = findOpen(id);
  if (guest == nullptr) return;
  guest->paused = paused;
  lookFor(*guest);
  if (!paused && guest->stream.hasMore()) lookAgain(*guest);
}

void EpollListener::sessionOpened(SocketId id) {
  Guest* const guest = at(id);
  if (guest == nullptr || !guest->isSocket()) return;
  if (!std::exchange(guest->opened, true)) shared_->addresses.open(guest->address);
}

void EpollListener::signatureRefused(SocketId id) {
  const Guest* const guest = at(id);
  if (guest != nullptr && guest->isSocket()) shared_->addresses.blame(guest->address, now_);
}

}  // namespace kith::net
