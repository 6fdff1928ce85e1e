// SPDX-License-Identifier: Apache-2.0
// Private to wire. Pure; any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace kith::wire {

/// How many bytes of `text` are good UTF-8, from its beginning.
std::size_t goodUtf8Bytes(std::string_view text);

}  // namespace kith::wire
