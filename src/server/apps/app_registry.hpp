// SPDX-License-Identifier: Apache-2.0
// The one place that knows the apps of a running server: it puts together what its settings say
// and what administrators changed, and hands out snapshots that never change. Any thread.
#pragma once

#include <kith/result.hpp>
#include <kith/server_app.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/sync.hpp"
#include "json/json_value.hpp"
#include "server/apps/app_overlay.hpp"
#include "server/apps/app_snapshot.hpp"
#include "server/apps/apps_file.hpp"

namespace kith::apps {

/// What an administrator wants of one app.
struct AppChange {
  bool add{false};  ///< the app is to be new; else it is to be there
  std::string id;
  /// An object of members of AppOptions, under their names in the settings file; null = as the
  /// settings file says.
  json::JsonValue settings;
};

/// Why a change was not made.
enum class ChangeFault : std::uint8_t {
  None,  ///< it was
  NoSuchApp,
  AppExists,
  BadSettings,
  NotWritten,  ///< the data folder did not take it
};

struct ChangeOutcome {
  ChangeFault fault{ChangeFault::None};
  std::string why;  ///< without keys
};

class AppRegistry {
 public:
  /// Called when there is a new snapshot, on the thread that made it.
  using Changed = std::function<void()>;

  /// `apps` fit checkApps(). Without open(), changes are kept in memory alone.
  AppRegistry(std::vector<AppOptions> apps, const Switches& switches, Changed changed);

  /// From now on changes are kept in the data folder; those that are kept there are put over the
  /// settings. InvalidArgument names the file and what is wrong. Before the first reader.
  Result<void> open(const std::string& folder) KITH_EXCLUDES(mutex_);

  AppsPtr current() const KITH_EXCLUDES(current_mutex_);
  /// Of current(), or an earlier one while that is being put in its place.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

  /// Adds those that are new and changes those that are there. InvalidArgument names what is wrong,
  /// and then nothing is changed.
  Result<void> update(const std::vector<AppOptions>& apps) KITH_EXCLUDES(mutex_);
  void setSwitches(const Switches& switches) KITH_EXCLUDES(mutex_);
  /// Makes a change and keeps it: when this returns it survives the process, or nothing is changed.
  /// Blocks on the disk.
  ChangeOutcome change(const AppChange& change) KITH_EXCLUDES(mutex_);

 private:
  ChangeOutcome tryChange(const AppChange& change) KITH_REQUIRES(mutex_);
  void publish() KITH_REQUIRES(mutex_);

  const Changed changed_;
  base::Mutex mutex_;
  std::optional<AppsFile> file_ KITH_GUARDED_BY(mutex_);
  std::vector<AppOptions> base_ KITH_GUARDED_BY(mutex_);  ///< as the settings say
  AppOverlay overlay_ KITH_GUARDED_BY(mutex_);
  std::vector<AppOptions> apps_ KITH_GUARDED_BY(mutex_);  ///< both
  Switches switches_ KITH_GUARDED_BY(mutex_);
  std::uint64_t made_ KITH_GUARDED_BY(mutex_){0};

  /// Held for the copy of a pointer only, so that a reader never waits for a change.
  mutable base::Mutex current_mutex_;
  AppsPtr current_ KITH_GUARDED_BY(current_mutex_);
  std::atomic<std::uint64_t> version_{0};
};

}  // namespace kith::apps
