// SPDX-License-Identifier: Apache-2.0
#include "support/recorder.hpp"

#include <algorithm>

namespace kith::testing {

template class Answer<void>;
template class Answer<Receipt>;
template class Answer<std::string>;
template class Answer<std::vector<std::string>>;
template class Answer<std::vector<Message>>;

std::string joined(std::vector<std::string> words) {
  std::sort(words.begin(), words.end());
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

Recorder::Recorder() = default;
Recorder::~Recorder() = default;

std::vector<std::string> Recorder::lines() {
  return waiter_.look([this] { return lines_; });
}

std::vector<Message> Recorder::messages() {
  return waiter_.look([this] { return messages_; });
}

std::size_t Recorder::count(const std::string& start) {
  return waiter_.look([&] { return countNow(start); });
}

void Recorder::wait(const std::string& start, std::size_t times) {
  if (waiter_.until([&] { return countNow(start) >= times; })) return;
  std::string all;
  for (const std::string& line : lines()) all += "\n  " + line;
  FAIL("did not hear '" << start << "' " << times << " times; heard:" << all);
}

void Recorder::waitForMessages(std::size_t count) {
  if (waiter_.until([&] { return messages_.size() >= count; })) return;
  FAIL("heard " << messages().size() << " of " << count << " messages");
}

void Recorder::clear() {
  waiter_.change([this] {
    lines_.clear();
    messages_.clear();
  });
}

void Recorder::onSessionOpen(Session& s, const SessionOpened& e) {
  write("onSessionOpen " + joined(e.online), s);
}

void Recorder::onSessionPaused(Session& s, const SessionPaused& e) {
  write("onSessionPaused " + std::string(errcName(e.cause.code)), s);
}

void Recorder::onSessionResumed(Session& s, const SessionOpened& e) {
  write("onSessionResumed " + joined(e.online), s);
}

void Recorder::onSessionClosed(Session& s, const SessionClosed& e) {
  write("onSessionClosed" + (e.cause ? " " + std::string(errcName(e.cause->code)) : ""), s);
}

void Recorder::onReconnecting(Session& s, const Reconnecting& e) {
  write("onReconnecting " + std::string(errcName(e.reason.code)), s);
}

void Recorder::onError(Session& s, const Error& e) {
  write("onError " + std::string(errcName(e.code)), s);
}

void Recorder::onStatusOnline(Session& s, const std::vector<std::string>& peers) {
  write("onStatusOnline " + joined(peers), s);
}

void Recorder::onStatusOffline(Session& s, const std::vector<std::string>& peers) {
  write("onStatusOffline " + joined(peers), s);
}

void Recorder::onPeersWatched(Session& s, const std::vector<std::string>& peers) {
  write("onPeersWatched " + joined(peers), s);
}

void Recorder::onPeersUnwatched(Session& s, const std::vector<std::string>& peers) {
  write("onPeersUnwatched " + joined(peers), s);
}

void Recorder::onMessage(Session& s, const Message& m) {
  write("onMessage " + m.from + ": " + m.text, s, nullptr, &m);
}

void Recorder::onMessageSent(Session& s, const Message& m, const Receipt& r) {
  write("onMessageSent " + m.text + (r.message_id.empty() ? " without id" : ""), s);
}

void Recorder::onMessageFailure(Session& s, const Message& m, const Error& e) {
  write("onMessageFailure " + m.text + " " + std::string(errcName(e.code)), s);
}

void Recorder::onMessageDelivered(Session& s, const MessageDelivered& e) {
  write("onMessageDelivered " + e.message_id, s);
}

void Recorder::onMessageEdited(Session& s, const MessageEdited& e) {
  write("onMessageEdited " + e.message.from + ": " + e.message.text, s, nullptr, &e.message);
}

void Recorder::onMessageRecalled(Session& s, const MessageRecalled& e) {
  write("onMessageRecalled " + e.message_id + " by " + e.from, s);
}

void Recorder::onUnreadChanged(Session& s, const UnreadCount& u) {
  write("onUnreadChanged " + u.conversation_id + " " + std::to_string(u.count), s);
}

void Recorder::onConversationUpdated(Session& s, const ConversationUpdated& e) {
  write("onConversationUpdated " + e.attributes + " by " + e.by, s);
}

void Recorder::onStandingChanged(Session& s, const StandingChanged& e) {
  static constexpr const char* kNames[] = {"manager", "silenced", "blocked"};
  write("onStandingChanged " + std::string(e.on ? "" : "not ") +
            kNames[static_cast<int>(e.standing)] + " " + joined(e.peers) + " by " + e.by,
        s);
}
void Recorder::onEventsMissed(Session& s, const EventsMissed&) { write("onEventsMissed", s); }
void Recorder::onJoined(Group& g) { write("onJoined " + g.groupId(), *g.session(), &g); }

void Recorder::onInvitedToGroup(Group& g, const std::string& by) {
  write("onInvitedToGroup " + g.groupId() + " by " + by, *g.session(), &g);
}

void Recorder::onLeft(Group& g, const std::string& by) {
  write("onLeft " + g.groupId() + " by " + by, *g.session(), &g);
}

void Recorder::onInvited(Group& g, const std::vector<std::string>& peers) {
  write("onInvited " + joined(peers), *g.session(), &g);
}

void Recorder::onKicked(Group& g, const std::vector<std::string>& peers) {
  write("onKicked " + joined(peers), *g.session(), &g);
}

void Recorder::onMembersJoined(Group& g, const MembersChanged& e) {
  write("onMembersJoined " + joined(e.peers) + " by " + e.by, *g.session(), &g);
}

void Recorder::onMembersLeft(Group& g, const MembersChanged& e) {
  write("onMembersLeft " + joined(e.peers) + " by " + e.by, *g.session(), &g);
}

void Recorder::onReject(Group& g, const GroupRejected& e) {
  write("onReject " + joined(e.targets) + " " + std::string(errcName(e.error.code)), *g.session(),
        &g);
}

void Recorder::onGroupMessage(Group& g, const Message& m) {
  write("onGroupMessage " + m.from + ": " + m.text, *g.session(), &g, &m);
}

void Recorder::onGroupMessageSent(Group& g, const Message& m, const Receipt& r) {
  write("onGroupMessageSent " + m.text + (r.message_id.empty() ? " without id" : ""), *g.session(),
        &g);
}

void Recorder::onGroupMessageFailure(Group& g, const Message& m, const Error& e) {
  write("onGroupMessageFailure " + m.text + " " + std::string(errcName(e.code)), *g.session(), &g);
}

std::size_t Recorder::countNow(const std::string& start) const {
  return static_cast<std::size_t>(std::count_if(
      lines_.begin(), lines_.end(),
      [&](const std::string& line) { return line.compare(0, start.size(), start) == 0; }));
}

void Recorder::write(std::string line, Session& session, Group* group, const Message* message) {
  if (hook) hook(line, session, group);
  waiter_.change([&] {
    lines_.push_back(std::move(line));
    if (message != nullptr) messages_.push_back(*message);
  });
}

}  // namespace kith::testing
