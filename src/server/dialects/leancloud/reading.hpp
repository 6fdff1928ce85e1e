// SPDX-License-Identifier: Apache-2.0
// What a client of the current protocol asks for (leancloud-current §5). Pure.
#pragma once

#include <string>
#include <vector>

#include "protocol/leancloud/messages.hpp"
#include "server/core/intents.hpp"

namespace kith::dialects {

/// Memory that an intent points into, kept for the next one.
struct ReadingScratch {
  std::string digits;  ///< of the time that a signature is over
  std::string base64;  ///< of bytes that are no text
  std::vector<core::ReadMark> marks;
  std::string_view target;  ///< whose role is changed
};

/// The intent points into the command and into the scratch.
core::Intent intentOf(const leancloud::Command& command, ReadingScratch& scratch);

}  // namespace kith::dialects
