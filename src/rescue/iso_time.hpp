// SPDX-License-Identifier: Apache-2.0
// Times as the vendor writes them. Pure; any thread.
#pragma once

#include <kith/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace kith::rescue {

/// Milliseconds since 1970 in UTC of `2026-11-30`, `2026-11-30T12:00:00Z` or
/// `2026-11-30T12:00:00.000Z`. InvalidArgument begins with `what`.
Result<std::int64_t> parseTime(std::string_view text, std::string_view what);
/// `2026-11-30T12:00:00.000Z`
std::string formatTime(std::int64_t milliseconds);

}  // namespace kith::rescue
