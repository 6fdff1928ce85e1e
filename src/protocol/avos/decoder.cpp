// SPDX-License-Identifier: Apache-2.0
#include <kith/limits.hpp>

#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <array>
#include <charconv>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/utf8.hpp"
#include "protocol/avos/codec.hpp"
#include "protocol/avos/plain_frame.hpp"
#include "protocol/avos/raw_frame.hpp"
#include "protocol/avos/surrogates.hpp"

namespace kith::avos {
namespace {

// Numbers come as their characters: `t` is signed as it was written (avos-v1 §10), and a double on
// the way would change large ones silently. RapidJSON's own check of the encoding reads beyond the
// end of a text that stops inside of a character (and is slow): decode() checks the frame
// beforehand.
constexpr unsigned kParseFlags = rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag |
                                 rapidjson::kParseNumbersAsStringsFlag;

/// Whole numbers only: `1e9` and `1.0` are refused, since readers would not agree on their digits.
bool readAnyInteger(std::string_view text, std::int64_t& value) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc{} && end == text.data() + text.size();
}

bool readInteger(std::string_view text, std::int64_t& value) {
  if (text.empty() || text.size() > 18) return readAnyInteger(text, value);
  std::int64_t digits = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return readAnyInteger(text, value);
    digits = digits * 10 + (c - '0');
  }
  value = digits;
  return true;
}

bool isDigits(std::string_view text) {
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return !text.empty();
}

bool isZero(std::string_view number) {
  return number.substr(0, number.find_first_of("eE")).find_first_of("123456789") ==
         std::string_view::npos;
}

/// Where a list lies in the shared pool of ids.
struct ListRange {
  std::size_t begin{0};
  std::size_t end{0};
};

enum ListName : std::size_t {
  Online,
  Watched,
  Members,
  Receivers,
  Acknowledged,
  Mentioned,
  kLists
};

ListName listOf(Key key) {
  switch (key) {
    case Key::OnlineSessionPeerIds: return Online;
    case Key::SessionPeerIds: return Watched;
    case Key::RoomPeerIds: return Members;
    case Key::ToPeerIds: return Receivers;
    case Key::Ids: return Acknowledged;
    case Key::MentionPids: return Mentioned;
    default: return kLists;
  }
}

const char* whatItMustBe(Key key) {
  switch (key) {
    case Key::OnlineSessionPeerIds:
    case Key::SessionPeerIds:
    case Key::RoomPeerIds:
    case Key::ToPeerIds:
    case Key::Ids:
    case Key::MentionPids: return "is not a list of texts";
    case Key::I: return "is neither a whole number in 64 bits nor a text";
    case Key::Timestamp:
    case Key::Code:
    case Key::Count: return "is not a whole number in 64 bits";
    case Key::Time: return "is not a whole number in 64 bits, nor the digits of one";
    case Key::ReceiptWanted: return "is neither true nor false, 1 nor 0";
    case Key::Transient:
    case Key::MentionAll:
    case Key::Will:
    case Key::Offline: return "is neither true nor false";
    case Key::Status: return "is neither \"on\" nor \"off\"";
    default: return "is not a text";
  }
}

/// Hears the parser and fills a RawFrame. Returning false stops the parser; problem() then says
/// why.
class Handler {
 public:
  /// Forgets the last frame; keeps the memory.
  void start(bool has_escapes) {
    frame_ = RawFrame{};
    ids_.clear();
    seen_ = 0;
    key_ = problem_key_ = avos::Key::None;
    depth_ = 0;
    list_ = kLists;
    lists_ = {};
    online_list_came_ = watch_list_came_ = msg_is_no_text_ = false;
    has_escapes_ = has_escapes;
    problem_ = nullptr;
  }

