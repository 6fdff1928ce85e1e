// SPDX-License-Identifier: Apache-2.0
// Writes protobuf, driven by the schema. Pure; any thread. Private to the codec.
#pragma once

#include <string>
#include <string_view>

#include "protocol/leancloud/messages.hpp"

namespace kith::leancloud {

/// Appends the bytes of `command`, fields by ascending numbers; without `peerId` when it is to be
/// shared by several receivers.
void writeProtobuf(const Command& command, bool shared, std::string& out);

/// Appends the field `peerId`, which may stand anywhere in the frame.
void writeProtobufPeer(std::string_view peer_id, std::string& out);

}  // namespace kith::leancloud
