// SPDX-License-Identifier: Apache-2.0
// A conversation with a client engine: each thing the engine wants is one readable line, and the
// server's frames are written as text. No sockets, no clock. Owned by a test; one thread.
//
//   EngineWorld w;
//   w.engine.addSession(1, "alice");
//   w.engine.open(1, {"bob"}, 10, w.now);
//   w.up();
//   CHECK(w.take() == Lines{"connect ws://server", "> session open alice [bob] i=1"});
//   w.server("session opened alice i=1 list=bob");
#pragma once

#include <cstdlib>
#include <deque>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "backends/kith/engine/client_engine.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "protocol/leancloud/codec.hpp"

namespace kith::test {

using Lines = std::vector<std::string>;

// --- text for everything -------------------------------------------------------------------------

template <typename List>
std::string listText(const List& list) {
  std::string text = "[";
  for (const auto& item : list) text.append(text.size() > 1 ? "," : "").append(item);
  return text + ']';
}

/// Renders a body; for example `session open`. What it holds is in the order of FrameText's keys.
struct BodyText {
  std::ostringstream& out;
  std::string_view peer;

  void begin(std::string_view words) const {
    out << words;
    if (peer.data() != nullptr) out << ' ' << peer;
  }
  void list(const avos::IdList& ids) const { out << ' ' << listText(ids); }
  void list(const std::optional<avos::IdList>& ids) const {
    if (ids) list(*ids);
  }
  void sign(const std::optional<avos::SignatureFields>& s) const {
    if (s) out << " s=" << s->signature << " t=" << s->time << " n=" << s->nonce;
  }
  void session(std::string_view op, const avos::IdList& ids) const {
    begin(op);
    list(ids);
  }

