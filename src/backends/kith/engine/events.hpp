// SPDX-License-Identifier: Apache-2.0
// How the engine and its user name sessions and operations, and how an operation ended: as every
// backend does. What happens to a session is a kith::Event.
#pragma once

#include "backends/operation.hpp"

namespace kith::engine {

using backends::bytesOf;
using backends::OpId;
using backends::Outcome;
using backends::SessionRef;

}  // namespace kith::engine
