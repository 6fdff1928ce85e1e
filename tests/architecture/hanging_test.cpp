// SPDX-License-Identifier: Apache-2.0
// A test that hangs: tests/support/deadline_guard.cpp has to end it and to say which it was.
#include <future>

#include "support/catch.hpp"

TEST_CASE("guard: this waits for what never comes") {
  std::promise<void> never;
  never.get_future().wait();
}
