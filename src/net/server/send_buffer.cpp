// SPDX-License-Identifier: Apache-2.0
#include "net/server/send_buffer.hpp"

#include <algorithm>
#include <utility>

#include "net/server/stream.hpp"

namespace kith::net {
namespace {

// RFC 6455 §5.5.3: of pings that wait for an answer only the last needs one, so a few are enough
// for a client that does not read.
constexpr std::uint32_t kPongBytes = 4096;

// Bytes of the frame that begins at `at`, header included.
std::size_t frameSize(const std::string& out, std::size_t at) {
  const ws::FrameHead head = ws::readFrameHead(out.data() + at);
  return head.size + static_cast<std::size_t>(head.payload);
}

}  // namespace

SendBuffer::~SendBuffer() { giveBack(); }

void SendBuffer::open() {
  if (bytes_.empty() && bytes_.capacity() < 64) bytes_ = pool_.take();
}

// A string that never grew holds nothing that is worth keeping.
void SendBuffer::giveBack() {
  if (bytes_.capacity() > std::string().capacity()) pool_.give(std::exchange(bytes_, {}));
  bytes_.clear();
  sent_ = plain_ = 0;
}

// A page of the history is not copied once more.
void SendBuffer::addBytes(std::string bytes) {
  if (bytes_.empty() && bytes.size() > base::BufferPool::kBufferBytes) {
    giveBack();
    bytes_ = std::move(bytes);
  } else {
    open();
    bytes_.append(bytes);
  }
  plain_ = bytes_.size();
}

bool SendBuffer::addFrame(ws::FrameKind kind, std::initializer_list<std::string_view> parts,
                          std::size_t limit) {
  std::size_t size = 0;
  for (std::string_view part : parts) size += part.size();
  if (waiting() + size > limit) return false;
  open();
  ws::appendFrameHead(bytes_, kind == ws::FrameKind::Binary ? ws::Opcode::Binary : ws::Opcode::Text,
                      size);
  for (std::string_view part : parts) bytes_.append(part);
  undrained_ = true;
  return true;
}

void SendBuffer::addPong(std::string_view payload) {
  if (pongs_ >= kPongBytes) return;
  open();
  const std::size_t before = bytes_.size();
  ws::appendFrame(bytes_, ws::Opcode::Pong, payload);
  pongs_ += static_cast<std::uint32_t>(bytes_.size() - before);
}

void SendBuffer::addClose(std::string_view payload) {
  open();
  ws::appendFrame(bytes_, ws::Opcode::Close, payload);
}

/// Where the frame begins that is partly sent, or the first that is not. What is no frame may go as
/// it leaves: an answer in parts could else keep all of them for as long as some of it waits.
std::size_t SendBuffer::startOfFrame() const {
  if (sent_ < plain_) return sent_;
  std::size_t start = plain_;
  while (start < sent_) {
    const std::size_t next = start + frameSize(bytes_, start);
    if (next > sent_) break;
    start = next;
  }
  return start;
}

// OpenSSL insists on the rest of a record that it has begun, whatever became of it since.
void SendBuffer::drop() {
  if (bytes_.empty()) return;
  std::size_t end = plain_;
  while (end < sent_ + promised_) end += frameSize(bytes_, end);
  bytes_.resize(end);
  bytes_.shrink_to_fit();
}

SendBuffer::Flushed SendBuffer::flush(Stream& stream) {
  if (blocked_) return Flushed::Waiting;
  if (waiting() > 0) {
    const IoResult written = stream.write(bytes_.data() + sent_, waiting());
    if (written.how == Io::Broken) return Flushed::Broken;
    sent_ += written.bytes;
    written_ += static_cast<std::uint32_t>(written.bytes);
  }
  if (waiting() > 0) {
    blocked_ = true;
    promised_ = std::min(stream.recordBytes(), waiting());
    // Not more than half of it is in front of what waits.
    if (sent_ > bytes_.size() / 2) {
      const std::size_t start = startOfFrame();
      bytes_.erase(0, start);
      sent_ -= start;
      plain_ -= std::min(plain_, start);
    }
    return Flushed::Waiting;
  }
  giveBack();
  promised_ = 0;
  pongs_ = 0;
  return std::exchange(undrained_, false) ? Flushed::All : Flushed::Nothing;
}

}  // namespace kith::net
