// SPDX-License-Identifier: Apache-2.0
// Prints a session's events, for people or, with --json, one object a line. Used on the MainLoop's
// thread only.
#pragma once

#include <kith/receiver.hpp>
#include <kith/session.hpp>

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

  /// Takes every event: each is printed, or is the answer to a call whose completion prints it.
  bool onEvent(Session& session, Event& event) override;
  /// One event: as JSON, or as `line` for people.
  void tell(const JsonLine& event, const std::string& line) const;

 private:
  void take(const Event& event);

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
