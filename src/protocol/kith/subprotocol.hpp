// SPDX-License-Identifier: Apache-2.0
// What Kith's own client speaks with kithd: the commands of v1, and beside them those of the
// vendor's current protocol in their JSON spelling (decision 038). A frame is of one schema or the
// other, as its command says. Pure; any thread.
#pragma once

#include <string_view>

namespace kith::subprotocol {

/// The WebSocket subprotocol. A server that does not agree on it speaks v1 alone.
inline constexpr std::string_view kName = "kith.json.1";

/// Whether the frame is read as one of the current protocol: `conv`, `logs`, `unread`, `read`,
/// `patch` and `blacklist`, and `error`, which in v1 has fewer fields. It is not changed.
/// Everything else is v1's, also what is no frame: v1's reader says what is wrong with it.
bool isCurrent(std::string_view frame);

}  // namespace kith::subprotocol
