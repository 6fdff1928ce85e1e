// SPDX-License-Identifier: Apache-2.0
// What watchers have not been told yet of peers that came and went in this turn. Kept in the
// watchers' own lists, so that a change takes no memory, and handed out as few frames
// (avos-v1 §7.1). Hub's thread.
#pragma once

#include <cstdint>
#include <vector>

#include "server/core/dialect.hpp"
#include "server/core/model.hpp"

namespace kith::core {

class PresenceCoalescer {
 public:
  /// The peer that the session watches at `watch` has come or gone. Every coming and every going is
  /// told, so false when there is no place for one more of this peer: next() has to be emptied
  /// first.
  bool add(Session& session, std::uint32_t watch, bool online);

  static bool has(const Session& session) { return session.presence_changes != 0; }
  /// The next frame for the session, null when it has heard everything. Good until the next call.
  const SharedFrame* next(Session& session);
  /// It will not be heard.
  static void drop(Session& session);

  /// Sessions that had changes since forgetWatchers(); some may have heard them already.
  const std::vector<Ref<Session>>& watchers() const { return watchers_; }
  void forgetWatchers();

 private:
  void choose(Session& session, std::uint32_t round);
  void encode(const Session& session, bool online);

  std::vector<Ref<Session>> watchers_;
  std::vector<const Peer*> chosen_;  ///< those in the frame
  // The last frame: many watchers have the same changes. add() forgets it, so the peers in it
  // exist.
  std::vector<const Peer*> last_sent_;
  bool last_online_{false};
  const Dialect* last_dialect_{nullptr};
  SharedFrame frame_;
  std::vector<std::string_view> ids_;
};

}  // namespace kith::core
