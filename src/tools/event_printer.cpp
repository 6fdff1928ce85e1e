// SPDX-License-Identifier: Apache-2.0
#include "tools/event_printer.hpp"

#include <cstdio>
#include <ctime>
#include <sstream>
#include <variant>

#include "tools/terminal.hpp"

namespace kith::tools {
namespace {

std::int64_t millis(Timestamp time) { return time.time_since_epoch().count(); }

/// What a message says; bytes in hex, as JSON is text.
JsonLine& withContent(JsonLine& line, const Message& message) {
  if (message.binary) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string hex;
    for (const char c : message.text) {
      hex += kDigits[static_cast<unsigned char>(c) >> 4];
      hex += kDigits[static_cast<unsigned char>(c) & 15];
    }
    line.text("bytes", hex);
  } else {
    line.text("text", message.text);
  }
  if (!message.mentions.empty()) line.list("mentions", message.mentions);
  if (message.mention_all) line.flag("mentionAll", true);
  if (message.mentioned) line.flag("mentioned", true);
  return line;
}

/// The same for a person.
std::string contentText(const Message& message) {
  if (!message.binary) return message.text;
  return "(" + std::to_string(message.text.size()) + " bytes)";
}

JsonLine sentEvent(const std::string& self, const Message& message, const Receipt& receipt) {
  JsonLine line = eventLine("sent", self);
  if (message.group_id.empty()) {
    line.list("to", message.to);
  } else {
    line.text("group", message.group_id);
  }
  withContent(line, message).text("clientId", receipt.client_id);
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
  withContent(line, message);
  return withError(line, error).flag("mayHaveArrived", error.may_have_arrived);
}

std::string messageLine(const Message& message) {
  std::string line = clockTime(message.timestamp) + ' ';
  if (!message.group_id.empty()) line += '[' + message.group_id + "] ";
  line += screenText(message.from + ": " + contentText(message));
  if (message.mentioned) line += "  (mentions you)";
  if (message.offline) line += "  (sent while you were away)";
  return line;
}

/// What is told of each kind of event.
class Words {
 public:
  Words(const EventPrinter& printer, const std::string& self) : printer_(printer), self_(self) {}

