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
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "backends/kith/engine/client_engine.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"

namespace kith::test {

using Lines = std::vector<std::string>;

// --- text for everything -------------------------------------------------------------------------

template <typename List>
std::string listText(const List& list) {
  std::string text = "[";
  for (const auto& item : list) text.append(text.size() > 1 ? "," : "").append(item);
  return text + ']';
}

inline const char* cmdText(avos::Cmd cmd) {
  static constexpr const char* kNames[] = {"{}",     "session", "direct",   "ack",
                                           "ackreq", "room",    "presence", "rcp",
                                           "error",  "data",    "login",    "unknown"};
  return kNames[static_cast<int>(cmd)];
}

inline const char* opText(avos::Op op) {
  static constexpr const char* kNames[] = {
      "",        "open",   "add",     "remove",         "query",        "close",
      "opened",  "added",  "removed", "query-result",   "closed",       "error",
      "join",    "leave",  "invite",  "kick",           "joined",       "left",
      "invited", "kicked", "reject",  "members-joined", "members-left", "unknown"};
  return kNames[static_cast<int>(op)];
}

/// For example `session open alice [bob] i=1`, `direct alice to=[bob] "hi" dt=c1 i=2`.
inline std::string commandText(const avos::Command& c) {
  using avos::Field;
  std::ostringstream out;
  out << cmdText(c.cmd);
  if (c.op != avos::Op::None) out << ' ' << opText(c.op);
  if (c.has(Field::PeerId)) out << ' ' << c.peer_id;
  if (c.has(Field::SessionPeerIds)) out << ' ' << listText(c.session_peer_ids);
  if (c.has(Field::RoomId)) out << " room=" << c.room_id;
  if (c.has(Field::RoomPeerIds)) out << ' ' << listText(c.room_peer_ids);
  if (c.has(Field::ToPeerIds)) out << " to=" << listText(c.to_peer_ids);
  if (c.has(Field::Ids)) out << ' ' << listText(c.ids);
  if (c.has(Field::Msg)) out << " \"" << c.msg << '"';
  if (c.transient) out << " transient";
  if (c.receipt_wanted) out << " r";
  if (c.has(Field::Dedupe)) out << " dt=" << c.dedupe;
  if (c.has(Field::Signature)) out << " s=" << c.signature << " t=" << c.time << " n=" << c.nonce;
  if (c.i.kind == avos::Serial::Kind::Integer) out << " i=" << c.i.number;
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
  void sendFrame(const avos::Command& command) override {
    lines.push_back("> " + commandText(command));
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
    std::size_t at = 0;
    command_.cmd = cmdOf(words_.at(at++));
    if (command_.cmd == avos::Cmd::Session || command_.cmd == avos::Cmd::Room) {
      command_.op = opOf(words_.at(at++));
    }
    if (at < words_.size() && words_[at] != "-") {
      command_.set(avos::Field::PeerId, &avos::Command::peer_id, std::string_view(words_[at]));
    }
    for (++at; at < words_.size(); ++at) field(words_[at]);
  }
  const avos::Command& command() const { return command_; }

 private:
  using Field = avos::Field;
  using Command = avos::Command;

  static avos::Cmd cmdOf(const std::string& word) {
    for (int i = 0; i <= static_cast<int>(avos::Cmd::Unknown); ++i) {
      if (word == cmdText(static_cast<avos::Cmd>(i))) return static_cast<avos::Cmd>(i);
    }
    std::abort();  // a mistake in the test
  }
  static avos::Op opOf(const std::string& word) {
    for (int i = 1; i <= static_cast<int>(avos::Op::Unknown); ++i) {
      if (word == opText(static_cast<avos::Op>(i))) return static_cast<avos::Op>(i);
    }
    std::abort();
  }
  avos::IdList ids(std::string_view text) {
    std::vector<std::string_view>& list = lists_.emplace_back();
    while (!text.empty()) {
      const std::size_t end = text.find(',');
      list.push_back(text.substr(0, end));
      text = end == std::string_view::npos ? "" : text.substr(end + 1);
    }
    return list;
  }
  void field(const std::string& word) {
    const std::size_t equals = word.find('=');
    const std::string key = word.substr(0, equals);
    const std::string_view value = std::string_view(word).substr(equals + 1);
    const auto number = static_cast<std::int64_t>(std::atoll(std::string(value).c_str()));
    if (key == "i")
      command_.i = {avos::Serial::Kind::Integer, number, {}};
    else if (key == "list")
      command_.set(Field::SessionPeerIds, &Command::session_peer_ids, ids(value));
    else if (key == "room")
      command_.set(Field::RoomId, &Command::room_id, value);
    else if (key == "peers")
      command_.set(Field::RoomPeerIds, &Command::room_peer_ids, ids(value));
    else if (key == "to")
      command_.set(Field::ToPeerIds, &Command::to_peer_ids, ids(value));
    else if (key == "by")
      command_.set(Field::ByPeerId, &Command::by_peer_id, value);
    else if (key == "from")
      command_.set(Field::FromPeerId, &Command::from_peer_id, value);
    else if (key == "msg")
      command_.set(Field::Msg, &Command::msg, value);
    else if (key == "id")
      command_.set(Field::Id, &Command::id, value);
    else if (key == "uid")
      command_.set(Field::Uid, &Command::uid, value);
    else if (key == "ts")
      command_.set(Field::Timestamp, &Command::timestamp, number);
    else if (key == "t")
      command_.set(Field::Time, &Command::time, number);
    else if (key == "code")
      command_.set(Field::Code, &Command::code, number);
    else if (key == "reason")
      command_.set(Field::Reason, &Command::reason, value);
    else if (key == "status")
      command_.set(Field::Status, &Command::online, value == "on");
    else if (key == "transient")
      command_.set(Field::Transient, &Command::transient, true);
    else if (key == "offline")
      command_.set(Field::Offline, &Command::offline, true);
    else
      std::abort();
  }

  std::deque<std::string> words_;
  std::deque<std::vector<std::string_view>> lists_;
  avos::Command command_;
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

  void up() { engine.transportUp(now); }
  void down(int code = 0, Error error = {Errc::NetworkDown, 0, "cut", false}) {
    engine.transportDown(code, std::move(error), now);
  }
  void server(const std::string& frame) {
    const FrameText text(frame);
    engine.received(text.command(), now);
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
