// SPDX-License-Identifier: Apache-2.0
// Which settings of an app make sense. Pure; any thread.
#pragma once

#include <kith/result.hpp>
#include <kith/server_app.hpp>

#include <string_view>
#include <vector>

namespace kith::apps {

/// The first setting of an app that is wrong, and why; an empty `field` = nothing is.
struct Fault {
  std::string_view field;
  std::string_view what;
};

Fault faultOf(const AppOptions& app);

/// InvalidArgument names the place in the list and the field. Ids must differ; the list may be
/// empty.
Result<void> checkApps(const std::vector<AppOptions>& apps);

}  // namespace kith::apps