  void operator()(const avos::Heartbeat&) const { begin("{}"); }
  void operator()(const avos::SessionOpen& b) const {
    session("session open", b.peers);
    sign(b.signature);
  }
  void operator()(const avos::SessionAdd& b) const {
    session("session add", b.peers);
    sign(b.signature);
  }
  void operator()(const avos::SessionRemove& b) const { session("session remove", b.peers); }
  void operator()(const avos::SessionQuery& b) const { session("session query", b.peers); }
  void operator()(const avos::SessionClose&) const { begin("session close"); }
  void operator()(const avos::SessionOpened& b) const { session("session opened", b.online); }
  void operator()(const avos::SessionAdded& b) const { session("session added", b.online); }
  void operator()(const avos::SessionRemoved& b) const { session("session removed", b.peers); }
  void operator()(const avos::SessionQueryResult& b) const {
    session("session query-result", b.online);
  }
  void operator()(const avos::SessionClosed&) const { begin("session closed"); }
  void operator()(const avos::SessionError&) const { begin("session error"); }
  void operator()(const avos::Direct& b) const {
    begin("direct");
    if (!b.room.empty()) out << " room=" << b.room;
    if (b.to) out << " to=" << listText(*b.to);
    out << " \"" << b.text << '"';
    if (b.transient) out << " transient";
    if (b.receipt_wanted) out << " r";
    if (!b.dedupe.empty()) out << " dt=" << b.dedupe;
  }
  void operator()(const avos::Ack& b) const {
    begin("ack");
    list(b.ids);
  }
  void operator()(const avos::AckRequest&) const { begin("ackreq"); }
  void operator()(const avos::Receipt&) const { begin("rcp"); }
  void operator()(const avos::Presence& b) const { session("presence", b.peers); }
  void operator()(const avos::RoomRequest& b) const {
    static constexpr const char* kOps[] = {"room join", "room leave", "room invite", "room kick"};
    begin(kOps[static_cast<int>(b.op)]);
    if (b.room) out << " room=" << *b.room;
    list(b.peers);
    if (b.transient) out << " transient";
    sign(b.signature);
  }
  void operator()(const avos::RoomEvent& b) const {
    static constexpr const char* kOps[] = {"joined", "left",           "invited",
                                           "kicked", "members-joined", "members-left"};
    begin(std::string("room ") + kOps[static_cast<int>(b.op)]);
    if (!b.room.empty()) out << " room=" << b.room;
    list(b.peers);
  }
  void operator()(const avos::RoomReject& b) const {
    begin("room reject");
    if (b.room) out << " room=" << *b.room;
    list(b.peers);
  }
  void operator()(const avos::Failure&) const { begin("error"); }
  void operator()(const avos::Data&) const { begin("data"); }
  void operator()(const avos::Login&) const { begin("login"); }
  void operator()(const avos::Unknown&) const { begin("unknown"); }
};

/// For example `session open alice [bob] i=1`, `direct alice to=[bob] "hi" dt=c1 i=2`.
inline std::string frameText(const avos::Frame& frame) {
  std::ostringstream out;
  std::visit(BodyText{out, frame.peer()}, frame.body);
  if (frame.i.kind == avos::Serial::Kind::Integer) out << " i=" << frame.i.number;
  return out.str();
}

inline std::string errorText(const Error& error) {
  std::string text(errcName(error.code));
  if (error.server_code != 0) text += '/' + std::to_string(error.server_code);
  if (error.may_have_arrived) text += " may-have-arrived";
  return text;
}

inline std::string messageText(const Message& m) {
  std::string text = '"' + m.text + '"';
  if (!m.from.empty()) text += " from=" + m.from;
  if (!m.to.empty()) text += " to=" + listText(m.to);
  if (!m.group_id.empty()) text += " room=" + m.group_id;
  if (!m.id.empty()) text += " id=" + m.id;
  if (m.transient) text += " transient";
  if (m.offline) text += " offline";
  return text;
}

/// Renders an Event; for example `Opened [bob]`.
struct EventText {
  using S = std::string;
  S operator()(const SessionOpened& e) const { return "Opened " + listText(e.online); }
  S operator()(const SessionResumed& e) const { return "Resumed " + listText(e.online); }
  S operator()(const SessionPaused& e) const { return "Paused " + errorText(e.cause); }
  S operator()(const SessionClosed& e) const {
    return e.cause ? "Closed " + errorText(*e.cause) : S("Closed");
  }
  S operator()(const Reconnecting& e) const {
    return "Retrying " + std::to_string(e.attempt) + ' ' + errorText(e.reason);
  }
  S operator()(const PresenceChanged& e) const {
    return (e.online ? "Online " : "Offline ") + listText(e.peers);
  }
  S operator()(const PeersWatched& e) const { return "Watched " + listText(e.peers); }
  S operator()(const PeersUnwatched& e) const { return "Unwatched " + listText(e.peers); }
  S operator()(const MessageReceived& e) const { return "Incoming " + messageText(e.message); }
  S operator()(const MessageSent& e) const {
    return "SendDone " + messageText(e.message) + " uid=" + e.receipt.message_id;
  }
  S operator()(const MessageFailed& e) const {
    return "SendFailed " + messageText(e.message) + ' ' + errorText(e.error);
  }
  S operator()(const MessageDelivered& e) const { return "Delivered " + e.message_id; }
  S operator()(const SessionError& e) const { return "Failed " + errorText(e.error); }
  S operator()(const GroupJoined& e) const { return "GroupJoined " + e.group_id; }
  S operator()(const GroupInvited& e) const { return "GroupInvited " + e.group_id + " by=" + e.by; }
  S operator()(const GroupLeft& e) const { return "GroupLeft " + e.group_id + " by=" + e.by; }
  S operator()(const PeersInvited& e) const {
    return "PeersInvited " + e.group_id + ' ' + listText(e.peers);
  }
  S operator()(const PeersKicked& e) const {
    return "PeersKicked " + e.group_id + ' ' + listText(e.peers);
  }
  S operator()(const MembersChanged& e) const {
    return (e.joined ? "MembersJoined " : "MembersLeft ") + e.group_id + ' ' + listText(e.peers) +
           " by=" + e.by;
  }
  S operator()(const MessageEdited& e) const {
    return "Edited " + e.conversation_id + ' ' + messageText(e.message);
  }
  S operator()(const MessageRecalled& e) const {
    return "Recalled " + e.conversation_id + ' ' + e.message_id + " by=" + e.from;
  }
  S operator()(const UnreadChanged& e) const {
    return "Unread " + e.unread.conversation_id + ' ' + std::to_string(e.unread.count);
  }
  S operator()(const ConversationUpdated& e) const {
    return "Updated " + e.conversation_id + ' ' + e.attributes + " by=" + e.by;
  }
  S operator()(const GroupRejected& e) const {
    static constexpr const char* kActions[] = {"join", "leave", "invite", "kick"};
    return "Rejected " + e.group_id + ' ' + kActions[static_cast<int>(e.action)] + ' ' +
           listText(e.targets) + ' ' + errorText(e.error);
  }
};

/// Renders a StoreChange; for example `+out c20 "hi" to=[bob]`.
struct ChangeText {
  std::string operator()(const store_change::AddOutgoing& c) const {
    return "+out " + c.entry.client_id + ' ' + messageText(c.entry.message);
  }
  std::string operator()(const store_change::RemoveOutgoing& c) const {
    return "-out " + c.client_id;
  }
  std::string operator()(const store_change::AddIncoming& c) const {
    return "+in " + messageText(c.entry.message);
  }
  std::string operator()(const store_change::Shown& c) const { return "shown " + listText(c.ids); }
  std::string operator()(const store_change::SetWatched& c) const {
    return "watched " + listText(c.peers);
  }
};

// --- the engine's outside ------------------------------------------------------------------------

/// Writes down what the engine wants.
class RecordingOutput final : public engine::Output {
 public:
  Lines lines;
  std::map<engine::OpId, int> completions;
  std::deque<engine::SignatureId> questions;

