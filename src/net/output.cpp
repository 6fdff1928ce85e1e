// SPDX-License-Identifier: Apache-2.0
#include "net/listener_socket.hpp"

#include <libwebsockets.h>

#include <algorithm>
#include <utility>

#include "net/ws_frame.hpp"

namespace kith::net {
namespace {

// libwebsockets copies what the kernel does not take at once, so it gets no more than that at once.
constexpr std::size_t kWriteBytes = 65536;
constexpr std::size_t kSpareBuffers = 64;
constexpr std::size_t kSpareBytes = 256u * 1024;
constexpr std::size_t kKeptInputBytes = 1024;

unsigned char byteAt(const std::string& text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

// Bytes of the unmasked frame that begins at `at`, header included.
std::size_t frameSize(const std::string& out, std::size_t at) {
  const std::size_t small = byteAt(out, at + 1) & 0x7Fu;
  if (small < 126) return 2 + small;
  const std::size_t width = small == 126 ? 2 : 8;
  std::size_t size = 0;
  for (std::size_t i = 0; i < width; ++i) size = (size << 8) | byteAt(out, at + 2 + i);
  return 2 + width + size;
}

void appendTextHeader(std::string& out, std::size_t payload) {
  const auto byte = [&out](std::size_t value) { out.push_back(static_cast<char>(value & 0xFF)); };
  byte(0x80u | static_cast<unsigned>(Opcode::Text));
  if (payload < 126) return byte(payload);
  const int width = payload <= 0xFFFF ? 2 : 8;
  byte(width == 2 ? 126u : 127u);
  for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) byte(payload >> shift);
}

}  // namespace

std::string SparePool::take() {
  if (spare_.empty()) return {};
  std::string buffer = std::move(spare_.back());
  spare_.pop_back();
  return buffer;
}

void SparePool::give(std::string buffer) {
  if (spare_.size() >= kSpareBuffers || buffer.capacity() > kSpareBytes) return;
  buffer.clear();
  spare_.push_back(std::move(buffer));
}

ListenerSocket::~ListenerSocket() { pool_.give(std::move(out_)); }

bool ListenerSocket::receive(std::string_view piece, bool first, bool last, std::size_t limit) {
  if (first) {
    in_.clear();
    cut_ = false;
  }
  if (cut_) return false;
  in_.append(piece.substr(0, limit + 1 - std::min(in_.size(), limit + 1)));
  cut_ = in_.size() > limit;
  return last || cut_;
}

void ListenerSocket::nextMessage() {
  if (in_.capacity() > kKeptInputBytes) {
    std::string().swap(in_);
  } else {
    in_.clear();
  }
}

void ListenerSocket::open() {
  if (!out_.empty()) return;
  out_ = pool_.take();
  out_.assign(LWS_PRE, '\0');
  sent_ = out_.size();
}

bool ListenerSocket::send(std::initializer_list<std::string_view> parts, std::size_t limit) {
  std::size_t size = 0;
  for (std::string_view part : parts) size += part.size();
  if (waiting() + size > limit) return false;
  open();
  appendTextHeader(out_, size);
  for (std::string_view part : parts) out_.append(part);
  undrained_ = true;
  return true;
}

void ListenerSocket::close(std::uint16_t code, std::string_view reason, bool drop) {
  closing_ = true;
  if (drop) out_.clear();
  open();
  appendFrame(out_, Opcode::Close, formatClosePayload(code, reason));
}

// libwebsockets slips a PONG in between two writes: each must end where a frame ends.
std::size_t ListenerSocket::wholeFrames(std::size_t limit) const {
  if (waiting() <= limit) return waiting();
  std::size_t end = sent_ + frameSize(out_, sent_);
  while (end < out_.size()) {
    const std::size_t next = end + frameSize(out_, end);
    if (next - sent_ > limit) break;
    end = next;
  }
  return end - sent_;
}

// LWS_WRITE_HTTP passes bytes through as they are, which packs all frames of a turn into one send.
ListenerSocket::Flushed ListenerSocket::flush() {
  while (waiting() > 0 && lws_partial_buffered(wsi_) == 0) {
    const std::size_t size = wholeFrames(kWriteBytes);
    auto* bytes = reinterpret_cast<unsigned char*>(out_.data() + sent_);
    if (lws_write(wsi_, bytes, size, LWS_WRITE_HTTP) < 0) return Flushed::Broken;
    sent_ += size;
  }
  if (waiting() > 0) {
    // Not more than half of it is in front of what waits.
    if (sent_ > out_.size() / 2) {
      out_.erase(LWS_PRE, sent_ - LWS_PRE);
      sent_ = LWS_PRE;
    }
    return Flushed::Waiting;
  }
  if (!out_.empty()) pool_.give(std::exchange(out_, {}));
  if (lws_partial_buffered(wsi_) != 0) return Flushed::Waiting;
  return std::exchange(undrained_, false) ? Flushed::All : Flushed::Nothing;
}

void ListenerSocket::peerClosed() {
  closing_ = true;
  out_.clear();
}

void ListenerSocket::limitTime(int seconds) {
  lws_set_timeout(wsi_, PENDING_TIMEOUT_USER_REASON_BASE, seconds);
}

void ListenerSocket::drop() { limitTime(LWS_TO_KILL_ASYNC); }

void ListenerSocket::pauseReading(bool paused) { lws_rx_flow_control(wsi_, paused ? 0 : 1); }

}  // namespace kith::net
