// SPDX-License-Identifier: Apache-2.0
#include "tools/event_printer.hpp"

#include <cstdio>
#include <ctime>
#include <sstream>

#include "tools/terminal.hpp"

namespace kith::tools {
namespace {

std::int64_t millis(Timestamp time) { return time.time_since_epoch().count(); }

JsonLine sentEvent(const std::string& self, const Message& message, const Receipt& receipt) {
  JsonLine line = eventLine("sent", self);
  if (message.group_id.empty()) {
    line.list("to", message.to);
  } else {
    line.text("group", message.group_id);
  }
  line.text("text", message.text).text("clientId", receipt.client_id);
  if (!receipt.message_id.empty()) {
    line.text("id", receipt.message_id).number("timestamp", millis(receipt.timestamp));
  }
  return line.flag("transient", message.transient);
}

JsonLine failedEvent(const std::string& self, const Message& message, const Error& error) {
  JsonLine line = eventLine("failed", self);
  if (message.group_id.empty()) {
    line.list("to", message.to);
  } else {
    line.text("group", message.group_id);
  }
  line.text("text", message.text);
  return withError(line, error).flag("mayHaveArrived", error.may_have_arrived);
}

std::string messageLine(const Message& message) {
  std::string line = clockTime(message.timestamp) + ' ';
  if (!message.group_id.empty()) line += '[' + message.group_id + "] ";
  line += harmless(message.from + ": " + message.text);
  if (message.offline) line += "  (sent while you were away)";
  return line;
}

}  // namespace

std::string clockTime(Timestamp time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  char text[16];
  std::strftime(text, sizeof text, "%H:%M:%S", &parts);
  return text;
}

std::string joinNames(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + harmless(name);
  return all;
}

std::string describe(const Error& error) {
  std::ostringstream out;
  out << error;
  return out.str();
}

JsonLine eventLine(std::string_view name, const std::string& self) {
  JsonLine line;
  line.text("event", name).text("peer", self);
  return line;
}

JsonLine& withError(JsonLine& line, const Error& error) {
  return line.text("code", errcName(error.code))
      .number("serverCode", error.server_code)
      .text("detail", error.detail);
}

JsonLine messageEvent(const std::string& self, const Message& message) {
  JsonLine line = eventLine("message", self);
  line.text("from", message.from);
  if (!message.group_id.empty()) line.text("group", message.group_id);
  if (!message.to.empty()) line.list("to", message.to);
  return line.text("text", message.text)
      .text("id", message.id)
      .number("timestamp", millis(message.timestamp))
      .flag("offline", message.offline)
      .flag("transient", message.transient);
}

void EventPrinter::print(const std::string& line) const {
  if (writer_) {
    writer_(line);
    return;
  }
  const std::string text = line + '\n';
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void EventPrinter::tell(const JsonLine& event, const std::string& line) const {
  if (json_) {
    print(event);
  } else if (!quiet_) {
    print(line);
  }
}

void EventPrinter::onSessionOpen(Session& session, const SessionOpened& event) {
  tell(eventLine("opened", session.peerId()).list("online", event.online),
       "* " + session.peerId() + " is connected");
}

void EventPrinter::onSessionPaused(Session& session, const SessionPaused& event) {
  JsonLine line = eventLine("paused", session.peerId());
  tell(withError(line, event.cause), "* connection lost, will come back: " + describe(event.cause));
}

void EventPrinter::onSessionResumed(Session& session, const SessionOpened& event) {
  last_trouble_.reset();
  tell(eventLine("resumed", session.peerId()).list("online", event.online),
       "* " + session.peerId() + " is connected again");
}

void EventPrinter::onSessionClosed(Session& session, const SessionClosed& event) {
  closed_ = event;
  JsonLine line = eventLine("closed", session.peerId());
  if (event.cause) withError(line, *event.cause);
  tell(line, event.cause ? "* closed: " + describe(*event.cause) : "* closed");
}

void EventPrinter::onReconnecting(Session& session, const Reconnecting& event) {
  last_trouble_ = event.reason;
  JsonLine line = eventLine("error", session.peerId());
  withError(line, event.reason)
      .number("attempt", event.attempt)
      .number("nextDelayMs", event.next_delay.count());
  tell(line, "* not connected: " + describe(event.reason) + "; next try in " +
                 std::to_string(event.next_delay.count()) + " ms");
}

void EventPrinter::onError(Session& session, const Error& error) {
  JsonLine line = eventLine("error", session.peerId());
  tell(withError(line, error), "* error: " + describe(error));
}

void EventPrinter::onStatusOnline(Session& session, const std::vector<std::string>& peers) {
  if (peers.empty()) return;
  tell(eventLine("online", session.peerId()).list("peers", peers), "* online: " + joinNames(peers));
}

void EventPrinter::onStatusOffline(Session& session, const std::vector<std::string>& peers) {
  if (peers.empty()) return;
  tell(eventLine("offline", session.peerId()).list("peers", peers),
       "* offline: " + joinNames(peers));
}

void EventPrinter::onMessage(Session& session, const Message& message) {
  ++messages_;
  tell(messageEvent(session.peerId(), message), messageLine(message));
}

void EventPrinter::onMessageSent(Session& session, const Message& message, const Receipt& receipt) {
  if (json_) print(sentEvent(session.peerId(), message, receipt));
}

void EventPrinter::onMessageFailure(Session& session, const Message& message, const Error& error) {
  if (json_) print(failedEvent(session.peerId(), message, error));
}

void EventPrinter::onMessageDelivered(Session& session, const MessageDelivered& event) {
  tell(eventLine("delivered", session.peerId())
           .text("id", event.message_id)
           .number("timestamp", millis(event.timestamp)),
       "* delivered: " + event.message_id);
}

void EventPrinter::onJoined(Group& group) {
  tell(
      eventLine("joined", group.selfId()).text("group", group.groupId()).text("by", group.selfId()),
      "* in group " + group.groupId());
}

void EventPrinter::onInvitedToGroup(Group& group, const std::string& by) {
  tell(eventLine("joined", group.selfId()).text("group", group.groupId()).text("by", by),
       "* " + by + " put you into group " + group.groupId());
}

void EventPrinter::onLeft(Group& group, const std::string& by) {
  const bool own = by == group.selfId();
  tell(eventLine("left", group.selfId()).text("group", group.groupId()).text("by", by),
       (own ? "* you left group " : "* " + by + " removed you from group ") + group.groupId());
}

void EventPrinter::tellMembers(Group& group, const MembersChanged& event, bool joined) const {
  tell(eventLine(joined ? "membersJoined" : "membersLeft", group.selfId())
           .text("group", group.groupId())
           .list("peers", event.peers)
           .text("by", event.by),
       "* " + joinNames(event.peers) + (joined ? " joined group " : " left group ") +
           group.groupId() +
           (event.peers.size() == 1 && event.peers[0] == event.by ? "" : " (by " + event.by + ")"));
}

void EventPrinter::onMembersJoined(Group& group, const MembersChanged& event) {
  tellMembers(group, event, true);
}

void EventPrinter::onMembersLeft(Group& group, const MembersChanged& event) {
  tellMembers(group, event, false);
}

void EventPrinter::onGroupMessage(Group& group, const Message& message) {
  ++messages_;
  tell(messageEvent(group.selfId(), message), messageLine(message));
}

void EventPrinter::onGroupMessageSent(Group& group, const Message& message,
                                      const Receipt& receipt) {
  if (json_) print(sentEvent(group.selfId(), message, receipt));
}

void EventPrinter::onGroupMessageFailure(Group& group, const Message& message, const Error& error) {
  if (json_) print(failedEvent(group.selfId(), message, error));
}

}  // namespace kith::tools
