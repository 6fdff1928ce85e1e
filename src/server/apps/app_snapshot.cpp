// SPDX-License-Identifier: Apache-2.0
#include "server/apps/app_snapshot.hpp"

#include <utility>

namespace kith::apps {

AppSnapshot::AppSnapshot(std::vector<AppOptions> apps, const Switches& switches,
                         std::uint64_t version)
    : apps_(std::move(apps)), switches_(switches), version_(version) {
  by_id_.reserve(apps_.size());
  for (const AppOptions& app : apps_) by_id_.emplace(app.id, &app);
}

const AppOptions* AppSnapshot::find(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found != by_id_.end() ? found->second : nullptr;
}

}  // namespace kith::apps
