// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cstdint>

#include "wire/codec.hpp"
#include "wire/fields.hpp"
#include "wire/plain_text.hpp"

namespace kith::wire {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

void escape(char c, std::string& out) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    default: break;
  }
  const auto byte = static_cast<unsigned char>(c);
  out += "\\u00";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15u];
}

void appendInteger(std::int64_t value, std::string& out) {
  char digits[24];
  const auto result = std::to_chars(digits, digits + sizeof digits, value);
  out.append(digits, result.ptr);
}

/// Writes the members of one frame in the order of the §18 transcripts.
class Writer {
 public:
  Writer(const Command& command, std::string& out) : command_(command), out_(out) {}

  void cmdAndOp() {
    // Only known words are written, none of which needs escaping.
    out_.append("\"cmd\":\"").append(cmdName(command_.cmd)).append("\"");
    if (command_.op != Op::None) out_.append(",\"op\":\"").append(opName(command_.op)).append("\"");
  }
  void peer() { text(Field::PeerId, Key::PeerId, command_.peer_id); }
  void rest();

 private:
  void name(Key key) { out_.append(keyToken(key)); }
  void text(Field field, Key key, std::string_view value) {
    if (!command_.has(field)) return;
    name(key);
    quoteJson(value, out_);
  }
  void integer(Field field, Key key, std::int64_t value) {
    if (!command_.has(field)) return;
    name(key);
    appendInteger(value, out_);
  }
  void flag(Field field, Key key, bool value) {
    if (!command_.has(field)) return;
    name(key);
    out_.append(value ? "true" : "false");
  }
  void list(Field field, Key key, IdList ids) {
    if (!command_.has(field)) return;
    name(key);
    out_ += '[';
    bool first = true;
    for (const std::string_view id : ids) {
      if (!first) out_ += ',';
      first = false;
      quoteJson(id, out_);
    }
    out_ += ']';
  }
  void serial() {
    if (command_.i.kind == Serial::Kind::None) return;
    name(Key::I);
    if (command_.i.kind == Serial::Kind::Integer) {
      appendInteger(command_.i.number, out_);
    } else {
      quoteJson(command_.i.text, out_);
    }
  }

  const Command& command_;
  std::string& out_;
};

void Writer::rest() {
  const Command& c = command_;
  text(Field::AppId, Key::AppId, c.app_id);
  text(Field::InstallationId, Key::InstallationId, c.installation_id);
  serial();
  if (c.has(Field::Status)) {
    name(Key::Status);
    out_.append(c.online ? "\"on\"" : "\"off\"");
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

struct Encoder::State {};

Encoder::Encoder() = default;
Encoder::~Encoder() = default;
Encoder::Encoder(Encoder&&) noexcept = default;
Encoder& Encoder::operator=(Encoder&&) noexcept = default;

void Encoder::encode(const Command& command, std::string& out) {
  if (command.cmd == Cmd::Heartbeat) {
    out += "{}";
    return;
  }
  Writer writer(command, out);
  out += '{';
  writer.cmdAndOp();
  writer.peer();
  writer.rest();
  out += '}';
}

void Encoder::encodeShared(const Command& command, SharedFrame& out) {
  out.tail.assign(",");
  Writer writer(command, out.tail);
  writer.cmdAndOp();
  writer.rest();
  out.tail += '}';
}

void quoteJson(std::string_view text, std::string& out) {
  out += '"';
  std::uint64_t seen = 0;
  const char* at = text.data();
  for (const char* const end = at + text.size(); at != end; ++at) {
    const char* const plain = at;
    at = endOfPlain(at, end, seen);
    out.append(plain, static_cast<std::size_t>(at - plain));
    if (at == end) break;
    escape(*at, out);
  }
  out += '"';
}

}  // namespace kith::wire
