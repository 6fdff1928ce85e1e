// SPDX-License-Identifier: Apache-2.0
// Sessions with a store, and what an earlier life left in it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "support/engine_world.hpp"

namespace kith::test {

/// A session with a store in which `peer` is what was kept.
inline void open(EngineWorld& w, engine::SessionRef ref, const std::string& name,
                 StoredPeer peer = {}, std::vector<std::string> watch = {}) {
  const bool first = w.engine.stats().connects == 0;
  w.engine.addSession(ref, name);
  w.engine.open(ref, std::move(watch), 900 + ref, w.now);
  if (first) w.up();
  w.loaded(ref, std::move(peer));
  w.server("session opened " + name);
  w.take();
  w.kept(w.output.changes.size());
  w.output.changes.clear();
  w.take();
}

inline StoredOutgoing outgoing(const std::string& id, const std::string& text,
                               base::Instant queued) {
  StoredOutgoing stored;
  stored.client_id = id;
  stored.message.text = text;
  stored.message.to = {"bob"};
  stored.queued = Timestamp{queued.wall};
  return stored;
}

inline StoredIncoming incoming(const std::string& id) {
  StoredIncoming stored;
  stored.message.text = "old";
  stored.message.id = id;
  stored.message.from = "alice";
  return stored;
}

}  // namespace kith::test
