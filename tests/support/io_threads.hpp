// SPDX-License-Identifier: Apache-2.0
// How many threads the tests' servers serve their connections with: what KITH_TEST_IO_THREADS says,
// else none, however many cores there are. Any thread.
#pragma once

#include <cstddef>
#include <cstdlib>

namespace kith::testing {

inline std::size_t ioThreadsOfTests() {
  const char* text = std::getenv("KITH_TEST_IO_THREADS");
  return text != nullptr ? static_cast<std::size_t>(std::atoi(text)) : 0;
}

}  // namespace kith::testing
