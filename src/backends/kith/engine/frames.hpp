// SPDX-License-Identifier: Apache-2.0
// Commands as the client writes them (avos-v1 §4), and how many ids fit into one. Pure functions;
// the commands view their arguments.
#pragma once

#include <kith/message.hpp>
#include <kith/signature.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "wire/command.hpp"

namespace kith::engine {

wire::Command sessionCommand(wire::Op op, std::string_view peer);
/// Empty `group_id`: the field is left out, which creates a group (§4.4).
wire::Command roomCommand(wire::Op op, std::string_view peer, std::string_view group_id);
void addSignature(wire::Command& command, const Signature& signature);

/// The end of the longest run of `ids` from `first` on that leaves the frame below
/// limits::kFrameBytes beside `other_bytes` of ids; at least one id when there is one.
std::size_t endOfPart(const std::vector<std::string>& ids, std::size_t first,
                      std::size_t other_bytes);
std::size_t endOfPartOf(wire::IdList ids, std::size_t first, std::size_t other_bytes);

}  // namespace kith::engine
