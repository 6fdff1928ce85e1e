// SPDX-License-Identifier: Apache-2.0
// The apps of a server and what works there, as they were at one moment. Never changes; any thread.
#pragma once

#include <kith/server_app.hpp>

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/seeded_hash.hpp"

namespace kith::apps {

class AppSnapshot {
 public:
  /// `apps` fit checkApps().
  AppSnapshot(std::vector<AppOptions> apps, const Switches& switches, std::uint64_t version);
  AppSnapshot(const AppSnapshot&) = delete;
  AppSnapshot& operator=(const AppSnapshot&) = delete;

  const std::vector<AppOptions>& apps() const { return apps_; }
  /// Null: there is none with this id. Good as long as the snapshot is held.
  const AppOptions* find(std::string_view id) const;
  /// Of the whole server.
  const Switches& switches() const { return switches_; }
  /// Later ones have greater numbers.
  std::uint64_t version() const { return version_; }

 private:
  const std::vector<AppOptions> apps_;
  const Switches switches_;
  const std::uint64_t version_;
  std::unordered_map<std::string_view, const AppOptions*, base::TextHash> by_id_;
};

using AppsPtr = std::shared_ptr<const AppSnapshot>;

/// What works where both say so.
inline Switches both(const Switches& a, const Switches& b) {
  return {a.presence && b.presence, a.history && b.history, a.replay_priority && b.replay_priority,
          a.receipts && b.receipts};
}

}  // namespace kith::apps
