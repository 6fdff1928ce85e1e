// SPDX-License-Identifier: Apache-2.0
// The `session` commands and the life of sessions (avos-v1 §4.1, §7). Hub's thread.
#pragma once

#include "server/hub/auth.hpp"
#include "server/hub/context.hpp"
#include "server/hub/group_cache.hpp"
#include "server/hub/presence.hpp"
#include "server/hub/replay.hpp"

namespace kith::hub {

class Sessions {
 public:
  Sessions(Context& context, Auth& auth, Presence& presence, GroupCache& groups,
           ReplayReader& replay)
      : context_(context), auth_(auth), presence_(presence), groups_(groups), replay_(replay) {}

  /// The session a command is about, or null (avos-v1 §3.1 `appId`, `peerId`).
  Session* find(const Connection& connection, const wire::Command& command) const;

  void open(Connection& connection, const wire::Command& command);
  void add(Session& session, const wire::Command& command);
  void remove(Session& session, const wire::Command& command);
  void query(Session& session, const wire::Command& command);
  void close(Session& session, const wire::Command& command);

  /// The connection is gone or closed by us: all its sessions end.
  void endAll(Connection& connection);

 private:
  App* appOf(const Connection& connection, const wire::Command& command) const;
  static bool idsAreGood(wire::IdList peer_ids);
  void refuse(Connection& connection, const App& app);
  void sendError(Connection& connection, const wire::Command& command, const App& app, int code);
  Session& begin(Connection& connection, Ref<Peer> peer);
  static void addToIndex(Connection& connection, Session& session);
  template <typename Event>
  void tellStorage(const Peer& peer);
  void keepToLimit(const Session& newest);
  void end(Session& session, bool lost);

  Context& context_;
  Auth& auth_;
  Presence& presence_;
  GroupCache& groups_;
  ReplayReader& replay_;
};

}  // namespace kith::hub
