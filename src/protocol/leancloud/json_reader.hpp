// SPDX-License-Identifier: Apache-2.0
// Reads the flat JSON encoding, driven by the schema. Any thread. Private to the codec.
#pragma once

#include <span>

#include "protocol/leancloud/arena.hpp"
#include "protocol/leancloud/json_tape.hpp"
#include "protocol/leancloud/messages.hpp"
#include "protocol/leancloud/problem.hpp"

namespace kith::leancloud {

/// Fills `command`, which is a new one, from the nodes of `frame`. Its views point into what the
/// nodes point into, and into `arena`. False when the frame is refused: `problem` says why.
bool readJson(std::string_view frame, std::span<const JsonNode> nodes, Arena& arena,
              Command& command, Problem& problem);

}  // namespace kith::leancloud
