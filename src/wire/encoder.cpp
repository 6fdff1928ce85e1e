// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cstdint>
#include <cstring>
#include <memory>

#include "wire/codec.hpp"
#include "wire/fields.hpp"
#include "wire/plain_text.hpp"

namespace kith::wire {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

/// Writes JSON into memory that has room for it.
class Pen {
 public:
  explicit Pen(char* at) : at_(at) {}
  char* at() const { return at_; }

  void mark(char c) { *at_++ = c; }
  void word(std::string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void integer(std::int64_t value) { at_ = std::to_chars(at_, at_ + kInteger, value).ptr; }
  void quote(std::string_view text) {
    mark('"');
    const char* from = text.data();
    const char* const end = from + text.size();
    while (end - from >= Block::kBytes) {
      const Block block(from);
      block.store(at_);  // with what is overwritten when it has to be escaped
      const int plain = block.plainBytes();
      at_ += plain;
      from += plain;
      if (plain != Block::kBytes) escape(*from++);
    }
    for (; from != end; ++from) mustEscape(*from) ? escape(*from) : mark(*from);
    mark('"');
  }

  static constexpr std::size_t kInteger = 20;
  /// The most that a text of so many bytes takes, quoted.
  static constexpr std::size_t bytesOf(std::size_t text) { return 6 * text + 2 + Block::kBytes; }

 private:
  void escape(char c) {
    switch (c) {
      case '"': return word("\\\"");
      case '\\': return word("\\\\");
      case '\n': return word("\\n");
      case '\r': return word("\\r");
      case '\t': return word("\\t");
      case '\b': return word("\\b");
      case '\f': return word("\\f");
      default: break;
    }
    const auto byte = static_cast<unsigned char>(c);
    word("\\u00");
    mark(kDigits[byte >> 4]);
    mark(kDigits[byte & 15u]);
  }

  char* at_;
};

/// Writes the members of one frame in the order of the §18 transcripts.
class Writer {
 public:
  Writer(const Command& command, Pen& pen) : command_(command), pen_(pen) {}

  /// The most bytes that `command` can become.
  static std::size_t room(const Command& command);

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
    pen_.quote(value);
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
      pen_.quote(id);
    }
    pen_.mark(']');
  }
  void serial() {
    if (command_.i.kind == Serial::Kind::None) return;
    name(Key::I);
    if (command_.i.kind == Serial::Kind::Integer) {
      pen_.integer(command_.i.number);
    } else {
      pen_.quote(command_.i.text);
    }
  }

  const Command& command_;
  Pen& pen_;
};

std::size_t Writer::room(const Command& c) {
  constexpr std::size_t kFields = 32;  // of which each has a name, and most a number or a text
  std::size_t room = kFields * (32 + Pen::bytesOf(0));
  std::size_t texts = c.i.text.size() + c.app_id.size() + c.peer_id.size() + c.from_peer_id.size() +
                      c.by_peer_id.size() + c.room_id.size() + c.msg.size() + c.id.size() +
                      c.uid.size() + c.signature.size() + c.nonce.size() + c.reason.size() +
                      c.dedupe.size() + c.installation_id.size();
  for (const IdList ids : {c.session_peer_ids, c.room_peer_ids, c.to_peer_ids, c.ids}) {
    for (const std::string_view id : ids) room += Pen::bytesOf(id.size()) + 1;
  }
  return room + 6 * texts;
}

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

/// Memory for one frame, so that nothing asks for room byte by byte.
struct Encoder::State {
  char* room(std::size_t bytes) {
    if (bytes > size) {
      memory = std::make_unique<char[]>(bytes);
      size = bytes;
    }
    return memory.get();
  }
  static constexpr std::size_t kKept = 64 * 1024;
  void letGo() {
    if (size <= kKept) return;
    memory.reset();
    size = 0;
  }

  std::unique_ptr<char[]> memory;
  std::size_t size{0};
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
  char* const begin = state_->room(Writer::room(command));
  Pen pen(begin);
  Writer writer(command, pen);
  pen.mark('{');
  writer.cmdAndOp();
  writer.peer();
  writer.rest();
  pen.mark('}');
  out.append(begin, pen.at());
  state_->letGo();
}

void Encoder::encodeShared(const Command& command, SharedFrame& out) {
  char* const begin = state_->room(Writer::room(command));
  Pen pen(begin);
  Writer writer(command, pen);
  pen.mark(',');
  writer.cmdAndOp();
  writer.rest();
  pen.mark('}');
  out.tail.assign(begin, pen.at());
  state_->letGo();
}

void quoteJson(std::string_view text, std::string& out) {
  const std::size_t before = out.size();
  bool ascii = true;
  if (endOfPlain(text.data(), text.data() + text.size(), ascii) == text.data() + text.size()) {
    out.append(1, '"').append(text).append(1, '"');
    return;
  }
  out.resize(before + Pen::bytesOf(text.size()));
  Pen pen(out.data() + before);
  pen.quote(text);
  out.resize(static_cast<std::size_t>(pen.at() - out.data()));
}

}  // namespace kith::wire
