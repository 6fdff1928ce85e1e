// SPDX-License-Identifier: Apache-2.0
// What may go into a log line or an error's text (R25). Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace kith::base {

/// `url` without user info, query and fragment. Takes any text, also what is no URL; when a
/// password without escapes makes it unclear where the host is, that is hidden, too.
std::string redactUrl(std::string_view url);

/// Words of the other side for an error's text: the first 120 bytes, as escapeLine() writes them.
std::string cleanWords(std::string_view words);

/// `text` as one line of UTF-8 that a terminal shows as it is: control characters (also those
/// beyond ASCII, and Unicode's line ends) and bytes that are not UTF-8 are written as `\n`, `\r`,
/// `\t` or `\x1b`. Empty when it is one already, so that the usual line costs nothing.
std::string escapeLine(std::string_view text);

}  // namespace kith::base
