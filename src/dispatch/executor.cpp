// SPDX-License-Identifier: Apache-2.0
#include <kith/executor.hpp>

namespace kith {

// Out of line, so that the vtable and its type information live in the library once.
Executor::~Executor() = default;

}  // namespace kith
