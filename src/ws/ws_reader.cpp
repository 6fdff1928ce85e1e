// SPDX-License-Identifier: Apache-2.0
#include "ws/ws_reader.hpp"

#include <algorithm>
#include <utility>

namespace kith::ws {
namespace {

constexpr std::uint16_t kProtocolError = 1002;
/// What the buffer for frames in pieces may keep: most connections hardly ever need it.
constexpr std::size_t kKeptBytes = 512;

unsigned byteAt(const char* bytes, std::size_t i) { return static_cast<unsigned char>(bytes[i]); }

bool isControl(Opcode opcode) { return static_cast<unsigned>(opcode) >= 8; }

FrameKind kindOf(Opcode opcode) {
  return opcode == Opcode::Binary ? FrameKind::Binary : FrameKind::Text;
}

}  // namespace

std::uint16_t WsReader::read(char* bytes, std::size_t size, WsSink& sink) {
  if (fault_ != 0) return 0;
  const char* const end = bytes + size;
  for (char* at = bytes; at < end;) {
    if (skip_ > 0) {
      const auto skipped = std::min<std::uint64_t>(skip_, static_cast<std::size_t>(end - at));
      skip_ -= skipped;
      at += skipped;
      continue;
    }
    const Step step = rest_.empty() ? readInPlace(at, end, sink) : readOn(at, end, sink);
    if (step == Step::Stop) return 0;
    if (step == Step::Fault) return fault_;
  }
  return 0;
}

/// What the first two bytes say already.
bool WsReader::allowed(const char* bytes) const {
  const unsigned opcode = byteAt(bytes, 0) & 0x0F;
  const bool final = (byteAt(bytes, 0) & 0x80) != 0;
  if ((byteAt(bytes, 0) & 0x70) != 0 || ((byteAt(bytes, 1) & 0x80) != 0) != masked_) return false;
  if (opcode >= 8) {
    return opcode <= 10 && final && (byteAt(bytes, 1) & 0x7F) <= kMaxControlPayload;
  }
  return opcode <= 2 && (opcode == 0) == in_message_;
}

WsReader::Step WsReader::fail() {
  fault_ = kProtocolError;
  std::string().swap(rest_);
  std::string().swap(joined_);
  return Step::Fault;
}

/// Looks at the beginning of a frame, as far as it is there.
WsReader::Step WsReader::inspect(const char* bytes, std::size_t there, FrameHead& head,
                                 WsSink& sink) {
  need_ = kLeastFrameHeader;
  if (there < need_) return Step::More;
  if (!allowed(bytes)) return fail();
  // With a length that is a lie the mask may never come.
  need_ = frameHeaderSize(bytes) - (masked_ ? sizeof(MaskKey) : 0);
  if (there < need_) return Step::More;
  const bool is_wide = need_ == kLeastFrameHeader + sizeof(std::uint64_t);
  if (is_wide && (byteAt(bytes, kLeastFrameHeader) & 0x80) != 0) return fail();
  need_ = frameHeaderSize(bytes);
  if (there < need_) return Step::More;
  head = readFrameHead(bytes);
  if (!isControl(head.opcode) && (too_long_ || head.payload > limit_ - joined_.size())) {
    return skip(head, sink);
  }
  need_ += head.payload;
  return there < need_ ? Step::More : Step::Whole;
}

WsReader::Step WsReader::skip(const FrameHead& head, WsSink& sink) {
  const bool known = too_long_;
  if (!in_message_) kind_ = kindOf(head.opcode);
  skip_ = head.payload;
  in_message_ = too_long_ = !head.last;
  std::string().swap(joined_);
  return known || sink.onTooLong(kind_) ? Step::Skipped : Step::Stop;
}

WsReader::Step WsReader::readInPlace(char*& at, const char* end, WsSink& sink) {
  FrameHead head;
  const auto there = static_cast<std::size_t>(end - at);
  const Step step = inspect(at, there, head, sink);
  switch (step) {
    case Step::More:
      rest_.assign(at, there);
      at += there;
      return Step::Next;
    case Step::Whole: {
      char* const payload = at + head.size;
      at += need_;
      return take(head, payload, sink);
    }
    case Step::Skipped: at += head.size; return Step::Next;
    default: return step;
  }
}

WsReader::Step WsReader::readOn(char*& at, const char* end, WsSink& sink) {
  const auto wanted = static_cast<std::size_t>(need_) - rest_.size();
  const std::size_t taken = std::min(wanted, static_cast<std::size_t>(end - at));
  rest_.append(at, taken);
  at += taken;
  if (taken < wanted) return Step::Next;
  FrameHead head;
  const Step step = inspect(rest_.data(), rest_.size(), head, sink);
  if (step == Step::Skipped) rest_.clear();
  if (step == Step::More || step == Step::Skipped) return Step::Next;
  if (step != Step::Whole) return step;
  std::string frame = std::exchange(rest_, {});
  frame.push_back('\0');
  const Step taking = take(head, frame.data() + head.size, sink);
  if (taking == Step::Next && frame.capacity() <= kKeptBytes) {
    frame.clear();
    rest_ = std::move(frame);
  }
  return taking;
}

WsReader::Step WsReader::take(const FrameHead& head, char* payload, WsSink& sink) {
  const auto size = static_cast<std::size_t>(head.payload);
  if (masked_) applyMask(payload, size, head.key);
  if (isControl(head.opcode)) {
    return sink.onControl(head.opcode, {payload, size}) ? Step::Next : Step::Stop;
  }
  if (in_message_ || !head.last) return takePiece(head, payload, sink);
  // The byte behind may be the first of the next frame.
  const char behind = payload[size];
  if (!sink.onMessage(payload, size, kindOf(head.opcode))) return Step::Stop;
  payload[size] = behind;
  return Step::Next;
}

WsReader::Step WsReader::takePiece(const FrameHead& head, const char* payload, WsSink& sink) {
  if (!in_message_) kind_ = kindOf(head.opcode);
  joined_.append(payload, static_cast<std::size_t>(head.payload));
  in_message_ = !head.last;
  if (!head.last) return Step::Next;
  std::string message = std::exchange(joined_, {});
  const std::size_t size = message.size();
  message.push_back('\0');
  return sink.onMessage(message.data(), size, kind_) ? Step::Next : Step::Stop;
}

}  // namespace kith::ws
