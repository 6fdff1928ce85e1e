// SPDX-License-Identifier: Apache-2.0
// The way out: replies in the order of the requests, news of presence at the end of the turn,
// everything else at once, nothing after a close. Hub's thread.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/dialect.hpp"
#include "server/core/hub.hpp"
#include "server/core/model.hpp"
#include "server/core/pending_command.hpp"
#include "server/core/presence_coalescer.hpp"
#include "server/core/timers.hpp"

namespace kith::core {

class Writer {
 public:
  Writer(Output& output, PendingCommands& pending, HubStats& stats, Timers& timers,
         const base::Instant& now)
      : output_(output), pending_(pending), stats_(stats), timers_(timers), now_(now) {}

  /// A direct reply (avos-v1 §3.2 R2).
  void reply(Connection& connection, const Notice& notice);
  /// A reply that says what is so now, of presence or of members: no other frame for the session
  /// may overtake it, or older news would come after newer ones (avos-v1 §16.13).
  void replyFirst(Session& session, const Notice& notice);
  /// A reply whose turn it is.
  void replyNow(Connection& connection, const Notice& notice) { sayNow(connection, notice, true); }

  /// A frame that was not asked for (R4).
  void notify(Session& session, const Notice& notice);
  /// For one receiver of many; `make` gives the notice where it has to be encoded.
  template <typename Make>
  void notify(Session& session, SharedNotice& notice, Make make) {
    if (!session.alive()) return;
    sendPresence(session);
    put(session, notice.in(*session.connection->dialect, make));
  }

  /// The peer that `watcher` watches has come or gone. Told with others of the turn, but before any
  /// other frame of the session: to wait changes nothing in the order of its frames.
  void addPresence(const Watcher& watcher, bool online);
  /// The session is about to hear something else, or to change what it watches.
  void sendPresence(Session& session) {
    if (PresenceCoalescer::has(session)) sendPresenceNow(session);
  }
  /// The turn is over.
  void sendAllPresence() {
    if (!presence_.watchers().empty()) sendAllPresenceNow();
  }

  /// It is the turn of a pending frame.
  void onFrame(PendingCommand& frame);

  /// Lets go what has waited for its moment. When the rest may leave; kNever if there is none.
  base::Millis releaseDue(Connection& connection);
  /// The connection is about to be closed: all leaves.
  void releaseAll(Connection& connection);

 private:
  void write(Connection& to, std::initializer_list<std::string_view> parts, bool reply,
             Topics topics);
  void writeSpaced(Connection& to, std::initializer_list<std::string_view> parts, bool reply,
                   Topics topics);
  bool mayLeave(const Connection& to, bool reply, Topics topics) const;
  void noteLeft(Connection& to, bool reply, Topics topics) const;
  void release(Connection& connection);
  std::unique_ptr<HeldFrames> takeSpare();
  void giveUpHeld(Connection& connection);
  PendingCommand& queue(Connection& connection, Session* session, bool reply);
  void queueNotice(Connection& connection, Session* session, const Notice& notice, bool reply);
  /// Frames of a session keep their order, and none overtakes the reply to what it is about.
  static bool mustQueue(const Session& session) {
    return session.queued > 0 || session.connection->holding;
  }
  void sendPresenceNow(Session& session);
  void sendAllPresenceNow();
  void put(Session& session, const SharedFrame& frame);
  void sayNow(Connection& connection, const Notice& notice, bool reply);

  Output& output_;
  PendingCommands& pending_;
  HubStats& stats_;
  Timers& timers_;
  const base::Instant& now_;
  PresenceCoalescer presence_;
  std::string scratch_;
  std::vector<std::unique_ptr<HeldFrames>> spare_;  ///< empty ones, with their memory
};

}  // namespace kith::core
