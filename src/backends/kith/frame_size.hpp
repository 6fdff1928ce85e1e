// SPDX-License-Identifier: Apache-2.0
// Whether a message fits into a frame. Any thread.
#pragma once

#include <kith/message.hpp>
#include <kith/result.hpp>

#include <string_view>

namespace kith::backends {

/// Whether the complete frame fits into limits::kFrameBytes (avos-v1 §17 Q6).
Result<void> checkFrameSize(const Message& message, std::string_view app_id,
                            std::string_view peer_id, std::string_view client_id);

}  // namespace kith::backends