  void fetchRoute() override { lines.push_back("fetchRoute"); }
  void connect(const std::string& url) override { lines.push_back("connect " + url); }
  void disconnect(std::uint16_t code, std::string_view) override {
    lines.push_back("disconnect " + std::to_string(code));
  }
  void abandon() override { lines.push_back("abandon"); }
  void sendFrame(const avos::Frame& frame) override { lines.push_back("> " + frameText(frame)); }
  void sendCommand(const leancloud::Command& command) override {
    std::string text;
    leancloud::Encoder().encode(command, leancloud::Encoding::Json, text);
    lines.push_back("> " + text);
  }
  void sendPing() override { lines.push_back("ping"); }
  void requestSignature(engine::SignatureId id, const SignatureRequest& r) override {
    static constexpr const char* kActions[] = {"open", "watch", "join", "invite", "kick"};
    questions.push_back(id);
    std::string line = "sign ";
    line.append(kActions[static_cast<int>(r.action)]).append(" ").append(r.peer_id);
    if (!r.group_id.empty()) line += " room=" + r.group_id;
    lines.push_back(line + ' ' + listText(r.peer_ids));
    requests.push_back(r);
  }
  void load(engine::SessionRef session, const std::string& peer) override {
    lines.push_back("load " + std::to_string(session) + ' ' + peer);
  }
  void keep(const std::string& peer, StoreChange change) override {
    lines.push_back("keep " + peer + ' ' + std::visit(ChangeText{}, change));
    changes.push_back(std::move(change));
  }
  void done(engine::OpId op, engine::Outcome&& o) override {
    ++completions[op];
    std::string line = "done " + std::to_string(op) + ' ';
    line += o.result.ok() ? "ok" : errorText(o.result.error());
    if (!o.peers.empty()) line += ' ' + listText(o.peers);
    if (!o.group_id.empty()) line += " room=" + o.group_id;
    if (!o.receipt.message_id.empty()) line += " uid=" + o.receipt.message_id;
    for (const Message& message : o.messages) line += ' ' + messageText(message);
    if (o.conversations != nullptr) {
      for (const UnreadCount& each : o.conversations->unread) {
        line += ' ' + each.conversation_id + '=' + std::to_string(each.count);
      }
      for (const ConversationInfo& each : o.conversations->found) {
        line += ' ' + each.id + " \"" + each.name + "\" of " + each.creator + ' ';
        line += listText(each.members) + (each.muted ? " muted" : "");
      }
    }
    lines.push_back(line);
  }
  void notify(engine::SessionRef session, Event&& event) override {
    lines.push_back(std::to_string(session) + ' ' + std::visit(EventText{}, event));
  }

