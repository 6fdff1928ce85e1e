// SPDX-License-Identifier: Apache-2.0
#include "support/engine_world.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iterator>
#include <sstream>
#include <utility>

#include "protocol/leancloud/codec.hpp"

namespace kith::test {
namespace {

std::string millisText(Timestamp time) { return std::to_string(time.time_since_epoch().count()); }

}  // namespace

RecordingOutput::RecordingOutput() = default;
RecordingOutput::~RecordingOutput() = default;

void RecordingOutput::fetchRoute() { lines.push_back("fetchRoute"); }

void RecordingOutput::connect(const std::string& url) { lines.push_back("connect " + url); }

void RecordingOutput::disconnect(std::uint16_t code, std::string_view) {
  lines.push_back("disconnect " + std::to_string(code));
}

void RecordingOutput::abandon() { lines.push_back("abandon"); }

void RecordingOutput::sendFrame(const avos::Frame& frame) {
  lines.push_back("> " + frameText(frame));
}

void RecordingOutput::sendCommand(const leancloud::Command& command) {
  std::string text;
  leancloud::Encoder().encode(command, leancloud::Encoding::Json, text);
  lines.push_back("> " + text);
}

void RecordingOutput::sendPing() { lines.push_back("ping"); }

void RecordingOutput::requestSignature(engine::SignatureId id, const SignatureRequest& r) {
  static constexpr const char* kActions[] = {"open",    "watch",   "join",  "invite", "kick",
                                             "history", "members", "block", "unblock"};
  questions.push_back(id);
  std::string line = "sign ";
  line.append(kActions[static_cast<int>(r.action)]).append(" ").append(r.peer_id);
  if (!r.group_id.empty()) line += " room=" + r.group_id;
  lines.push_back(line + ' ' + listText(r.peer_ids));
  requests.push_back(r);
}

void RecordingOutput::load(engine::SessionRef session, const std::string& peer) {
  lines.push_back("load " + std::to_string(session) + ' ' + peer);
}

void RecordingOutput::keep(const std::string& peer, StoreChange change) {
  lines.push_back("keep " + peer + ' ' + changeText(change));
  changes.push_back(std::move(change));
}

void RecordingOutput::done(engine::OpId op, engine::Outcome&& o) {
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
      if (each.mentioned) line += " mentioned";
    }
    for (const ConversationInfo& each : o.conversations->found) {
      line += ' ' + each.id + " \"" + each.name + "\" of " + each.creator + ' ';
      line += listText(each.members) + (each.muted ? " muted" : "");
      if (!each.last.id.empty()) line += " last " + messageText(each.last);
      if (each.ends != Timestamp{}) line += " ends=" + millisText(each.ends);
    }
    for (const MemberMarks& each : o.conversations->marks) {
      line += ' ' + each.peer + " acked=" + millisText(each.acked) + " read=";
      line += millisText(each.read);
    }
    const Timestamp ends = o.conversations->ends;
    if (ends != Timestamp{}) line += " ends=" + millisText(ends);
  }
  lines.push_back(line);
}

void RecordingOutput::notify(engine::SessionRef session, Event&& event) {
  lines.push_back(std::to_string(session) + ' ' + eventText(event));
}

// --- frames of the server ---

