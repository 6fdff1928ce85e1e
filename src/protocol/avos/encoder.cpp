// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>

#include "json/quote.hpp"
#include "protocol/avos/codec.hpp"
#include "protocol/avos/fields.hpp"

namespace kith::avos {
namespace {

char* put(char* at, std::string_view text) {
  if (!text.empty()) std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

/// Memory for one frame at a time.
struct Memory {
  std::unique_ptr<char[]> bytes;
  std::size_t size{0};
};

/// Writes JSON. It asks for room before each piece, not for each byte.
class Pen {
 public:
  explicit Pen(Memory& memory)
      : memory_(memory), at_(memory.bytes.get()), end_(at_ + memory.size) {}

  void mark(char c) {
    need(1);
    *at_++ = c;
  }
  void word(std::string_view text) {
    need(text.size());
    at_ = put(at_, text);
  }
  void integer(std::int64_t value) {
    need(kInteger);
    at_ = std::to_chars(at_, at_ + kInteger, value).ptr;
  }
  void quoted(std::string_view text) {
    need(json::mostQuoted(text.size()));
    at_ = json::quote(at_, text);
  }
  std::string_view written() const { return {memory_.bytes.get(), used()}; }

 private:
  static constexpr std::size_t kInteger = 20;
  static constexpr std::size_t kFirst = 512;

  std::size_t used() const { return static_cast<std::size_t>(at_ - memory_.bytes.get()); }
  void need(std::size_t bytes) {
    if (static_cast<std::size_t>(end_ - at_) < bytes) grow(bytes);
  }
  void grow(std::size_t bytes) {
    const std::size_t before = used();
    memory_.size = std::max({kFirst, 2 * memory_.size, before + bytes});
    auto larger = std::make_unique<char[]>(memory_.size);
    put(larger.get(), written());
    memory_.bytes = std::move(larger);
    at_ = memory_.bytes.get() + before;
    end_ = memory_.bytes.get() + memory_.size;
  }

  Memory& memory_;
  char* at_;
  char* end_;
};

/// Writes the members of one frame in the order of the §18 transcripts.
class Writer {
 public:
  Writer(const Command& command, Pen& pen) : command_(command), pen_(pen) {}

  void cmdAndOp() {
    // Only known words are written, none of which needs escaping.
    pen_.word("\"cmd\":\"");
    pen_.word(cmdName(command_.cmd));
    pen_.mark('"');
    if (command_.op == Op::None) return;
    pen_.word(",\"op\":\"");
    pen_.word(opName(command_.op));
    pen_.mark('"');
  }
  void peer() { text(Field::PeerId, Key::PeerId, command_.peer_id); }
  void rest();

 private:
  void name(Key key) { pen_.word(keyToken(key)); }
  void text(Field field, Key key, std::string_view value) {
    if (!command_.has(field)) return;
    name(key);
    pen_.quoted(value);
  }
  void integer(Field field, Key key, std::int64_t value) {
    if (!command_.has(field)) return;
    name(key);
    pen_.integer(value);
  }
  void flag(Field field, Key key, bool value) {
    if (!command_.has(field)) return;
    name(key);
    pen_.word(value ? "true" : "false");
  }
  void list(Field field, Key key, IdList ids) {
    if (!command_.has(field)) return;
    name(key);
    pen_.mark('[');
    bool first = true;
    for (const std::string_view id : ids) {
      if (!first) pen_.mark(',');
      first = false;
      pen_.quoted(id);
    }
    pen_.mark(']');
  }
  void serial() {
    if (command_.i.kind == Serial::Kind::None) return;
    name(Key::I);
    if (command_.i.kind == Serial::Kind::Integer) {
      pen_.integer(command_.i.number);
    } else {
      pen_.quoted(command_.i.text);
    }
  }

  const Command& command_;
  Pen& pen_;
};

void Writer::rest() {
  const Command& c = command_;
  text(Field::AppId, Key::AppId, c.app_id);
  text(Field::InstallationId, Key::InstallationId, c.installation_id);
  serial();
  if (c.has(Field::Status)) {
    name(Key::Status);
    pen_.word(c.online ? "\"on\"" : "\"off\"");
  }
  const bool online = c.cmd == Cmd::Session && listsOnlinePeers(c.op);
  list(Field::SessionPeerIds, online ? Key::OnlineSessionPeerIds : Key::SessionPeerIds,
       c.session_peer_ids);
  text(Field::FromPeerId, Key::FromPeerId, c.from_peer_id);
  text(Field::RoomId, Key::RoomId, c.room_id);
  list(Field::RoomPeerIds, Key::RoomPeerIds, c.room_peer_ids);
  text(Field::ByPeerId, Key::ByPeerId, c.by_peer_id);
  text(Field::Msg, Key::Msg, c.msg);
  text(Field::Id, Key::Id, c.id);
  text(Field::Uid, Key::Uid, c.uid);
  integer(Field::Timestamp, Key::Timestamp, c.timestamp);
  list(Field::Ids, Key::Ids, c.ids);
  list(Field::ToPeerIds, Key::ToPeerIds, c.to_peer_ids);
  flag(Field::Offline, Key::Offline, c.offline);
  flag(Field::Transient, Key::Transient, c.transient);
  flag(Field::ReceiptWanted, Key::ReceiptWanted, c.receipt_wanted);
  text(Field::Dedupe, Key::Dedupe, c.dedupe);
  text(Field::Signature, Key::Signature, c.signature);
  integer(Field::Time, Key::Time, c.time);
  text(Field::Nonce, Key::Nonce, c.nonce);
  flag(Field::Super, Key::Super, c.is_super);
  integer(Field::Count, Key::Count, c.count);
  integer(Field::Code, Key::Code, c.code);
  text(Field::Reason, Key::Reason, c.reason);
}

}  // namespace

struct Encoder::State {
  static constexpr std::size_t kKept = 64 * 1024;
  void letGo() {
    if (memory.size > kKept) memory = {};
  }

  Memory memory;
};

Encoder::Encoder() : state_(std::make_unique<State>()) {}
Encoder::~Encoder() = default;
Encoder::Encoder(Encoder&&) noexcept = default;
Encoder& Encoder::operator=(Encoder&&) noexcept = default;

void Encoder::encode(const Command& command, std::string& out) {
  if (command.cmd == Cmd::Heartbeat) {
    out += "{}";
    return;
  }
  Pen pen(state_->memory);
  Writer writer(command, pen);
  pen.mark('{');
  writer.cmdAndOp();
  writer.peer();
  writer.rest();
  pen.mark('}');
  out.append(pen.written());
  state_->letGo();
}

void Encoder::encodeShared(const Command& command, SharedFrame& out) {
  Pen pen(state_->memory);
  Writer writer(command, pen);
  pen.mark(',');
  writer.cmdAndOp();
  writer.rest();
  pen.mark('}');
  out.tail.assign(pen.written());
  state_->letGo();
}

void setTimestamp(SharedFrame& frame, std::int64_t timestamp) {
  // No text can hold the name like this: its quotes would be escaped.
  constexpr std::string_view kName = R"("timestamp":)";
  const std::size_t found = frame.tail.rfind(kName);
  if (found == std::string::npos) return;
  const std::size_t begin = found + kName.size();
  const std::size_t end = frame.tail.find_first_not_of("-0123456789", begin);
  std::array<char, std::numeric_limits<std::int64_t>::digits10 + 2> digits;
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), timestamp);
  frame.tail.replace(begin, end - begin, digits.data(),
                     static_cast<std::size_t>(written.ptr - digits.data()));
}

}  // namespace kith::avos