  // --- RapidJSON's events ---
  bool Null() { return depth_ > 0 || refuseFrame("is not a JSON object"); }
  bool Bool(bool value) { return isElsewhere() ? mayBeElsewhere() : takeBool(value); }
  bool RawNumber(const char* digits, std::size_t size, bool /*copy*/) {
    return isElsewhere() ? mayBeElsewhere() : takeNumber({digits, size});
  }
  bool String(const char* text, std::size_t size, bool /*copy*/) {
    const std::string_view value(text, size);
    // RapidJSON turns a lone \uDC00 into bytes that are no UTF-8.
    if (has_escapes_ && !base::isUtf8(value)) return refuse("has half of a surrogate pair");
    if (list_ != kLists) {
      ids_.push_back(value);
      return true;
    }
    return isElsewhere() ? mayBeElsewhere() : takeText(value);
  }
  bool Key(const char* name, std::size_t size, bool /*copy*/) {
    if (depth_ != 1) return true;
    key_ = keyOf({name, size});
    if (key_ == avos::Key::None) return true;
    if ((seen_ & RawFrame::bitOf(key_)) != 0) return refuse("comes twice");
    seen_ |= RawFrame::bitOf(key_);
    return true;
  }
  bool StartObject() {
    if (list_ != kLists) return refuseType();
    return (depth_ != 1 || takeShape()) && enter();
  }
  bool EndObject(std::size_t /*members*/) { return leave(); }
  bool StartArray() {
    if (depth_ == 0) return refuseFrame("is not a JSON object");
    if (list_ != kLists) return refuseType();
    if (depth_ == 1) {
      list_ = listOf(key_);
      if (list_ == kLists && !takeShape()) return false;
      if (list_ != kLists) lists_[list_].begin = ids_.size();
    }
    return enter();
  }
  bool EndArray(std::size_t /*elements*/) {
    if (list_ != kLists) endList();
    return leave();
  }
  // RapidJSON's interface wants them; all numbers arrive as RawNumber().
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

  /// After the parser: lists get their places, and what depends on several fields is settled.
  bool finish();

  const RawFrame& frame() const { return frame_; }
  /// Null when nothing is wrong.
  const char* problem() const { return problem_; }
  /// The field that the problem is about; None for the frame as a whole.
  avos::Key problemKey() const { return problem_key_; }

 private:
  bool refuse(const char* problem) {
    problem_ = problem;
    problem_key_ = key_;
    return false;
  }
  bool refuseFrame(const char* problem) {
    key_ = avos::Key::None;
    return refuse(problem);
  }
  bool refuseType() { return refuse(whatItMustBe(key_)); }

  /// Not the value of a known key: inside a list, inside what is skipped, or outside of all.
  bool isElsewhere() const { return depth_ != 1 || key_ == avos::Key::None; }
  bool mayBeElsewhere() {
    if (list_ != kLists) return refuseType();
    return depth_ > 0 || refuseFrame("is not a JSON object");
  }

  bool enter() {
    return ++depth_ <= limits::kJsonDepth || refuseFrame("is nested deeper than 32 levels");
  }
  bool leave() {
    --depth_;
    return true;
  }

  void endList() {
    lists_[list_].end = ids_.size();
    if (list_ == Online) online_list_came_ = true;
    if (list_ == Watched) watch_list_came_ = true;
    if (list_ == Members) frame_.mark(Key::RoomPeerIds);
    if (list_ == Receivers) frame_.mark(Key::ToPeerIds);
    if (list_ == Acknowledged) frame_.mark(Key::Ids);
    list_ = kLists;
  }
  IdList view(ListName name) const {
    const ListRange& range = lists_[name];
    return {ids_.data() + range.begin, range.end - range.begin};
  }

