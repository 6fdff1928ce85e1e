// SPDX-License-Identifier: Apache-2.0
// The one place that knows the apps of a running server: it puts together what its settings say,
// and hands out snapshots that never change. Any thread.
#pragma once

#include <kith/result.hpp>
#include <kith/server_app.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/sync.hpp"
#include "server/apps/app_snapshot.hpp"

namespace kith::apps {

class AppRegistry {
 public:
  /// Called when there is a new snapshot, on the thread that made it.
  using Changed = std::function<void()>;

  /// `apps` fit checkApps().
  AppRegistry(std::vector<AppOptions> apps, const Switches& switches, Changed changed);

  AppsPtr current() const KITH_EXCLUDES(current_mutex_);
  /// Of current(), or an earlier one while that is being put in its place.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

  /// Adds those that are new and changes those that are there. InvalidArgument names what is wrong,
  /// and then nothing is changed.
  Result<void> update(const std::vector<AppOptions>& apps) KITH_EXCLUDES(mutex_);
  void setSwitches(const Switches& switches) KITH_EXCLUDES(mutex_);

 private:
  void publish() KITH_REQUIRES(mutex_);

  const Changed changed_;
  base::Mutex mutex_;
  std::vector<AppOptions> apps_ KITH_GUARDED_BY(mutex_);
  Switches switches_ KITH_GUARDED_BY(mutex_);
  std::uint64_t made_ KITH_GUARDED_BY(mutex_){0};

  /// Held for the copy of a pointer only, so that a reader never waits for a change.
  mutable base::Mutex current_mutex_;
  AppsPtr current_ KITH_GUARDED_BY(current_mutex_);
  std::atomic<std::uint64_t> version_{0};
};

}  // namespace kith::apps
