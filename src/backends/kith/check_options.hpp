// SPDX-License-Identifier: Apache-2.0
// Are the addresses, keys and names of the options any good for the service? Pure; any thread.
#pragma once

#include <kith/options.hpp>
#include <kith/result.hpp>

namespace kith::backends {

/// InvalidArgument names the field.
Result<void> checkServiceOptions(const Options& options);

}  // namespace kith::backends
