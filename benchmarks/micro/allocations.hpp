// SPDX-License-Identifier: Apache-2.0
// How often this program has asked operator new for memory, on the calling thread.
#pragma once

#include <cstdint>

namespace kith::bench {

std::uint64_t allocations();

}  // namespace kith::bench
