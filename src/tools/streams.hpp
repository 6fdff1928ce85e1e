// SPDX-License-Identifier: Apache-2.0
// Standard streams that the starting program has closed. One thread.
#pragma once

#include <fcntl.h>

namespace kith::tools {

/// Opens /dev/null in the place of each: else a socket or a file of data gets the number, and a log
/// line is written into it. Call it before anything is opened.
inline void openStandardStreams() {
  for (int fd = 0; fd <= 2; ++fd) {
    // The lowest free number is given, so it is this one.
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0) return;
  }
}

}  // namespace kith::tools