  bool set(avos::Key key, bool RawFrame::*member, bool value) {
    frame_.*member = value;
    frame_.mark(key);
    return true;
  }
  bool set(avos::Key key, std::string_view RawFrame::*member, std::string_view value) {
    frame_.*member = value;
    frame_.mark(key);
    return true;
  }
  bool setInteger(avos::Key key, std::int64_t RawFrame::*member, std::string_view digits) {
    if (!readInteger(digits, frame_.*member)) return refuseType();
    frame_.mark(key);
    return true;
  }
  bool setTime(std::string_view digits) {
    frame_.time_text = digits;
    return setInteger(Key::Time, &RawFrame::time, digits);
  }

  bool takeBool(bool value);
  bool takeNumber(std::string_view digits);
  bool takeText(std::string_view text);
  bool takeShape();

  RawFrame frame_;
  std::vector<std::string_view> ids_;  ///< the elements of all lists of the frame
  std::array<ListRange, kLists> lists_{};
  std::uint64_t seen_{0};  ///< known keys so far
  avos::Key key_{avos::Key::None};
  avos::Key problem_key_{avos::Key::None};
  ListName list_{kLists};  ///< the list we are in
  std::size_t depth_{0};
  bool has_escapes_{false};
  bool online_list_came_{false};
  bool watch_list_came_{false};
  bool msg_is_no_text_{false};
  const char* problem_{nullptr};
};

bool Handler::takeBool(bool value) {
  switch (key_) {
    case Key::Super: return set(Key::Super, &RawFrame::is_super, value);
    case Key::Transient: return set(Key::Transient, &RawFrame::transient, value);
    case Key::ReceiptWanted: return set(Key::ReceiptWanted, &RawFrame::receipt_wanted, value);
    case Key::Offline: return set(Key::Offline, &RawFrame::offline, value);
    case Key::MentionAll: return set(Key::MentionAll, &RawFrame::mention_all, value);
    case Key::Will: return set(Key::Will, &RawFrame::will, value);
    default: return refuseType();
  }
}

bool Handler::takeNumber(std::string_view digits) {
  switch (key_) {
    case Key::I:
      frame_.i.kind = Serial::Kind::Integer;
      return readInteger(digits, frame_.i.number) || refuseType();
    case Key::Time: return setTime(digits);
    case Key::Timestamp: return setInteger(Key::Timestamp, &RawFrame::timestamp, digits);
    case Key::Code: return setInteger(Key::Code, &RawFrame::code, digits);
    case Key::Count: return setInteger(Key::Count, &RawFrame::count, digits);
    case Key::Super: return set(Key::Super, &RawFrame::is_super, !isZero(digits));
    case Key::ReceiptWanted:
      if (digits != "1" && digits != "0") return refuseType();
      return set(Key::ReceiptWanted, &RawFrame::receipt_wanted, digits == "1");
    default: return refuseType();
  }
}

bool Handler::takeText(std::string_view text) {
  switch (key_) {
    case Key::Cmd: frame_.cmd = cmdOf(text); return true;
    case Key::Op: frame_.op = opOf(text); return true;
    case Key::I: frame_.i = {Serial::Kind::Text, 0, text}; return true;
    case Key::AppId: return set(Key::AppId, &RawFrame::app_id, text);
    case Key::PeerId: return set(Key::PeerId, &RawFrame::peer_id, text);
    case Key::FromPeerId: return set(Key::FromPeerId, &RawFrame::from_peer_id, text);
    case Key::RoomId: return set(Key::RoomId, &RawFrame::room_id, text);
    case Key::Msg: return set(Key::Msg, &RawFrame::msg, text);
    case Key::Id: return set(Key::Id, &RawFrame::id, text);
    case Key::Uid: return set(Key::Uid, &RawFrame::uid, text);
    case Key::ByPeerId: return set(Key::ByPeerId, &RawFrame::by_peer_id, text);
    case Key::Signature: return set(Key::Signature, &RawFrame::signature, text);
    case Key::Nonce: return set(Key::Nonce, &RawFrame::nonce, text);
    case Key::Reason: return set(Key::Reason, &RawFrame::reason, text);
    case Key::BinaryMsg: return set(Key::BinaryMsg, &RawFrame::binary_msg, text);
    case Key::Dedupe: return set(Key::Dedupe, &RawFrame::dedupe, text);
    case Key::InstallationId: return set(Key::InstallationId, &RawFrame::installation_id, text);
    case Key::Time: return isDigits(text) ? setTime(text) : refuseType();
    case Key::Super: return set(Key::Super, &RawFrame::is_super, !text.empty());
    case Key::Status:
      if (text != "on" && text != "off") return refuseType();
      return set(Key::Status, &RawFrame::online, text == "on");
    default: return refuseType();
  }
}

