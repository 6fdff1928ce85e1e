// SPDX-License-Identifier: Apache-2.0
// What a client of the current protocol asks for (leancloud-current §5). Pure.
#pragma once

#include <string>

#include "protocol/leancloud/messages.hpp"
#include "server/core/intents.hpp"

namespace kith::dialects {

/// The intent points into the command, and into `digits`, which gets the digits of the time that a
/// signature is over.
core::Intent intentOf(const leancloud::Command& command, std::string& digits);

}  // namespace kith::dialects
