// SPDX-License-Identifier: Apache-2.0
// Which texts can be ids of peers and groups. Pure; any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace kith::base {

/// Code points of valid UTF-8.
std::size_t countCodePoints(std::string_view text);
/// Why `id` cannot be a peer or group id (avos-v1 §17 Q7: 1 to 64 code points, UTF-8, no control
/// characters), or an empty view when it can.
std::string_view whyBadPeerId(std::string_view id);

}  // namespace kith::base
