// SPDX-License-Identifier: Apache-2.0
// For programs that are built with allocations.cpp: how often operator new was asked for memory.
#pragma once

#include <cstddef>

namespace kith::testing {

/// By the calling thread, so far.
std::size_t allocations();

}  // namespace kith::testing
