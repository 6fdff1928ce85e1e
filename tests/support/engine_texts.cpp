// SPDX-License-Identifier: Apache-2.0
#include "support/engine_texts.hpp"

#include <optional>
#include <sstream>
#include <string_view>
#include <variant>

namespace kith::test {
namespace {

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
    if (b.binary) out << " binary";
    if (!b.mentions.empty()) out << " mentions=" << listText(b.mentions);
    if (b.mention_all) out << " mentions-all";
    if (b.will) out << " will";
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
  S operator()(const StandingChanged& e) const {
    static constexpr const char* kNames[] = {"manager ", "silenced ", "blocked "};
    return (e.on ? "Standing " : "NoStanding ") + e.conversation_id + ' ' +
           kNames[static_cast<int>(e.standing)] + listText(e.peers) + " by=" + e.by;
  }
  S operator()(const EventsMissed& e) const {
    return "EventsMissed since=" + std::to_string(e.since.time_since_epoch().count());
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

}  // namespace

std::string frameText(const avos::Frame& frame) {
  std::ostringstream out;
  std::visit(BodyText{out, frame.peer()}, frame.body);
  if (frame.i.kind == avos::Serial::Kind::Integer) out << " i=" << frame.i.number;
  return out.str();
}

std::string errorText(const Error& error) {
  std::string text(errcName(error.code));
  if (error.server_code != 0) text += '/' + std::to_string(error.server_code);
  if (error.may_have_arrived) text += " may-have-arrived";
  return text;
}

std::string messageText(const Message& m) {
  std::string text = '"' + m.text + '"';
  if (!m.from.empty()) text += " from=" + m.from;
  if (!m.to.empty()) text += " to=" + listText(m.to);
  if (!m.group_id.empty()) text += " room=" + m.group_id;
  if (!m.id.empty()) text += " id=" + m.id;
  if (m.transient) text += " transient";
  if (m.offline) text += " offline";
  if (m.binary) text += " binary";
  if (!m.mentions.empty()) text += " mentions=" + listText(m.mentions);
  if (m.mention_all) text += " mentions-all";
  if (m.mentioned) text += " mentioned";
  return text;
}

std::string eventText(const Event& event) { return std::visit(EventText{}, event); }
std::string changeText(const StoreChange& change) { return std::visit(ChangeText{}, change); }

}  // namespace kith::test