  std::vector<SignatureRequest> requests;
  std::vector<StoreChange> changes;
};

/// A frame of the server in words: `cmd [op] peer key=value...`. Keys: i list room peers by from
/// msg id ts uid t code reason to transient offline; `status=on|off` for presence. `-` as the peer
/// leaves it out.
class FrameText {
 public:
  explicit FrameText(const std::string& text) {
    std::istringstream in(text);
    for (std::string word; in >> word;) words_.push_back(word);
    std::string name = words_.at(0);
    std::size_t at = 1;
    if (name == "session" || name == "room") name += ' ' + words_.at(at++);
    if (at < words_.size() && words_[at] != "-") frame_.peer_id = words_[at];
    for (++at; at < words_.size(); ++at) {
      const std::size_t equals = words_[at].find('=');
      values_[words_[at].substr(0, equals)] =
          equals == std::string::npos ? "" : words_[at].substr(equals + 1);
    }
    if (has("i")) frame_.i = {avos::Serial::Kind::Integer, number("i"), {}};
    frame_.body = body(name);
    if (!values_.empty()) std::abort();  // a mistake in the test
  }
  const avos::Frame& frame() const { return frame_; }

 private:
  bool has(const std::string& key) const { return values_.contains(key); }
  /// Each value is used once: one that is left has no place in the frame.
  std::string_view text(const std::string& key) {
    const auto found = values_.find(key);
    if (found == values_.end()) return {};
    const std::string_view value = words_.emplace_back(std::move(found->second));
    values_.erase(found);
    return value;
  }
  std::int64_t number(const std::string& key) {
    return static_cast<std::int64_t>(std::atoll(std::string(text(key)).c_str()));
  }
  bool flag(const std::string& key) { return values_.erase(key) > 0; }
  avos::IdList ids(const std::string& key) {
    std::string_view rest = text(key);
    std::vector<std::string_view>& list = lists_.emplace_back();
    while (!rest.empty()) {
      const std::size_t end = rest.find(',');
      list.push_back(rest.substr(0, end));
      rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
    }
    return list;
  }
  std::optional<avos::IdList> idsIfAny(const std::string& key) {
    return has(key) ? std::optional(ids(key)) : std::nullopt;
  }
  std::optional<avos::Reason> reason() {
    if (!has("code")) return {};
    const std::int64_t code = number("code");
    return avos::Reason{code, text("reason")};
  }
  avos::Body body(const std::string& name) {
    if (name == "{}") return avos::Heartbeat{};
    if (name == "session opened") return avos::SessionOpened{ids("list")};
    if (name == "session added") return avos::SessionAdded{ids("list")};
    if (name == "session removed") return avos::SessionRemoved{ids("list")};
    if (name == "session query-result") return avos::SessionQueryResult{ids("list")};
    if (name == "session closed") return avos::SessionClosed{reason()};
    if (name == "session error") return avos::SessionError{reason()};
    if (name == "session open") return avos::SessionOpen{ids("list"), false, {}};
    if (name == "direct") return direct();
    if (name == "ack") {
      const auto acked = idsIfAny("ids");
      const auto uid = text("uid");
      const auto time = number("t");
      return avos::Ack{acked, {}, uid, time, reason()};
    }
    if (name == "ackreq") return avos::AckRequest{};
    if (name == "rcp") {
      const auto id = text("id");
      return avos::Receipt{id, number("t")};
    }
    if (name == "presence") {
      const bool online = text("status") == "on";
      return avos::Presence{online, ids("list")};
    }
    if (name == "error") return avos::Failure{reason()};
    if (name == "data") return avos::Data{};
    if (name == "login") return avos::Login{};
    if (name == "unknown" || name == "session unknown" || name == "room unknown") {
      return avos::Unknown{};
    }
    if (name == "room reject") {
      std::optional<std::string_view> room;
      if (has("room")) room = text("room");
      const auto peers = idsIfAny("peers");
      return avos::RoomReject{room, peers, reason()};
    }
    return roomEvent(name);
  }
  avos::Direct direct() {
    avos::Direct direct;
    direct.from = text("from");
    direct.room = text("room");
    direct.text = text("msg");
    direct.id = text("id");
    direct.timestamp = number("ts");
    direct.to = idsIfAny("to");
    direct.offline = flag("offline");
    direct.transient = flag("transient");
    return direct;
  }
  avos::RoomEvent roomEvent(const std::string& name) {
    static constexpr const char* kOps[] = {"room joined",         "room left",
                                           "room invited",        "room kicked",
                                           "room members-joined", "room members-left"};
    for (std::size_t op = 0; op < std::size(kOps); ++op) {
      if (name != kOps[op]) continue;
      avos::RoomEvent event;
      event.op = static_cast<avos::RoomEvent::Op>(op);
      event.room = text("room");
      event.peers = idsIfAny("peers");
      event.by = text("by");
      return event;
    }
    std::abort();  // a mistake in the test
  }

