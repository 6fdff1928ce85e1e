// SPDX-License-Identifier: Apache-2.0
// What is good UTF-8: without overlong forms, surrogates or code points above U+10FFFF. Pure; any
// thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kith::base {

/// How many bytes of `text` are good UTF-8, from its beginning.
std::size_t goodUtf8Bytes(std::string_view text);
bool isUtf8(std::string_view text);

/// What somebody else wrote, fit for an error's text or a log line: a `?` stands for each control
/// character, which could forge a line, and for each byte that is not UTF-8.
std::string oneLine(std::string_view text);

}  // namespace kith::base
