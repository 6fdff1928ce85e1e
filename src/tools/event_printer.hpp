// SPDX-License-Identifier: Apache-2.0
// Prints a session's events, for people or, with --json, one object a line. Used on the Loop's
// thread only.
#pragma once

#include <kith/group.hpp>
#include <kith/receiver.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tools/json_line.hpp"

namespace kith::tools {

/// `12:34:56`, local time.
std::string clockTime(Timestamp time);
/// `a, b, c`
std::string joinNames(const std::vector<std::string>& names);
/// `QueueFull: text` with the server's number when there is one.
std::string describe(const Error& error);

class EventPrinter : public MessageReceiver {
 public:
  /// `quiet` prints nothing for people but what was asked for; JSON is never quiet.
  EventPrinter(bool json, bool quiet) : json_(json), quiet_(quiet) {}

  /// Where a line for people goes; standard output unless set.
  void setWriter(std::function<void(const std::string&)> writer) { writer_ = std::move(writer); }
  bool json() const { return json_; }
  void print(const std::string& line) const;
  void print(const JsonLine& line) const { print(line.str()); }

  // What the events told so far.
  std::size_t messages() const { return messages_; }
  const std::optional<SessionClosed>& closed() const { return closed_; }
  const std::optional<Error>& lastTrouble() const { return last_trouble_; }

  void onSessionOpen(Session& session, const SessionOpened& event) override;
  void onSessionPaused(Session& session, const SessionPaused& event) override;
  void onSessionResumed(Session& session, const SessionOpened& event) override;
  void onSessionClosed(Session& session, const SessionClosed& event) override;
  void onReconnecting(Session& session, const Reconnecting& event) override;
  void onError(Session& session, const Error& error) override;
  void onStatusOnline(Session& session, const std::vector<std::string>& peers) override;
  void onStatusOffline(Session& session, const std::vector<std::string>& peers) override;
  void onMessage(Session& session, const Message& message) override;
  void onMessageSent(Session& session, const Message& message, const Receipt& receipt) override;
  void onMessageFailure(Session& session, const Message& message, const Error& error) override;
  void onMessageDelivered(Session& session, const MessageDelivered& event) override;
  void onJoined(Group& group) override;
  void onInvitedToGroup(Group& group, const std::string& by) override;
  void onLeft(Group& group, const std::string& by) override;
  void onMembersJoined(Group& group, const MembersChanged& event) override;
  void onMembersLeft(Group& group, const MembersChanged& event) override;
  void onGroupMessage(Group& group, const Message& message) override;
  void onGroupMessageSent(Group& group, const Message& message, const Receipt& receipt) override;
  void onGroupMessageFailure(Group& group, const Message& message, const Error& error) override;

 private:
  /// One event: as JSON, or as `line` for people.
  void tell(const JsonLine& event, const std::string& line) const;
  void tellMembers(Group& group, const MembersChanged& event, bool joined) const;

  bool json_;
  bool quiet_;
  std::function<void(const std::string&)> writer_;
  std::size_t messages_{0};
  std::optional<SessionClosed> closed_;
  std::optional<Error> last_trouble_;
};

/// The JSON of a message, as `listen` and `history` print it.
JsonLine messageEvent(const std::string& self, const Message& message);
/// `{"event":name,"peer":self}` to go on with.
JsonLine eventLine(std::string_view name, const std::string& self);
/// Appends `code`, `serverCode` and `detail`.
JsonLine& withError(JsonLine& line, const Error& error);

}  // namespace kith::tools
