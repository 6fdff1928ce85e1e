// SPDX-License-Identifier: Apache-2.0
// Half emoji: what JavaScript makes of a text that was cut inside of a surrogate pair. Pure; any
// thread. Private to wire.
#pragma once

#include <cstddef>

namespace kith::avos {

/// Writes `\ufffd` over each escape that is half of a surrogate pair, in the texts that people read
/// (`msg`, `reason`) and in fields that Kith does not know. Ids, signatures and other words of the
/// protocol stay as they are, for the parser to refuse: two ids must not become one. `frame` may be
/// anything; its size does not change.
void repairSurrogates(char* frame, std::size_t size);

}  // namespace kith::avos
