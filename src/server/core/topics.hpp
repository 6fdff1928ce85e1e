// SPDX-License-Identifier: Apache-2.0
// Which conversation a frame is about, as far as its client needs to be kept from reading it
// together with another one (see DialectRules::spaced). Any thread.
#pragma once

#include <cstdint>

#include "server/core/notices.hpp"

namespace kith::core {

/// A set of conversations, as a filter of one hash: two conversations may look like one, which only
/// makes frames leave apart that could have left together.
using Topics = std::uint64_t;

/// Of a frame about several conversations, or about none.
inline constexpr Topics kAllTopics = ~Topics{0};

Topics topicsOf(const Notice& notice);

}  // namespace kith::core
