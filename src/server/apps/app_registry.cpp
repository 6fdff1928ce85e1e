// SPDX-License-Identifier: Apache-2.0
#include "server/apps/app_registry.hpp"

#include <algorithm>
#include <utility>

#include "server/apps/app_rules.hpp"

namespace kith::apps {
namespace {

void put(std::vector<AppOptions>& apps, const AppOptions& app) {
  const auto same = [&](const AppOptions& known) { return known.id == app.id; };
  const auto known = std::find_if(apps.begin(), apps.end(), same);
  if (known == apps.end()) {
    apps.push_back(app);
  } else {
    *known = app;
  }
}

}  // namespace

AppRegistry::AppRegistry(std::vector<AppOptions> apps, const Switches& switches, Changed changed)
    : changed_(std::move(changed)), apps_(std::move(apps)), switches_(switches) {
  const base::Lock lock(mutex_);
  publish();
}

AppsPtr AppRegistry::current() const {
  const base::Lock lock(current_mutex_);
  return current_;
}

Result<void> AppRegistry::update(const std::vector<AppOptions>& apps) {
  if (Result<void> good = checkApps(apps); !good) return good;
  {
    const base::Lock lock(mutex_);
    for (const AppOptions& app : apps) put(apps_, app);
    publish();
  }
  changed_();
  return {};
}

void AppRegistry::setSwitches(const Switches& switches) {
  {
    const base::Lock lock(mutex_);
    switches_ = switches;
    publish();
  }
  changed_();
}

void AppRegistry::publish() {
  auto next = std::make_shared<const AppSnapshot>(apps_, switches_, ++made_);
  {
    const base::Lock lock(current_mutex_);
    current_ = std::move(next);
  }
  version_.store(made_, std::memory_order_release);
}

}  // namespace kith::apps
