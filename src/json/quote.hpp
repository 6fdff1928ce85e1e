// SPDX-License-Identifier: Apache-2.0
// Texts as JSON has them. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "json/plain_text.hpp"

namespace kith::json {

/// The most that quote() touches for a text of so many bytes.
constexpr std::size_t mostQuoted(std::size_t text) { return 6 * text + 2 + Block::kBytes; }

/// Writes `text` between quotation marks. Returns the end of what it wrote; there is room for
/// mostQuoted().
char* quote(char* at, std::string_view text);

/// Appends `text` as a quoted JSON string.
void quoteJson(std::string_view text, std::string& out);

}  // namespace kith::json
