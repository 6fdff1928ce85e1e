// SPDX-License-Identifier: Apache-2.0
// Sockets that programs of the host would inherit: libraries make some without close-on-exec and
// do not say their numbers. Any thread.
#pragma once

#include <vector>

namespace kith::net {

/// Those of the process that are of this domain (`AF_UNIX`, for example), the host's included.
std::vector<int> inheritedSockets(int domain);

void closeOnExec(int fd);

}  // namespace kith::net