  void operator()(const SessionOpened& e) const {
    tell(line("opened").list("online", e.online), self_ + " is connected");
  }
  void operator()(const SessionPaused& e) const {
    JsonLine json = line("paused");
    tell(withError(json, e.cause), "connection lost, will come back: " + describe(e.cause));
  }
  void operator()(const SessionResumed& e) const {
    tell(line("resumed").list("online", e.online), self_ + " is connected again");
  }
  void operator()(const SessionClosed& e) const {
    JsonLine json = line("closed");
    if (e.cause) withError(json, *e.cause);
    tell(json, e.cause ? "closed: " + describe(*e.cause) : "closed");
  }
  void operator()(const Reconnecting& e) const {
    JsonLine json = line("error");
    withError(json, e.reason)
        .number("attempt", e.attempt)
        .number("nextDelayMs", e.next_delay.count());
    tell(json, "not connected: " + describe(e.reason) + "; next try in " +
                   std::to_string(e.next_delay.count()) + " ms");
  }
  void operator()(const SessionError& e) const {
    JsonLine json = line("error");
    tell(withError(json, e.error), "error: " + describe(e.error));
  }
  void operator()(const PresenceChanged& e) const {
    const char* name = e.online ? "online" : "offline";
    tell(line(name).list("peers", e.peers), std::string(name) + ": " + joinNames(e.peers));
  }
  void operator()(const MessageReceived& e) const {
    printer_.tell(messageEvent(self_, e.message), messageLine(e.message));
  }
  void operator()(const MessageSent& e) const {
    if (printer_.json()) printer_.print(sentEvent(self_, e.message, e.receipt));
  }
  void operator()(const MessageFailed& e) const {
    if (printer_.json()) printer_.print(failedEvent(self_, e.message, e.error));
  }
  void operator()(const MessageDelivered& e) const {
    tell(line("delivered").text("id", e.message_id).number("timestamp", millis(e.timestamp)),
         "delivered: " + e.message_id);
  }
  void operator()(const GroupJoined& e) const {
    tell(line("joined").text("group", e.group_id).text("by", self_), "in group " + e.group_id);
  }
  void operator()(const GroupInvited& e) const {
    tell(line("joined").text("group", e.group_id).text("by", e.by),
         e.by + " put you into group " + e.group_id);
  }
  void operator()(const GroupLeft& e) const {
    tell(line("left").text("group", e.group_id).text("by", e.by),
         (e.by == self_ ? "you left group " : e.by + " removed you from group ") + e.group_id);
  }
  void operator()(const MembersChanged& e) const {
    const bool alone = e.peers.size() == 1 && e.peers[0] == e.by;
    tell(line(e.joined ? "membersJoined" : "membersLeft")
             .text("group", e.group_id)
             .list("peers", e.peers)
             .text("by", e.by),
         joinNames(e.peers) + (e.joined ? " joined group " : " left group ") + e.group_id +
             (alone ? "" : " (by " + e.by + ")"));
  }
  void operator()(const MessageEdited& e) const {
    JsonLine json = line("edited");
    json.text("group", e.conversation_id).text("id", e.message.id).text("from", e.message.from);
    withContent(json, e.message)
        .number("timestamp", millis(e.message.timestamp))
        .number("editedAt", millis(e.message.edited_at));
    tell(json, "[" + e.conversation_id + "] " +
                   screenText(e.message.from + " changed a message: " + contentText(e.message)));
  }
  void operator()(const MessageRecalled& e) const {
    tell(line("recalled")
             .text("group", e.conversation_id)
             .text("id", e.message_id)
             .text("from", e.from)
             .number("timestamp", millis(e.timestamp)),
         "[" + e.conversation_id + "] " + screenText(e.from) + " took a message back");
  }
  void operator()(const UnreadChanged& e) const {
    tell(line("unread").text("group", e.unread.conversation_id).number("count", e.unread.count),
         "[" + e.unread.conversation_id + "] " + std::to_string(e.unread.count) + " unread");
  }
  void operator()(const ConversationUpdated& e) const {
    tell(line("updated")
             .text("group", e.conversation_id)
             .text("by", e.by)
             .text("attributes", e.attributes),
         screenText(e.by) + " changed conversation " + e.conversation_id);
  }
  void operator()(const StandingChanged& e) const {
    static constexpr const char* kNames[] = {"manager", "silenced", "blocked"};
    const std::string what = kNames[static_cast<int>(e.standing)];
    tell(line("standing")
             .text("group", e.conversation_id)
             .text("standing", what)
             .flag("on", e.on)
             .list("peers", e.peers)
             .text("by", e.by),
         "[" + e.conversation_id + "] " + joinNames(e.peers) + (e.on ? ": " : ": not ") + what +
             (e.on ? "" : " any more") + " (by " + screenText(e.by) + ")");
  }
  void operator()(const EventsMissed& e) const {
    tell(line("eventsMissed").number("since", millis(e.since)),
         "some of what happened to conversations meanwhile is not known");
  }
  // Answers to calls of ours: the command that asked prints them.
  void operator()(const PeersWatched&) const {}
  void operator()(const PeersUnwatched&) const {}
  void operator()(const PeersInvited&) const {}
  void operator()(const PeersKicked&) const {}
  void operator()(const GroupRejected&) const {}

 private:
  JsonLine line(std::string_view name) const { return eventLine(name, self_); }
  void tell(const JsonLine& json, const std::string& words) const {
    printer_.tell(json, "* " + words);
  }

  const EventPrinter& printer_;
  const std::string& self_;
};

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
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + screenText(name);
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
  return withContent(line, message)
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

bool EventPrinter::onEvent(Session& session, Event& event) {
  take(event);
  std::visit(Words(*this, session.peerId()), event);
  return true;
}

void EventPrinter::take(const Event& event) {
  if (std::holds_alternative<MessageReceived>(event)) ++messages_;
  if (std::holds_alternative<SessionResumed>(event)) last_trouble_.reset();
  if (const auto* closed = std::get_if<SessionClosed>(&event)) closed_ = *closed;
  if (const auto* retrying = std::get_if<Reconnecting>(&event)) last_trouble_ = retrying->reason;
}

}  // namespace kith::tools