FrameText::FrameText(const std::string& text) {
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

FrameText::~FrameText() = default;

bool FrameText::has(const std::string& key) const { return values_.contains(key); }

std::string_view FrameText::text(const std::string& key) {
  const auto found = values_.find(key);
  if (found == values_.end()) return {};
  const std::string_view value = words_.emplace_back(std::move(found->second));
  values_.erase(found);
  return value;
}

std::int64_t FrameText::number(const std::string& key) {
  return static_cast<std::int64_t>(std::atoll(std::string(text(key)).c_str()));
}

bool FrameText::flag(const std::string& key) { return values_.erase(key) > 0; }

avos::IdList FrameText::ids(const std::string& key) {
  std::string_view rest = text(key);
  std::vector<std::string_view>& list = lists_.emplace_back();
  while (!rest.empty()) {
    const std::size_t end = rest.find(',');
    list.push_back(rest.substr(0, end));
    rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
  }
  return list;
}

std::optional<avos::IdList> FrameText::idsIfAny(const std::string& key) {
  return has(key) ? std::optional(ids(key)) : std::nullopt;
}

std::optional<avos::Reason> FrameText::reason() {
  if (!has("code")) return {};
  const std::int64_t code = number("code");
  return avos::Reason{code, text("reason")};
}

avos::Body FrameText::body(const std::string& name) {
  if (name == "{}") return avos::Heartbeat{};
  if (name == "session opened") return opened();
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

avos::SessionOpened FrameText::opened() {
  const avos::IdList online = ids("list");
  return {online, number("t")};
}

avos::Direct FrameText::direct() {
  avos::Direct direct;
  direct.from = text("from");
  direct.room = text("room");
  direct.text = text("msg");
  direct.id = text("id");
  direct.timestamp = number("ts");
  direct.to = idsIfAny("to");
  direct.offline = flag("offline");
  direct.transient = flag("transient");
  direct.binary = flag("binary");
  direct.mentions = ids("mentions");
  direct.mention_all = flag("mentions-all");
  return direct;
}

avos::RoomEvent FrameText::roomEvent(const std::string& name) {
  static constexpr const char* kOps[] = {"room joined", "room left",           "room invited",
                                         "room kicked", "room members-joined", "room members-left"};
  for (std::size_t op = 0; op < std::size(kOps); ++op) {
    if (name != kOps[op]) continue;
    avos::RoomEvent event;
    event.op = static_cast<avos::RoomEvent::Op>(op);
    event.room = text("room");
    event.peers = idsIfAny("peers");
    event.by = text("by");
    event.time = number("t");
    return event;
  }
  std::abort();  // a mistake in the test
}

// --- the world ---

engine::EngineOptions plainOptions() {
  engine::EngineOptions options;
  options.app_id = "app";
  options.server = "ws://server";
  return options;
}
engine::EngineOptions signedOptions() {
  engine::EngineOptions options = plainOptions();
  options.has_signer = true;
  return options;
}

engine::EngineOptions storedOptions() {
  engine::EngineOptions options = plainOptions();
  options.has_store = true;
  return options;
}

EngineWorld::EngineWorld() : EngineWorld(plainOptions()) {}
EngineWorld::EngineWorld(engine::EngineOptions options)
    : engine(std::move(options), output, random_) {}
EngineWorld::~EngineWorld() = default;

Lines EngineWorld::take() { return std::exchange(output.lines, {}); }

Lines EngineWorld::takeBut(const std::string& prefix) {
  Lines kept;
  for (std::string& line : take()) {
    if (line.rfind(prefix, 0) != 0) kept.push_back(std::move(line));
  }
  return kept;
}

void EngineWorld::up(bool knows_conversations) { engine.transportUp(now, knows_conversations); }

void EngineWorld::down(int code) { down(code, {Errc::NetworkDown, 0, "cut", false}); }

void EngineWorld::down(int code, Error error) { engine.transportDown(code, std::move(error), now); }

void EngineWorld::server(const std::string& frame) {
  const FrameText text(frame);
  engine.received(text.frame(), now);
}

void EngineWorld::serverSays(const std::string& json) {
  leancloud::Decoder decoder;
  const auto command = decoder.decode(leancloud::Encoding::Json, json);
  engine.received(command.value(), now);
}

void EngineWorld::sign(const std::string& name) {
  Signature signature{name, 7, "n", output.requests.at(signed_).peer_ids};
  engine.signatureReady(output.questions.at(signed_++), signature, now);
}

void EngineWorld::refuseToSign(Error error) {
  engine.signatureReady(output.questions.at(signed_++), std::move(error), now);
}

void EngineWorld::loaded(engine::SessionRef session) { loaded(session, {}); }

void EngineWorld::loaded(engine::SessionRef session, StoredPeer peer) {
  engine.loaded(session, std::move(peer), now);
}

void EngineWorld::kept(std::size_t count) { engine.kept(count, {}, now); }

void EngineWorld::notKept(std::size_t count) {
  engine.kept(count, Error{Errc::StoreFailed, 0, "the disk is full", false}, now);
}

void EngineWorld::pass(base::Millis time) {
  const base::Millis end = now.mono + time;
  while (engine.deadline() <= end) {
    step(std::max(engine.deadline(), now.mono) - now.mono);
    engine.timeReached(now);
  }
  step(end - now.mono);
}

void EngineWorld::step(base::Millis time) {
  now.mono += time;
  now.wall += time;
}

void EngineWorld::send(engine::SessionRef session, const std::string& text, engine::OpId op,
                       const std::string& to) {
  Message message;
  message.text = text;
  message.to = {to};
  engine.send(session, std::move(message), "c" + std::to_string(op), op, now);
}

void EngineWorld::openSession(engine::SessionRef ref, const std::string& peer,
                              std::vector<std::string> watch) {
  engine.addSession(ref, peer);
  const bool first = engine.stats().connects == 0;
  engine.open(ref, std::move(watch), 900 + ref, now);
  if (first) up();
  server("session opened " + peer);
  output.lines.clear();
}

void EngineWorld::cutAndReturn() {
  down();
  pass(std::chrono::seconds{61});
  up();
}

}  // namespace kith::test