  std::deque<std::string> words_;
  std::map<std::string, std::string> values_;
  std::deque<std::vector<std::string_view>> lists_;
  avos::Frame frame_;
};

// --- the world -----------------------------------------------------------------------------------

inline engine::EngineOptions plainOptions() {
  engine::EngineOptions options;
  options.app_id = "app";
  options.server = "ws://server";
  return options;
}
inline engine::EngineOptions signedOptions() {
  engine::EngineOptions options = plainOptions();
  options.has_signer = true;
  return options;
}

inline engine::EngineOptions storedOptions() {
  engine::EngineOptions options = plainOptions();
  options.has_store = true;
  return options;
}

class EngineWorld {
 public:
  explicit EngineWorld(engine::EngineOptions options = plainOptions())
      : engine(std::move(options), output, random_) {}

  RecordingOutput output;
  base::Instant now{base::Millis{1000000}, base::Millis{1700000000000}};

 private:
  base::SeededRandom random_{1};

 public:
  engine::ClientEngine engine;

  /// The lines since the last call.
  Lines take() { return std::exchange(output.lines, {}); }
  /// As take(), without the lines that begin with `prefix`.
  Lines takeBut(const std::string& prefix) {
    Lines kept;
    for (std::string& line : take()) {
      if (line.rfind(prefix, 0) != 0) kept.push_back(std::move(line));
    }
    return kept;
  }

  void up(bool knows_conversations = false) { engine.transportUp(now, knows_conversations); }
  void down(int code = 0, Error error = {Errc::NetworkDown, 0, "cut", false}) {
    engine.transportDown(code, std::move(error), now);
  }
  void server(const std::string& frame) {
    const FrameText text(frame);
    engine.received(text.frame(), now);
  }
  /// A frame of the current protocol, in JSON.
  void serverSays(const std::string& json) {
    leancloud::Decoder decoder;
    const auto command = decoder.decode(leancloud::Encoding::Json, json);
    engine.received(command.value(), now);
  }
  /// Answers the oldest question to the signer with what was asked.
  void sign(const std::string& name = "sig") {
    Signature signature{name, 7, "n", output.requests.at(signed_).peer_ids};
    engine.signatureReady(output.questions.at(signed_++), signature, now);
  }
  void refuseToSign(Error error) {
    engine.signatureReady(output.questions.at(signed_++), std::move(error), now);
  }
  /// The answer of an empty store, unless there is something in it.
  void loaded(engine::SessionRef session, StoredPeer peer = {}) {
    engine.loaded(session, std::move(peer), now);
  }
  void kept(std::size_t count) { engine.kept(count, {}, now); }
  void notKept(std::size_t count) {
    engine.kept(count, Error{Errc::StoreFailed, 0, "the disk is full", false}, now);
  }
  /// Lets time pass, with a call at each deadline on the way.
  void pass(base::Millis time) {
    const base::Millis end = now.mono + time;
    while (engine.deadline() <= end) {
      step(std::max(engine.deadline(), now.mono) - now.mono);
      engine.timeReached(now);
    }
    step(end - now.mono);
  }
  /// Lets time pass without a call: the process slept.
  void step(base::Millis time) {
    now.mono += time;
    now.wall += time;
  }
  void send(engine::SessionRef session, const std::string& text, engine::OpId op,
            const std::string& to = "bob") {
    Message message;
    message.text = text;
    message.to = {to};
    engine.send(session, std::move(message), "c" + std::to_string(op), op, now);
  }
  /// A session that the server knows. Its `open` was operation 900 + ref.
  void openSession(engine::SessionRef ref, const std::string& peer,
                   std::vector<std::string> watch = {}) {
    engine.addSession(ref, peer);
    const bool first = engine.stats().connects == 0;
    engine.open(ref, std::move(watch), 900 + ref, now);
    if (first) up();
    server("session opened " + peer);
    output.lines.clear();
  }
  /// The connection is cut, and comes back as soon as the engine tries.
  void cutAndReturn() {
    down();
    pass(std::chrono::seconds{61});
    up();
  }

 private:
  std::size_t signed_{0};
};

}  // namespace kith::test
