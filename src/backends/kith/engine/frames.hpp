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

#include "protocol/avos/command.hpp"

namespace kith::engine {

avos::Command sessionCommand(avos::Op op, std::string_view peer);
/// Empty `group_id`: the field is left out, which creates a group (§4.4).
avos::Command roomCommand(avos::Op op, std::string_view peer, std::string_view group_id);
void addSignature(avos::Command& command, const Signature& signature);

/// The end of the longest run of `ids` from `first` on that leaves the frame below
/// limits::kFrameBytes beside `other_bytes` of ids; at least one id when there is one.
std::size_t endOfPart(const std::vector<std::string>& ids, std::size_t first,
                      std::size_t other_bytes);
std::size_t endOfPartOf(avos::IdList ids, std::size_t first, std::size_t other_bytes);

}  // namespace kith::engine
