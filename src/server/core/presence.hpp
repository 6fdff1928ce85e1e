// SPDX-License-Identifier: Apache-2.0
// Watchers and watched peers, and what is told to which watcher (avos-v1 §7.1). Hub's thread.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "server/core/context.hpp"

namespace kith::core {

class Presence {
 public:
  explicit Presence(Context& context) : context_(context) {}

  void watch(Session& session, std::string_view peer_id);
  /// The session has heard its news (Writer::sendPresence).
  void unwatch(Session& session, std::string_view peer_id);
  void unwatchAll(Session& session);
  static bool watches(const Session& session, const Peer& peer);

  /// True when the session would watch more peers than the app allows after adding `peer_ids` to
  /// its `kept` present ones.
  bool tooMany(const App& app, const Session* kept, IdList peer_ids);

  /// The online ones of `peer_ids`, as watchers see them. Good until the next call.
  IdList onlineOf(const App& app, IdList peer_ids);
  /// The online ones of those the session watches. Good until the next call.
  IdList onlineOf(const Session& session);

  /// The peer's first session has come, or its last one gone.
  void onFirstSession(Peer& peer);
  void onLastSession(Peer& peer);
  /// Presence was switched on in an app: every watcher hears how things are now.
  void tellAll(App& app);
  /// A timer of the peer has come due.
  void onTimer(Peer& peer);

 private:
  void tell(Peer& peer, bool online);
  void notifyOnline(Session& session);

  Context& context_;
  std::vector<std::string_view> ids_;
};

}  // namespace kith::core
