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

/// Writes the members of one frame in the order of the §18 transcripts. Of a shared frame the
/// receiver's `peerId` is left out.
class Writer {
 public:
  Writer(const Frame& frame, Pen& pen, bool shared) : frame_(frame), pen_(pen), shared_(shared) {}

  void operator()(const Heartbeat&) {}

  void operator()(const SessionOpen& body) {
    begin(Cmd::Session, Op::Open);
    list(Key::SessionPeerIds, body.peers);
    signature(body.signature);
    flag(Key::Super, body.is_super);
  }
  void operator()(const SessionAdd& body) {
    begin(Cmd::Session, Op::Add);
    list(Key::SessionPeerIds, body.peers);
    signature(body.signature);
  }
  void operator()(const SessionRemove& body) {
    sessionList(Op::Remove, Key::SessionPeerIds, body.peers);
  }
  void operator()(const SessionQuery& body) {
    sessionList(Op::Query, Key::SessionPeerIds, body.peers);
  }
  void operator()(const SessionClose&) { begin(Cmd::Session, Op::Close); }
  void operator()(const SessionOpened& body) {
    sessionList(Op::Opened, Key::OnlineSessionPeerIds, body.online);
    number(Key::Time, body.time);
  }
  void operator()(const SessionAdded& body) {
    sessionList(Op::Added, Key::OnlineSessionPeerIds, body.online);
  }
  void operator()(const SessionRemoved& body) {
    sessionList(Op::Removed, Key::SessionPeerIds, body.peers);
  }
  void operator()(const SessionQueryResult& body) {
    sessionList(Op::QueryResult, Key::OnlineSessionPeerIds, body.online);
  }
  void operator()(const SessionClosed& body) {
    begin(Cmd::Session, Op::Closed);
    reason(body.why);
  }
  void operator()(const SessionError& body) {
    begin(Cmd::Session, Op::Error);
    reason(body.why);
  }

  void operator()(const Direct& body) {
    begin(Cmd::Direct);
    given(Key::FromPeerId, body.from);
    given(Key::RoomId, body.room);
    text(body.binary ? Key::BinaryMsg : Key::Msg, body.text);
    given(Key::Id, body.id);
    number(Key::Timestamp, body.timestamp);
    list(Key::ToPeerIds, body.to);
    flag(Key::Offline, body.offline);
    flag(Key::Transient, body.transient);
    flag(Key::ReceiptWanted, body.receipt_wanted);
    given(Key::Dedupe, body.dedupe);
    if (!body.mentions.empty()) list(Key::MentionPids, body.mentions);
    flag(Key::MentionAll, body.mention_all);
    flag(Key::Will, body.will);
  }
  void operator()(const Ack& body) {
    begin(Cmd::Ack);
    given(Key::Id, body.id);
    given(Key::Uid, body.uid);
    list(Key::Ids, body.ids);
    number(Key::Time, body.time);
    reason(body.refused);
  }
  void operator()(const AckRequest& body) {
    begin(Cmd::AckReq);
    number(Key::Count, body.count);
  }
  void operator()(const Receipt& body) {
    begin(Cmd::Rcp);
    given(Key::Id, body.id);
    number(Key::Time, body.time);
  }
  void operator()(const Presence& body) {
    begin(Cmd::Presence);
    name(Key::Status);
    pen_.word(body.online ? "\"on\"" : "\"off\"");
    list(Key::SessionPeerIds, body.peers);
  }

  void operator()(const RoomRequest& body) {
    constexpr std::array kOps{Op::Join, Op::Leave, Op::Invite, Op::Kick};
    begin(Cmd::Room, kOps[static_cast<std::size_t>(body.op)]);
    text(Key::RoomId, body.room);
    list(Key::RoomPeerIds, body.peers);
    flag(Key::Transient, body.transient);
    signature(body.signature);
  }
  void operator()(const RoomEvent& body) {
    constexpr std::array kOps{Op::Joined, Op::Left,          Op::Invited,
                              Op::Kicked, Op::MembersJoined, Op::MembersLeft};
    begin(Cmd::Room, kOps[static_cast<std::size_t>(body.op)]);
    given(Key::RoomId, body.room);
    list(Key::RoomPeerIds, body.peers);
    given(Key::ByPeerId, body.by);
    number(Key::Time, body.time);
  }
  void operator()(const RoomReject& body) {
    begin(Cmd::Room, Op::Reject);
    text(Key::RoomId, body.room);
    list(Key::RoomPeerIds, body.peers);
    reason(body.why);
  }

  void operator()(const Failure& body) {
    begin(Cmd::Error);
    reason(body.why);
  }
  void operator()(const Data&) { begin(Cmd::Data); }
  void operator()(const Login& body) {
    begin(Cmd::Login);
    given(Key::InstallationId, body.installation_id);
  }
  void operator()(const Unknown&) { begin(Cmd::Unknown); }

 private:
  void begin(Cmd cmd, Op op = Op::None) {
    // Only known words are written, none of which needs escaping.
    pen_.word("\"cmd\":\"");
    pen_.word(cmdName(cmd));
    pen_.mark('"');
    if (op != Op::None) {
      pen_.word(",\"op\":\"");
      pen_.word(opName(op));
      pen_.mark('"');
    }
    if (!shared_) text(Key::PeerId, frame_.peer_id);
    text(Key::AppId, frame_.app_id);
    serial();
  }
  void sessionList(Op op, Key key, IdList ids) {
    begin(Cmd::Session, op);
    list(key, ids);
  }
  void serial() {
    if (frame_.i.kind == Serial::Kind::None) return;
    name(Key::I);
    if (frame_.i.kind == Serial::Kind::Integer) {
      pen_.integer(frame_.i.number);
    } else {
      pen_.quoted(frame_.i.text);
    }
  }
  void name(Key key) { pen_.word(keyToken(key)); }
  void text(Key key, std::string_view value) {
    name(key);
    pen_.quoted(value);
  }
  void text(Key key, const std::optional<std::string_view>& value) {
    if (value) text(key, *value);
  }
  void given(Key key, std::string_view value) {
    if (!value.empty()) text(key, value);
  }
  void number(Key key, std::int64_t value) {
    if (value == 0) return;
    name(key);
    pen_.integer(value);
  }
  void flag(Key key, bool value) {
    if (!value) return;
    name(key);
    pen_.word("true");
  }
  void list(Key key, IdList ids) {
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
  void list(Key key, const std::optional<IdList>& ids) {
    if (ids) list(key, *ids);
  }
  void signature(const std::optional<SignatureFields>& signature) {
    if (!signature) return;
    text(Key::Signature, signature->signature);
    name(Key::Time);
    pen_.integer(signature->time);
    text(Key::Nonce, signature->nonce);
  }
  void reason(const std::optional<Reason>& reason) {
    if (!reason) return;
    name(Key::Code);
    pen_.integer(reason->code);
    given(Key::Reason, reason->text);
  }

  const Frame& frame_;
  Pen& pen_;
  bool shared_;
};

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

void Encoder::encode(const Frame& frame, std::string& out) {
  if (frame.is<Heartbeat>()) {
    out += "{}";
    return;
  }
  Pen pen(state_->memory);
  pen.mark('{');
  std::visit(Writer(frame, pen, false), frame.body);
  pen.mark('}');
  out.append(pen.written());
  state_->letGo();
}

void Encoder::encodeShared(const Frame& frame, std::string& tail) {
  Pen pen(state_->memory);
  pen.mark(',');
  std::visit(Writer(frame, pen, true), frame.body);
  pen.mark('}');
  tail.assign(pen.written());
  state_->letGo();
}

}  // namespace kith::avos
