// SPDX-License-Identifier: Apache-2.0
// The router's answer as JSON (avos-v1 §1.2). Pure; any thread.
#pragma once

#include <kith/result.hpp>

#include <string>
#include <string_view>

#include "base/route.hpp"

namespace kith::avos {

/// RouterFailed when there is no `server` that can be connected to. A `secondary` that cannot be
/// used is left out; an absent `ttl` counts as 0.
Result<base::Route> parseRoute(std::string_view body);

/// The answer without the `cb(...)` around it. Empty members of `route` and an empty `group_url`
/// are left out.
std::string formatRoute(const base::Route& route, std::string_view group_url);

}  // namespace kith::avos
