// SPDX-License-Identifier: Apache-2.0
// Blocking sockets of tests that block no longer than the test program may run. Any thread.
#pragma once

#include <sys/socket.h>
#include <sys/time.h>

#include "support/waiter.hpp"

namespace kith::testing {

/// A call of connect(), send() or recv() on it, also from OpenSSL, fails at the deadline at last.
inline void waitNoLongerThanTheTest(int fd) {
  const auto left = timeLeft();
  timeval most{};
  most.tv_sec = static_cast<time_t>(left.count() / 1000);
  most.tv_usec = 1 + static_cast<suseconds_t>(left.count() % 1000 * 1000);  // 0 would be for ever
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
}

}  // namespace kith::testing
