// SPDX-License-Identifier: Apache-2.0
// How kithd asks apps' own servers: by libcurl, which the library does without. Any thread.
#pragma once

#include <kith/outbound.hpp>

#include <atomic>
#include <memory>

namespace kith::tools {

/// Each call takes ten seconds at most, and ends soon once `stopping` is true.
Outbound makeOutbound(std::shared_ptr<const std::atomic<bool>> stopping);

}  // namespace kith::tools
