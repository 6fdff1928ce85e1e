// SPDX-License-Identifier: Apache-2.0
#include "server/core/app_updater.hpp"

#include <utility>
#include <vector>

namespace kith::core {
namespace {

storage::AppLimits limitsOf(const AppOptions& options) {
  storage::AppLimits limits;
  limits.offline_messages = options.offline_messages;
  limits.offline_age_ms = base::Millis(options.offline_age).count();
  limits.unacknowledged_messages = options.unacknowledged_messages;
  return limits;
}

}  // namespace

void AppUpdater::take(const apps::AppSnapshot& snapshot) {
  std::vector<std::pair<App*, Switches>> before;
  before.reserve(context_.apps.size());
  for (const auto& [id, app] : context_.apps) {
    before.emplace_back(app.get(), context_.switchesOf(*app));
  }
  for (const AppOptions& options : snapshot.apps()) takeApp(options);
  context_.options.switches = snapshot.switches();
  bool has_priority = false;
  for (const auto& [app, was] : before) {
    const Switches is = context_.switchesOf(*app);
    if (is.presence && !was.presence) presence_.tellAll(*app);
    has_priority = has_priority || (is.replay_priority && !was.replay_priority);
  }
  if (has_priority) replay_.goOn();
}

void AppUpdater::takeApp(const AppOptions& options) {
  const auto found = context_.apps.find(options.id);
  if (found == context_.apps.end()) {
    declare(options);
    context_.apps.emplace(options.id, std::make_unique<App>(options, context_.seed));
    return;
  }
  App& app = *found->second;
  if (!(limitsOf(options) == limitsOf(app.options))) declare(options);
  app.configure(options);
}

void AppUpdater::declare(const AppOptions& options) {
  context_.storage.submit(storage::kNoToken, storage::ConfigureApp{options.id, limitsOf(options)});
  context_.asked_storage = true;
}

}  // namespace kith::core
