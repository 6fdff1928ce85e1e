// SPDX-License-Identifier: Apache-2.0
// Reads protobuf, driven by the schema. One reader reads one frame; any thread. Private to the
// codec.
#pragma once

#include <string_view>

#include "protocol/leancloud/arena.hpp"
#include "protocol/leancloud/messages.hpp"
#include "protocol/leancloud/problem.hpp"

namespace kith::leancloud {

/// Fills `command`, which is a new one. Its views point into `bytes` and `arena`. False when the
/// frame is refused: `problem` says why.
bool readProtobuf(std::string_view bytes, Arena& arena, Command& command, Problem& problem);

}  // namespace kith::leancloud
