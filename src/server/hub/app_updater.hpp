// SPDX-License-Identifier: Apache-2.0
// Brings the hub's apps to what a snapshot of the settings says. Hub's thread, between two frames:
// no command is half done, and nothing but the App objects holds on to their options.
#pragma once

#include "server/apps/app_snapshot.hpp"
#include "server/hub/context.hpp"
#include "server/hub/presence.hpp"
#include "server/hub/replay.hpp"

namespace kith::hub {

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

}  // namespace kith::hub
