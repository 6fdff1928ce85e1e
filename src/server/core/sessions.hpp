// SPDX-License-Identifier: Apache-2.0
// What is asked of sessions, and their life (avos-v1 §4.1, §7). Hub's thread.
#pragma once

#include "server/core/auth.hpp"
#include "server/core/context.hpp"
#include "server/core/group_cache.hpp"
#include "server/core/marks.hpp"
#include "server/core/presence.hpp"
#include "server/core/replay.hpp"

namespace kith::core {

class Sessions {
 public:
  Sessions(Context& context, Auth& auth, Presence& presence, GroupCache& groups,
           ReplayReader& replay, Marks& marks)
      : context_(context),
        auth_(auth),
        presence_(presence),
        groups_(groups),
        replay_(replay),
        marks_(marks) {}

  /// The session an intent is about, or null (avos-v1 §3.1 `appId`, `peerId`).
  Session* find(const Connection& connection, const Intent& intent) const;

  void open(Connection& connection, const Intent& intent, const OpenSession& wish);
  void watch(Session& session, const Serial& i, const WatchPeers& wish);
  void unwatch(Session& session, const Serial& i, const UnwatchPeers& wish);
  void query(Session& session, const Serial& i, const QueryPresence& wish);
  void close(Session& session, const Serial& i);
  /// All sessions of the peer end.
  void kick(Peer& peer, std::string_view reason);
  void refresh(Session& session, const Serial& i, const RefreshToken& wish);

  /// The connection is gone or closed by us: all its sessions end.
  void endAll(Connection& connection);

 private:
  App* appOf(const Connection& connection, const Intent& intent) const;
  static bool idsAreGood(IdList peer_ids);
  void refuseOpen(Connection& connection, const App& app, const Intent& intent);
  void openAs(Connection& connection, App& app, const Intent& intent, const OpenSession& wish);
  void tellMissed(Session& session, const OpenSession& wish);
  /// Why its token does not open the session; 0 = it does, or it has none, and `origin` says what
  /// is known of the session.
  int readOrigin(App& app, std::string_view peer_id, const OpenSession& wish,
                 std::unique_ptr<SessionOrigin>& origin);
  /// Whether a token, or a signature where one is needed, opens it; else it has been refused.
  bool isProven(Connection& connection, App& app, const Intent& intent, const OpenSession& wish,
                SessionOrigin* origin);
  /// Ends the session of the peer that has the same tag. False: that one stays.
  bool makeRoomForTag(const Peer& peer, const Connection& connection, const SessionOrigin& origin,
                      bool reopens);
  SessionReply tokenReply(const Session& session, SessionReply::To to);
  void refuse(Connection& connection, const App& app, std::string_view peer_id, const Serial& i,
              int code);
  Session& begin(Connection& connection, Ref<Peer> peer);
  static void addToIndex(Connection& connection, Session& session);
  void tellPresence(const Peer& peer);
  void keepToLimit(const Session& newest);
  void end(Session& session, bool lost);

  Context& context_;
  Auth& auth_;
  Presence& presence_;
  GroupCache& groups_;
  ReplayReader& replay_;
  Marks& marks_;
  std::string token_;  ///< scratch of a reply
};

}  // namespace kith::core
