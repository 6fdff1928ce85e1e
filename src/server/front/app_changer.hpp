// SPDX-License-Identifier: Apache-2.0
// Changes of apps that wait for the disk, one at a time and each on a thread of its own: they are
// rare, and the loop must not wait. Owned by the front, loop thread only.
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "base/sync.hpp"
#include "base/threads.hpp"
#include "server/apps/app_registry.hpp"

namespace kith::front {

class AppChanger {
 public:
  /// `wake` is called on another thread when take() has something. Both outlive it.
  AppChanger(apps::AppRegistry& registry, std::function<void()> wake)
      : registry_(registry), wake_(std::move(wake)) {}
  /// Waits for the change that is on its way.
  ~AppChanger();
  AppChanger(const AppChanger&) = delete;
  AppChanger& operator=(const AppChanger&) = delete;

  /// Not before take() has given what became of the last one.
  void begin(apps::AppChange change);
  /// What became of it; nullopt when it is on its way, or there is none.
  std::optional<apps::ChangeOutcome> take() KITH_EXCLUDES(mutex_);
  bool busy() const { return busy_; }

 private:
  void run(const apps::AppChange& change) KITH_EXCLUDES(mutex_);

  apps::AppRegistry& registry_;
  const std::function<void()> wake_;
  bool busy_{false};
  base::Worker worker_;
  base::Mutex mutex_;
  std::optional<apps::ChangeOutcome> outcome_ KITH_GUARDED_BY(mutex_);
};

}  // namespace kith::front
