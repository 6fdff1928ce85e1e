// SPDX-License-Identifier: Apache-2.0
// The `session` commands and the life of sessions (avos-v1 §4.1, §7). Hub's thread.
#pragma once

#include "server/core/auth.hpp"
#include "server/core/context.hpp"
#include "server/core/group_cache.hpp"
#include "server/core/presence.hpp"
#include "server/core/replay.hpp"

namespace kith::core {

class Sessions {
 public:
  Sessions(Context& context, Auth& auth, Presence& presence, GroupCache& groups,
           ReplayReader& replay)
      : context_(context), auth_(auth), presence_(presence), groups_(groups), replay_(replay) {}

  /// The session a command is about, or null (avos-v1 §3.1 `appId`, `peerId`).
  Session* find(const Connection& connection, const avos::Command& command) const;

  void open(Connection& connection, const avos::Command& command);
  void add(Session& session, const avos::Command& command);
  void remove(Session& session, const avos::Command& command);
  void query(Session& session, const avos::Command& command);
  void close(Session& session, const avos::Command& command);

  /// The connection is gone or closed by us: all its sessions end.
  void endAll(Connection& connection);

 private:
  App* appOf(const Connection& connection, const avos::Command& command) const;
  static bool idsAreGood(avos::IdList peer_ids);
  void refuse(Connection& connection, const App& app);
  void sendError(Connection& connection, const avos::Command& command, const App& app, int code);
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

}  // namespace kith::core
