// SPDX-License-Identifier: Apache-2.0
// Brings the hub's apps to what a snapshot of the settings says. Hub's thread, between two frames:
// no command is half done, and nothing but the App objects holds on to their options.
#pragma once

#include "server/apps/app_snapshot.hpp"
#include "server/core/context.hpp"
#include "server/core/presence.hpp"
#include "server/core/replay.hpp"

namespace kith::core {

class AppUpdater {
 public:
  AppUpdater(Context& context, Presence& presence, ReplayReader& replay)
      : context_(context), presence_(presence), replay_(replay) {}

  /// See Hub::setApps().
  void take(const apps::AppSnapshot& snapshot);

 private:
  void takeApp(const AppOptions& options);
  void declare(const AppOptions& options);

  Context& context_;
  Presence& presence_;
  ReplayReader& replay_;
};

}  // namespace kith::core
