// SPDX-License-Identifier: Apache-2.0
// The way out: replies in the order of the requests, news of presence at the end of the turn,
// everything else at once, nothing after a close. Hub's thread.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "server/hub/hub.hpp"
#include "server/hub/model.hpp"
#include "server/hub/news.hpp"
#include "server/hub/pending_command.hpp"
#include "wire/codec.hpp"

namespace kith::hub {

class Writer {
 public:
  Writer(Output& output, PendingCommands& pending, HubStats& stats)
      : output_(output), pending_(pending), stats_(stats) {}

  /// A direct reply (avos-v1 §3.2 R2).
  void reply(Connection& connection, const wire::Command& command);
  /// A reply that says who is online now: no other frame for the session may overtake it, or older
  /// news would come after newer ones (avos-v1 §16.13).
  void replyFirst(Session& session, const wire::Command& command);
  /// A reply whose turn it is.
  void replyNow(Connection& connection, const wire::Command& command);

  /// A frame that nobody asked for (R4).
  void notify(Session& session, const wire::Command& command);
  void notify(Session& session, const wire::SharedFrame& frame);

  /// The peer that `watcher` watches has come or gone. Told with others of the turn, but before any
  /// other frame of the session: to wait changes nothing in the order of its frames.
  void addNews(const Watcher& watcher, bool online);
  /// The session is about to hear something else, or to change what it watches.
  void tellNews(Session& session) {
    if (News::has(session)) tellNewsNow(session);
  }
  /// The turn is over.
  void tellAllNews() {
    if (!news_.watchers().empty()) tellAllNewsNow();
  }

  /// It is the turn of a pending frame.
  void onFrame(PendingCommand& frame);

  wire::Encoder& encoder() { return encoder_; }

 private:
  void write(const Connection& to, std::initializer_list<std::string_view> parts);
  PendingCommand& queue(Connection& connection, Session* session, bool reply);
  /// Frames of a session keep their order, and none overtakes the reply to what it is about.
  static bool mustQueue(const Session& session) {
    return session.queued > 0 || session.connection->holding;
  }
  void tellNewsNow(Session& session);
  void tellAllNewsNow();
  void put(Session& session, const wire::SharedFrame& frame);

  Output& output_;
  PendingCommands& pending_;
  HubStats& stats_;
  wire::Encoder encoder_;
  News news_;
  std::string scratch_;
};

}  // namespace kith::hub
