// SPDX-License-Identifier: Apache-2.0
// What is good UTF-8: without overlong forms, surrogates or code points above U+10FFFF. Pure; any
// thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace kith::base {

/// Bytes of the character at `i`, which is inside of `text`; 0 when there is no good one.
std::size_t utf8SizeAt(std::string_view text, std::size_t i);
/// How many bytes of `text` are good UTF-8, from its beginning.
std::size_t goodUtf8Bytes(std::string_view text);
bool isUtf8(std::string_view text);
/// Makes good UTF-8 of a text that is good but for surrogates, which some writers encode like other
/// code points: each becomes U+FFFD. False when something else is wrong; what is before it has then
/// been changed.
bool replaceSurrogates(char* text, std::size_t size);

}  // namespace kith::base