/// An object, or an array that is no id list.
bool Handler::takeShape() {
  switch (key_) {
    case Key::None: return true;
    case Key::Super: return set(Key::Super, &RawFrame::is_super, true);
    // The push payloads of `data` (avos-v1 §5.8), which may come before `cmd`: see finish().
    case Key::Msg: return msg_is_no_text_ = true;
    default: return refuseType();
  }
}

bool Handler::finish() {
  if (msg_is_no_text_ && frame_.cmd != Cmd::Data) {
    key_ = avos::Key::Msg;
    return refuseType();
  }
  // Two spellings share one place; the op says which one it is about, the other is skipped.
  const bool online = frame_.cmd == Cmd::Session && listsOnlinePeers(frame_.op);
  if (online ? online_list_came_ : watch_list_came_) frame_.mark(Key::SessionPeerIds);
  if (frame_.has(Key::SessionPeerIds)) {
    frame_.session_peer_ids = view(online ? Online : Watched);
  }
  frame_.room_peer_ids = view(Members);
  frame_.to_peer_ids = view(Receivers);
  frame_.ids = view(Acknowledged);
  frame_.mention_pids = view(Mentioned);
  return true;
}

Error badFrame(std::string_view text, std::size_t at) {
  std::string detail = "frame";
  detail.append(text).append(" (byte ").append(std::to_string(at)).append(")");
  return {Errc::ProtocolError, 0, std::move(detail), false};
}

}  // namespace

struct Decoder::State {
  rapidjson::Reader reader;
  Handler handler;

  Error failure() const;
};

Error Decoder::State::failure() const {
  const std::size_t at = reader.GetErrorOffset();
  if (handler.problem() == nullptr) {
    std::string text = " is not JSON: ";
    text += rapidjson::GetParseError_En(reader.GetParseErrorCode());
    return badFrame(text, at);
  }
  std::string text;
  if (handler.problemKey() != Key::None) text.append(": ").append(keyName(handler.problemKey()));
  text.append(" ").append(handler.problem());
  return badFrame(text, at);
}

Decoder::Decoder() : state_(std::make_unique<State>()) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

Result<Frame> Decoder::decode(char* frame, std::size_t size) {
  Handler& handler = state_->handler;
  frame[size] = '\0';
  handler.start(false);
  if (PlainFrame(frame, size, handler).read() && handler.finish()) return frameOf(handler.frame());
  // The parser takes a NUL for the end: what lies behind it would go unread.
  if (const void* nul = size > 0 ? std::memchr(frame, 0, size) : nullptr; nul != nullptr) {
    return badFrame(" has a NUL byte",
                    static_cast<std::size_t>(static_cast<const char*>(nul) - frame));
  }
  if (const std::size_t good = base::goodUtf8Bytes({frame, size}); good != size) {
    return badFrame(" is not UTF-8", good);
  }
  const bool has_escapes = size > 0 && std::memchr(frame, '\\', size) != nullptr;
  if (has_escapes) repairSurrogates(frame, size);
  handler.start(has_escapes);
  rapidjson::InsituStringStream stream(frame);
  if (!state_->reader.Parse<kParseFlags>(stream, handler) || !handler.finish()) {
    return state_->failure();
  }
  return frameOf(handler.frame());
}

}  // namespace kith::avos
