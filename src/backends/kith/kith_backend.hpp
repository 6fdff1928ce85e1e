// SPDX-License-Identifier: Apache-2.0
// The backend for Kith's and the vendor's servers: the protocol avos-v1 over WebSocket and HTTP.
#pragma once

#include "backends/backend.hpp"

namespace kith::backends {

/// There for as long as the process. Any thread.
const BackendKind& kithBackend();

}  // namespace kith::backends
